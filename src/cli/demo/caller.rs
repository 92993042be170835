//! One connection of the demo: every rpc that it uses, timed, asked again when the server is busy,
//! and now and then sent twice on purpose.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use prost::Message;
use tonic::transport::Channel;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;

use super::meter::Meter;
use super::scenario::draw;
use crate::proto;
use crate::proto::insight_service_client::InsightServiceClient;
use crate::proto::inventory_service_client::InventoryServiceClient;
use crate::proto::plan_service_client::PlanServiceClient;

const DOMAIN: &str = "backstock.v1";
const REFUSAL: &str = "/backstock.v1.Refusal";
/// One write in so many is sent twice.
const REPEAT_EVERY: u64 = 8;
const ATTEMPTS_MAX: u32 = 60;
const DELAY_MAX: Duration = Duration::from_secs(1);

/// The service's answer: what it did, or why not. Anything else is an error of the demo's run.
pub type Outcome<A> = anyhow::Result<Result<A, Refused>>;

/// Why the service refused, as its details say.
#[derive(Debug)]
pub struct Refused {
    /// The reason's name, for example `STOCK_INSUFFICIENT`.
    pub reason: String,
    /// One sentence with the numbers.
    pub message: String,
    /// The lines that fell short, where lines did.
    pub shortages: Vec<proto::Shortage>,
}

/// The clients of one connection.
#[derive(Clone)]
pub struct Caller {
    /// The programme that every request names.
    pub program: Arc<str>,
    inventory: InventoryServiceClient<Channel>,
    plan: PlanServiceClient<Channel>,
    insight: InsightServiceClient<Channel>,
    meter: Arc<Meter>,
    seed: u64,
}

/// What of an answer must be the same when its request comes again: all of it.
#[derive(Debug, PartialEq)]
enum Compared<A> {
    Done(A),
    Refused(Code, String, Vec<u8>),
}

macro_rules! writes {
    ($($client:ident $verb:ident $rpc:literal $request:ident $answer:ident)*) => { $(
        #[doc = concat!("Calls ", $rpc, ", perhaps twice.")]
        ///
        /// # Errors
        /// There was no answer, or one that is neither done nor refused.
        pub async fn $verb(&self, request: proto::$request) -> Outcome<proto::$answer> {
            let id = request.request_id.clone();
            let call = || {
                let (mut client, request) = (self.$client.clone(), request.clone());
                async move { client.$verb(request).await }
            };
            self.write($rpc, &id, call).await
        }
    )* };
}

macro_rules! reads {
    ($($verb:ident $rpc:literal $request:ident $answer:ident)*) => { $(
        #[doc = concat!("Calls ", $rpc, ".")]
        ///
        /// # Errors
        /// There was no answer, or one that is neither done nor refused.
        pub async fn $verb(&self, request: proto::$request) -> Outcome<proto::$answer> {
            let call = || {
                let (mut client, request) = (self.insight.clone(), request.clone());
                async move { client.$verb(request).await }
            };
            outcome($rpc, self.asked($rpc, &call).await)
        }
    )* };
}

impl Caller {
    /// A caller on a connection of its own.
    pub fn new(channel: Channel, program: Arc<str>, meter: Arc<Meter>, seed: u64) -> Self {
        Self {
            program,
            inventory: InventoryServiceClient::new(channel.clone()),
            plan: PlanServiceClient::new(channel.clone()),
            insight: InsightServiceClient::new(channel),
            meter,
            seed,
        }
    }

    writes! {
        plan put_program "PutProgram" PutProgramRequest PutProgramResponse
        plan put_locations "PutLocations" PutLocationsRequest PutLocationsResponse
        plan put_items "PutItems" PutItemsRequest PutItemsResponse
        plan open_backorders "OpenBackorders" OpenBackordersRequest OpenBackordersResponse
        inventory reserve "Reserve" ReserveRequest ReserveResponse
        inventory backorder "Backorder" BackorderRequest BackorderResponse
        inventory confirm "Confirm" ConfirmRequest ConfirmResponse
        inventory release "Release" ReleaseRequest ReleaseResponse
        inventory receive "Receive" ReceiveRequest ReceiveResponse
        inventory ship "Ship" ShipRequest ShipResponse
    }

    reads! {
        get_availability "GetAvailability" GetAvailabilityRequest GetAvailabilityResponse
        get_reservation "GetReservation" GetReservationRequest GetReservationResponse
        verify "Verify" VerifyRequest VerifyResponse
    }

    /// Calls GetPlan.
    ///
    /// # Errors
    /// There was no answer, or one that is neither done nor refused.
    pub async fn get_plan(
        &self,
        request: proto::GetPlanRequest,
    ) -> Outcome<proto::GetPlanResponse> {
        let call = || {
            let (mut client, request) = (self.plan.clone(), request.clone());
            async move { client.get_plan(request).await }
        };
        outcome("GetPlan", self.asked("GetPlan", &call).await)
    }

