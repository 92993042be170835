//! Requests of PlanService.

use tonic::Status;

use super::{Form, LINES_MAX, ROWS_MAX, page};
use crate::domain::command::ItemSettings;
use crate::domain::plan::{self, AskedAnswers, OnSilence, Terms};
use crate::domain::program::{Place, ShipPolicy};
use crate::domain::{Command, Location, Program, ProgramId, Request, Sku};
use crate::proto;
use crate::service::hash;

/// What a hold lives when a programme does not say: 15 minutes.
const DEFAULT_HOLD_SECONDS: i64 = 900;
/// Listings that take backorders at once when a programme does not say.
const DEFAULT_LISTINGS: i32 = 10;
/// Most listings that a programme may allow.
const LISTINGS_MAX: i32 = 10_000;
/// Where goods are received when a programme does not say.
const DEFAULT_LOCATION: &str = "main";
/// The widest priority of a location.
const PRIORITY_MAX: i32 = 1_000_000;

/// A programme and a request to it.
type Decoded = Result<(ProgramId, Request), Status>;

/// PutProgram.
pub(in crate::service) fn put_program(mut request: proto::PutProgramRequest) -> Decoded {
    let mut form = Form::default();
    let settings = request.program.get_or_insert_default();
    let id = form.program("program.program", &settings.program);
    settings.program = id.to_string();
    let listings = match settings.max_backorder_listings {
        0 => DEFAULT_LISTINGS,
        listings => listings,
    };
    if !(1..=LISTINGS_MAX).contains(&listings) {
        form.fault("program.max_backorder_listings", "must be 1 to 10,000 (0 = 10)");
    }
    let hold = form.hold("program.default_hold", settings.default_hold.as_ref());
    let policy = form.ship_policy("program.default_ship_policy", settings.default_ship_policy);
    let location = &settings.default_location;
    let location = form.optional("program.default_location", location, Location::parse);
    let program = Program {
        id: id.clone(),
        display_name: form.text("program.display_name", &settings.display_name),
        default_hold_seconds: hold.unwrap_or(DEFAULT_HOLD_SECONDS),
        max_backorder_listings: listings,
        default_ship_policy: policy.unwrap_or(ShipPolicy::Together),
        default_location: location.unwrap_or_else(|| Location::stored(DEFAULT_LOCATION)),
    };
    let request_id = form.request_id("request_id", &request.request_id);
    let hash = hash::of("PutProgram", &request);
    let command = Command::PutProgram(program);
    form.done((id, Request { id: Some(request_id), hash, command }))
}

/// PutLocations.
pub(in crate::service) fn put_locations(mut request: proto::PutLocationsRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    form.count("locations", request.locations.len(), 1, LINES_MAX);
    form.unique("locations", request.locations.iter().map(|place| place.location.as_str()));
    let places = form.each("locations", &request.locations, place);
    let hash = hash::of("PutLocations", &request);
    form.done((program, Request { id: Some(id), hash, command: Command::PutLocations(places) }))
}

fn place(form: &mut Form, location: &proto::Location) -> Place {
    if !(-PRIORITY_MAX..=PRIORITY_MAX).contains(&location.priority) {
        form.fault("priority", "must be -1,000,000 to 1,000,000");
    }
    let name = &location.location;
    Place {
        location: form.id("location", name, Location::parse, Location::stored),
        display_name: form.text("display_name", &location.display_name),
        priority: location.priority,
    }
}

/// PutItems.
pub(in crate::service) fn put_items(mut request: proto::PutItemsRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    form.count("items", request.items.len(), 1, ROWS_MAX);
    form.unique("items", request.items.iter().map(|item| item.sku.as_str()));
    let items = form.each("items", &request.items, settings);
    let hash = hash::of("PutItems", &request);
    form.done((program, Request { id: Some(id), hash, command: Command::PutItems(items) }))
}

fn settings(form: &mut Form, item: &proto::Item) -> ItemSettings {
    let sku = form.sku("sku", &item.sku);
    let listing = form.optional("listing", &item.listing, Sku::parse);
    ItemSettings {
        listing: listing.unwrap_or_else(|| sku.clone()),
        title: form.text("title", &item.title),
        safety_stock: form.units("safety_stock", item.safety_stock, 0),
        low_stock: form.units("low_stock", item.low_stock, 0),
        sku,
    }
}

