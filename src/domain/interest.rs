//! Which types of events somebody wants to hear of.

use super::Event;

/// What a wanted type must look like, for the message of a refusal.
pub const TYPE_RULE: &str =
    "must be a type of docs/events.md, or the first word of some, a full stop and a star";

/// The types of events that somebody wants to hear of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    types: Vec<String>,
}

impl Interest {
    /// Interest in these types, each as [`is_type`] has it; none = in all.
    #[must_use]
    pub fn new(types: Vec<String>) -> Self {
        Self { types }
    }

    /// Whether an event of this type is wanted.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| covers(wanted, name))
    }
}

/// Whether `wanted` is a type that there is, or `promise.*` for all that begin so.
#[must_use]
pub fn is_type(wanted: &str) -> bool {
    Event::NAMES.iter().any(|name| covers(wanted, name))
}

fn covers(wanted: &str, name: &str) -> bool {
    match wanted.strip_suffix(".*") {
        Some(word) => name.split('.').next() == Some(word),
        None => wanted == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_a_name_or_a_first_word_and_a_star() {
        for good in ["promise.delayed", "promise.*", "stock.*"] {
            assert!(is_type(good), "{good}");
        }
        for bad in ["", "*", ".*", "promise", "promise.", "prom.*", "promise.lost", "Promise.*"] {
            assert!(!is_type(bad), "{bad}");
        }
    }

    #[test]
    fn nothing_named_wants_all() {
        let promises = Interest::new(vec!["promise.*".into(), "stock.low".into()]);
        assert!(promises.wants("promise.improved") && promises.wants("stock.low"));
        assert!(!promises.wants("stock.received"));
        assert!(Interest::default().wants("anything"));
    }
}