    /// Sends a write; one in a few twice, half of those at the same moment.
    async fn write<A, C, F>(&self, rpc: &'static str, id: &str, call: C) -> Outcome<A>
    where
        A: Clone + PartialEq + Debug,
        C: Fn() -> F,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let drawn = draw(self.seed, &format!("repeat {id}"));
        if !drawn.is_multiple_of(REPEAT_EVERY) {
            return outcome(rpc, self.asked(rpc, &call).await);
        }
        let (first, second) = if (drawn / REPEAT_EVERY).is_multiple_of(2) {
            tokio::join!(self.asked(rpc, &call), self.asked(rpc, &call))
        } else {
            let first = self.asked(rpc, &call).await;
            (first, self.asked(rpc, &call).await)
        };
        self.meter.repeated(&format!("{rpc} {id}"), &compared(&first), &compared(&second));
        outcome(rpc, first)
    }

    /// Sends a call until the server is neither busy nor in doubt. The request id makes that safe.
    async fn asked<A, C, F>(&self, rpc: &'static str, call: &C) -> Result<A, Status>
    where
        C: Fn() -> F,
        F: Future<Output = Result<Response<A>, Status>>,
    {
        let mut delay = Duration::from_millis(10);
        for _ in 1..ATTEMPTS_MAX {
            let started = Instant::now();
            let answer = call().await;
            self.meter.took(rpc, started.elapsed());
            match answer {
                Err(status) if asks_for_patience(&status) => {
                    self.meter.asked_again();
                    let wished = status.get_details_retry_info().and_then(|info| info.retry_delay);
                    tokio::time::sleep(wished.unwrap_or(delay).min(DELAY_MAX)).await;
                    delay = (delay * 2).min(DELAY_MAX);
                }
                answer => return answer.map(Response::into_inner),
            }
        }
        call().await.map(Response::into_inner)
    }
}

/// Whether the same request should be sent again. A server that is gone says so without a reason,
/// and is not waited for.
fn asks_for_patience(status: &Status) -> bool {
    status.code() == Code::Unavailable
        && status.get_details_error_info().is_some_and(|info| info.domain == DOMAIN)
}

fn compared<A: Clone>(answer: &Result<A, Status>) -> Compared<A> {
    match answer {
        Ok(done) => Compared::Done(done.clone()),
        Err(status) => {
            let message = status.message().to_owned();
            Compared::Refused(status.code(), message, status.details().to_vec())
        }
    }
}

/// Tells refusals, which are answers, from failures.
fn outcome<A>(rpc: &str, answer: Result<A, Status>) -> Outcome<A> {
    let status = match answer {
        Ok(done) => return Ok(Ok(done)),
        Err(status) => status,
    };
    match status.get_details_error_info() {
        Some(info) if info.domain == DOMAIN && info.reason != "INTERNAL" => Ok(Err(Refused {
            reason: info.reason,
            message: status.message().to_owned(),
            shortages: refusal(&status).shortages,
        })),
        _ => bail!("{rpc} was answered with {:?}: {}", status.code(), status.message()),
    }
}

/// The Refusal in the details; an empty one where there is none.
fn refusal(status: &Status) -> proto::Refusal {
    let details = tonic_types::pb::Status::decode(status.details()).unwrap_or_default().details;
    let found = details.iter().find(|any| any.type_url.ends_with(REFUSAL));
    found.and_then(|any| proto::Refusal::decode(any.value.as_slice()).ok()).unwrap_or_default()
}

/// Takes what a call did, where the demo's course leaves no reason to refuse it.
///
/// # Errors
/// It was refused.
pub fn must<A>(what: &str, answer: Result<A, Refused>) -> anyhow::Result<A> {
    answer.map_err(|refused| {
        anyhow::anyhow!("{what} was refused as {}: {}", refused.reason, refused.message)
    })
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    fn details(reason: &str, name: &str, value: &str) -> ErrorDetails {
        ErrorDetails::with_error_info(reason, DOMAIN, [(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let details = details("CAP_EXCEEDED", "sku", "A");
        let status = Status::with_error_details(Code::FailedPrecondition, "4 over", details);
        let refused = outcome::<()>("Backorder", Err(status)).expect("answer").expect_err("no");
        assert_eq!((refused.reason.as_str(), refused.message.as_str()), ("CAP_EXCEEDED", "4 over"));
        assert!(must::<()>("Backorder r1", Err(refused)).is_err());
    }

    #[test]
    fn everything_else_is_a_failure() {
        let bare = Status::unavailable("the connection broke");
        assert!(!asks_for_patience(&bare));
        assert!(outcome::<()>("Ship", Err(bare)).is_err());
        let details = details("INTERNAL", "incident", "7");
        let status = Status::with_error_details(Code::Internal, "incident 7", details);
        assert!(outcome::<()>("Ship", Err(status)).is_err());
    }

    #[test]
    fn busy_is_asked_again() {
        let details = details("BUSY", "waiting", "9");
        let busy = Status::with_error_details(Code::Unavailable, "9 wait", details);
        assert!(asks_for_patience(&busy));
    }

    #[test]
    fn short_lines_are_found_beside_the_other_details() {
        let short = proto::Shortage { sku: "A".into(), short: 3, ..Default::default() };
        let refusal = proto::Refusal { shortages: vec![short], ..Default::default() };
        let any = prost_types::Any {
            type_url: "type.googleapis.com/backstock.v1.Refusal".into(),
            value: refusal.encode_to_vec(),
        };
        let whole = tonic_types::pb::Status { details: vec![any], ..Default::default() };
        let status =
            Status::with_details(Code::FailedPrecondition, "short", whole.encode_to_vec().into());
        let found = super::refusal(&status).shortages;
        assert_eq!((found.len(), found[0].short), (1, 3));
    }
}
