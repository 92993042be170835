//! One call of the contract, as scenarios make it.

use backstock::proto;
use prost::Message;
use sha2::{Digest, Sha256};

macro_rules! writes {
    ($($name:ident($request:ident)),+ $(,)?) => {
        /// A call.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "each is the rpc of that name")]
        pub enum Call {
            $($name(proto::$request),)+
            Batch(proto::BatchReserveRequest),
            Availability(proto::GetAvailabilityRequest),
            Reservation(proto::GetReservationRequest),
            Backlog(proto::ListBacklogRequest),
            Movements(proto::ListMovementsRequest),
            Plan(proto::GetPlanRequest),
            Plans(proto::ListPlansRequest),
            Inbounds(proto::ListInboundRequest),
            Reservations(proto::ListReservationsRequest),
            Suggestions(proto::SuggestPurchaseRequest),
        }

        impl Call {
            /// Gives the call a request id, where it takes one and has none.
            pub fn number(&mut self, id: impl FnOnce() -> String) {
                match self {
                    $(Self::$name(request) if request.request_id.is_empty() => {
                        request.request_id = id();
                    })+
                    _ => {}
                }
            }

            /// Its request id, where it is a write.
            pub fn id(&self) -> Option<&str> {
                match self {
                    $(Self::$name(request) => Some(&request.request_id),)+
                    _ => None,
                }
            }

            /// A hash of the rpc and its message.
            pub fn hash(&self) -> [u8; 32] {
                let (name, bytes) = match self {
                    $(Self::$name(request) => (stringify!($name), request.encode_to_vec()),)+
                    other => ("read", format!("{other:?}").into_bytes()),
                };
                Sha256::new().chain_update(name).chain_update(bytes).finalize().into()
            }
        }
    };
}

writes! {
    PutProgram(PutProgramRequest),
    PutLocations(PutLocationsRequest),
    PutItems(PutItemsRequest),
    OpenBackorders(OpenBackordersRequest),
    CloseBackorders(CloseBackordersRequest),
    UpdatePlan(UpdatePlanRequest),
    AnnounceInbound(AnnounceInboundRequest),
    UpdateInbound(UpdateInboundRequest),
    AnswerDelay(AnswerDelayRequest),
    Reserve(ReserveRequest),
    Backorder(BackorderRequest),
    Extend(ExtendRequest),
    Confirm(ConfirmRequest),
    Release(ReleaseRequest),
    Receive(ReceiveRequest),
    Ship(ShipRequest),
    Adjust(AdjustRequest),
}