/// OpenBackorders. The plan itself is checked by the domain, which says all that is missing at
/// once.
pub(in crate::service) fn open_backorders(mut request: proto::OpenBackordersRequest) -> Decoded {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    request.program = program.to_string();
    let dry_run = request.validate_only;
    let id = (!dry_run).then(|| form.request_id("request_id", &request.request_id));
    let terms = terms(&mut form, request.plan.clone().unwrap_or_default());
    let hash = hash::of("OpenBackorders", &request);
    let command = Command::OpenBackorders { terms, dry_run };
    form.done((program, Request { id, hash, command }))
}

/// UpdatePlan.
pub(in crate::service) fn update_plan(mut request: proto::UpdatePlanRequest) -> Decoded {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    request.program = program.to_string();
    let dry_run = request.validate_only;
    let id = (!dry_run).then(|| form.request_id("request_id", &request.request_id));
    let terms = terms(&mut form, request.plan.clone().unwrap_or_default());
    let hash = hash::of("UpdatePlan", &request);
    let command = Command::UpdatePlan { terms, dry_run };
    form.done((program, Request { id, hash, command }))
}

fn terms(form: &mut Form, plan: proto::Plan) -> Terms {
    let stage = |stage: &proto::Stage| (stage.name.clone(), stage.date.clone());
    if plan.note.contains('\0') || plan.timeline.iter().any(|stage| stage.name.contains('\0')) {
        form.fault("plan", "must have no NUL characters in its texts");
    }
    let terms = Terms {
        sku: form.sku("plan.sku", &plan.sku),
        cap: plan.cap,
        opens_at: form.time("plan.opens_at", plan.opens_at.as_ref()),
        closes_at: form.time("plan.closes_at", plan.closes_at.as_ref()),
        delay_answers: plan.delay_answers.as_ref().map(asked_answers),
        timeline: plan.timeline.iter().map(stage).collect(),
        ship_by: plan.ship_by,
        note: plan.note,
        allowance: plan.allowance,
        cap_by_inbound: plan.cap_by_inbound,
        customer_limit: plan.customer_limit,
    };
    // Where the call is refused for its form, what else the plan lacks is told with it.
    if form.is_faulty() {
        for fault in plan::faults_of_form(&terms) {
            form.fault_once(&fault.field, &fault.rule);
        }
    }
    terms
}

fn asked_answers(asked: &proto::DelayAnswers) -> AskedAnswers {
    let within = asked.answer_within.unwrap_or_default();
    let on_silence = match proto::OnSilence::try_from(asked.on_silence) {
        Ok(proto::OnSilence::Keep) => Some(OnSilence::Keep),
        Ok(proto::OnSilence::Release) => Some(OnSilence::Release),
        Ok(proto::OnSilence::ByClass) => Some(OnSilence::ByClass),
        Ok(proto::OnSilence::Unspecified) | Err(_) => None,
    };
    let answer_within_seconds = (within.nanos == 0).then_some(within.seconds);
    AskedAnswers { answer_within_seconds, on_silence }
}

/// CloseBackorders.
pub(in crate::service) fn close_backorders(mut request: proto::CloseBackordersRequest) -> Decoded {
    let mut form = Form::default();
    let (program, id) = form.write(&mut request.program, &request.request_id);
    let sku = form.sku("sku", &request.sku);
    let hash = hash::of("CloseBackorders", &request);
    form.done((program, Request { id: Some(id), hash, command: Command::CloseBackorders { sku } }))
}

/// A programme and one of its items.
pub(in crate::service) fn one_item(program: &str, sku: &str) -> Result<(ProgramId, Sku), Status> {
    let mut form = Form::default();
    let program = form.program("program", program);
    let sku = form.sku("sku", sku);
    form.done((program, sku))
}

/// ListItems: the programme, the SKU behind which the page starts, and its size.
pub(in crate::service) fn items_page(
    request: &proto::ListItemsRequest,
) -> Result<(ProgramId, String, i64), Status> {
    let mut form = Form::default();
    let program = form.program("program", &request.program);
    let behind = form.optional("page_token", &request.page_token, Sku::parse);
    let size = page(&mut form, request.page_size);
    form.done((program, behind.map(|sku| sku.to_string()).unwrap_or_default(), size))
}
