//! The names of the messages that are shown, under which the descriptors know them.

use prost::Message;

use crate::proto;

/// A message with its name in the contract.
pub trait Named: Message {
    /// Without its package.
    const NAME: &'static str;
}

macro_rules! named {
    ($($name:ident)*) => {
        $(
            impl Named for proto::$name {
                const NAME: &'static str = stringify!($name);
            }
        )*

        #[cfg(test)]
        fn each_as_json() -> Vec<anyhow::Result<String>> {
            vec![$(crate::cli::manage::output::json_line(&proto::$name::default())),*]
        }
    };
}

named! {
    Program PutProgramResponse GetProgramResponse
    Location PutLocationsResponse
    Item ItemStock PutItemsResponse
    Plan OpenBackordersResponse UpdatePlanResponse CloseBackordersResponse
    Inbound AnnounceInboundResponse UpdateInboundResponse
    ReceiveResponse Reservation BacklogEntry PurchaseSuggestion
    Event WatchResponse
    Webhook PutWebhookResponse RetryWebhookResponse RemoveWebhookResponse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptors_know_every_name() {
        for json in each_as_json() {
            assert!(json.expect("a known name").starts_with('{'));
        }
    }
}
