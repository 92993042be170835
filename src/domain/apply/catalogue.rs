//! Programmes, locations, items and plans.

use crate::domain::book::{Book, Entry};
use crate::domain::command::ItemSettings;
use crate::domain::consequence::plan_facts;
use crate::domain::event::PlanFacts;
use crate::domain::movement::Delta;
use crate::domain::program::{Place, sort_by_draw};
use crate::domain::{Event, FILL_LINES_MAX, Item, Kind, Plan, Program, Sku, fill};

pub(super) fn put_program(book: &mut Book, program: &Program) {
    if !book.places.iter().any(|place| place.location == program.default_location) {
        let location = program.default_location.clone();
        let display_name = String::new();
        put_place(book, &Place { location, display_name, priority: 0 });
    }
    book.program = Some(program.clone());
    book.changes.program = true;
}

pub(super) fn put_place(book: &mut Book, place: &Place) {
    book.places.retain(|known| known.location != place.location);
    book.places.push(place.clone());
    sort_by_draw(&mut book.places);
    book.changes.places = true;
}

pub(super) fn put_item(book: &mut Book, settings: &ItemSettings) {
    let sku = &settings.sku;
    book.settings.insert(sku.clone(), settings.clone());
    book.changes.settings.insert(sku.clone());
    if !book.items.contains_key(sku) {
        book.items.insert(sku.clone(), Item::new(sku.clone(), settings.safety_stock));
        book.changes.new_items.insert(sku.clone());
    }
    book.touch(sku);
    if let Some(item) = book.items.get_mut(sku) {
        item.safety_stock = settings.safety_stock;
        item.low_stock = settings.low_stock;
    }
    let reference = format!("safety stock {}", settings.safety_stock);
    let (reference, delta) = (reference.as_str(), Delta::default());
    let entry = Entry { kind: Kind::Item, delta, reservation: None, reference, event: None };
    book.record(sku, entry);
    fill::fill(book, sku, FILL_LINES_MAX);
}

pub(super) fn open(book: &mut Book, sku: &Sku, plan: &Plan) {
    put_plan(book, sku, plan, "opened", Event::PlanOpened);
}

pub(super) fn update_plan(book: &mut Book, sku: &Sku, plan: &Plan) {
    put_plan(book, sku, plan, "updated", Event::PlanUpdated);
}

fn put_plan(book: &mut Book, sku: &Sku, plan: &Plan, deed: &str, event: fn(PlanFacts) -> Event) {
    book.touch(sku);
    let Some(item) = book.items.get_mut(sku) else { return };
    item.cap = plan.cap;
    item.plan_version = plan.version;
    item.plan = Some(plan.clone());
    let event = event(plan_facts(item, plan));
    book.changes.plans.insert(sku.clone());
    let reference = &format!("plan {} {deed}, cap {}", plan.version, plan.cap);
    book.record(sku, Entry { reference, ..Entry::of(Kind::Plan, event) });
}

pub(super) fn close(book: &mut Book, sku: &Sku) {
    let now = book.now;
    book.touch(sku);
    let Some(item) = book.items.get_mut(sku) else { return };
    let Some(plan) = item.plan.as_mut() else { return };
    plan.closed_at = Some(now);
    plan.told_closed = true;
    let plan = plan.clone();
    let event = Event::PlanClosed(plan_facts(item, &plan));
    let reference = &format!("plan {} closed", plan.version);
    book.changes.plans.insert(sku.clone());
    book.record(sku, Entry { reference, ..Entry::of(Kind::Plan, event) });
}
