//! The words that stand in rows for the domain's enums.

use crate::domain::Kind;
use crate::domain::plan::OnSilence;
use crate::domain::program::ShipPolicy;
use crate::domain::reservation::Purpose;

pub(in crate::store) fn ship_policy(text: &str) -> ShipPolicy {
    if text == "as_available" { ShipPolicy::AsAvailable } else { ShipPolicy::Together }
}

pub(in crate::store) fn ship_policy_text(policy: ShipPolicy) -> &'static str {
    match policy {
        ShipPolicy::Together => "together",
        ShipPolicy::AsAvailable => "as_available",
    }
}

pub(super) fn on_silence(text: &str) -> OnSilence {
    match text {
        "keep" => OnSilence::Keep,
        "release" => OnSilence::Release,
        _ => OnSilence::ByClass,
    }
}

pub(in crate::store) fn on_silence_text(on_silence: OnSilence) -> &'static str {
    match on_silence {
        OnSilence::Keep => "keep",
        OnSilence::Release => "release",
        OnSilence::ByClass => "by_class",
    }
}

pub(super) fn purpose(text: &str) -> Purpose {
    if text == "replacement" { Purpose::Replacement } else { Purpose::Sale }
}

pub(in crate::store) fn purpose_text(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Sale => "sale",
        Purpose::Replacement => "replacement",
    }
}

const KINDS: [(Kind, &str); 15] = [
    (Kind::Item, "item"),
    (Kind::Plan, "plan"),
    (Kind::Reserve, "reserve"),
    (Kind::Release, "release"),
    (Kind::Expire, "expire"),
    (Kind::Receive, "receive"),
    (Kind::Fill, "fill"),
    (Kind::Ship, "ship"),
    (Kind::Adjust, "adjust"),
    (Kind::Bump, "bump"),
    (Kind::Confirm, "confirm"),
    (Kind::Ready, "ready"),
    (Kind::Promise, "promise"),
    (Kind::Inbound, "inbound"),
    (Kind::Carried, "carried"),
];

pub(in crate::store) fn kind_text(kind: Kind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, text)| text)
}

pub(in crate::store) fn kind(text: &str) -> Option<Kind> {
    KINDS.iter().find(|(_, known)| *known == text).map(|(kind, _)| *kind)
}
