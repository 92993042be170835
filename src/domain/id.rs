//! Ids: 1 to 64 characters of `A-Z a-z 0-9 . _ : / + # -`, compared byte by byte.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Most characters of an id.
pub const ID_LENGTH_MAX: usize = 64;

/// What an id must look like, for the message of a refusal.
pub const ID_RULE: &str = "1 to 64 characters of A-Z a-z 0-9 . _ : / + # -";

fn is_id(text: &str) -> bool {
    (1..=ID_LENGTH_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/+#-".contains(&b))
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id, if `text` is one (see [`ID_RULE`]).
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                is_id(text).then(|| Self(text.into()))
            }

            /// An id that was checked before it was stored.
            #[must_use]
            pub fn stored(text: &str) -> Self {
                Self(text.into())
            }

            /// Its characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// A merch programme: the tenant whose stock it is.
    ProgramId,
    /// Something that is sold.
    Sku,
    /// A place where goods stand.
    Location,
    /// The caller's number for units set aside, unique in the programme for ever.
    ReservationId,
    /// The warehouse's number for an arrival, unique in the programme for ever.
    ReceiptId,
    /// The caller's number for one write; the same number always gets the same answer.
    RequestId,
    /// Who the units are for.
    Customer,
    /// The buyer's number for announced supply, unique for its item.
    InboundId,
}

#[cfg(test)]
mod tests {
    use super::Sku;

    #[test]
    fn an_id_is_short_and_plain() {
        for good in ["A", "85123A", "gift_0001/20", "a.b:c+d#e-f", &"x".repeat(64)] {
            assert_eq!(Sku::parse(good).map(|s| s.to_string()).as_deref(), Some(good));
        }
        for bad in ["", " ", "a b", "é", "a\0", "a'b", "\u{202e}x", "ＡＢ", &"x".repeat(65)] {
            assert!(Sku::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn ids_are_ordered_by_bytes() {
        let mut skus = ["b", "A", "a", "Z", "-"].map(Sku::stored);
        skus.sort();
        assert_eq!(skus.map(|s| s.to_string()), ["-", "A", "Z", "a", "b"]);
    }
}
