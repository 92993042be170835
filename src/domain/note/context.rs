//! What the words around a date make of it: "before 3 March" is over sooner, "after 3 March" has
//! no end, "order by 3 March" is not about shipping.

use super::words::{Text, listed};

/// What a note says about a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// Then, or by then.
    Then,
    /// Before it begins.
    Before,
    /// Not a day to count on.
    Nothing,
}

/// What may stand between a date and the word that decides about it.
const BETWEEN: &str = "\
    the about around approximately approx roughly on shortly soon just well only sometime";
/// What has no end, or only a beginning.
const OPEN: &str = "\
    after following since past beyond begin beginning begins commence commences commencing from \
    start starting starts not earliest";
/// What may stand between "not" and the date that it denies.
const DENIED: &str = "\
    any arrive arriving at available be been before by deliver delivered dispatch dispatched \
    during earlier expect expected get have here in it on out ready send sent ship shipped \
    shipping sooner than them";
const DENIALS: &str = "\
    not never cannot can't won't don't doesn't isn't aren't couldn't didn't wouldn't \
    unable";
/// What is over at a deadline for ordering, and what is said of it.
const ORDERING: &str = "\
    backorder backorders campaign offer order ordering orders preorder preordering preorders \
    sale sales shop store window intake";
const CLOSING: &str = "\
    accepted close closed closes closing end ended ending ends open opens placed received";
const UP_TO: &str = "before by in on through till until between from";
/// What is a deadline by its name, and not one for shipping.
const DEADLINES: &str = "cutoff deadline valid";
/// What a sentence is about, when these stand in front of its date, that is not about shipping.
const OTHER_MATTERS: &str = "cancel cancellation cancellations exchange exchanges refund refunds";
/// How far in front of a date they may stand, in words.
const IN_FRONT: usize = 12;
/// What stands in front of "order" where it is a verb.
const ASKED: &str = "and can if must or please should to when who you";

/// What the words around the date between two places make of it. `is_range`: it has two ends, of
/// which "from" may be the first.
pub(super) fn sense(text: &Text, from: usize, to: usize, is_range: bool) -> Sense {
    if is_deadline(text, from, false) || other_matter(text, from) || goes_on_for_ever(text, to) {
        return Sense::Nothing;
    }
    let mut at = from;
    while listed(BETWEEN, text.word_before(at)) {
        at -= 1;
    }
    let word = text.word_before(at);
    let second = text.word_before(at.saturating_sub(1));
    let denied = is_denied(text, at);
    match (word, second) {
        ("than", "later") if negated_comparison(text, at - 2) => Sense::Then,
        ("than", "earlier" | "sooner") if negated_comparison(text, at - 2) => Sense::Nothing,
        ("than", "later") => Sense::Nothing,
        ("until" | "till", _) => Sense::Then,
        _ if denied => Sense::Nothing,
        ("from", _) if is_range => Sense::Then,
        ("of", "as") | ("as", "early" | "soon") => Sense::Nothing,
        ("in" | "with", start) if listed(OPEN, start) => Sense::Nothing,
        _ if listed(OPEN, word) => Sense::Nothing,
        // "On or before" and "by or before" take the day in.
        ("before", "or") => Sense::Then,
        ("before", _) | ("than", "earlier" | "sooner") => Sense::Before,
        ("to", "prior") | ("of", "ahead" | "advance") => Sense::Before,
        _ => Sense::Then,
    }
}

/// "no later than", "not ship later than": a denial at most three words in front.
fn negated_comparison(text: &Text, at: usize) -> bool {
    let words = (0..at).rev().take(4).take_while(|&at| !text.pause(at));
    words.map(|at| text.word(at)).any(|word| word == "no" || listed(DENIALS, word))
}

/// "will not ship in January", "won't be ready before March".
fn is_denied(text: &Text, at: usize) -> bool {
    let mut at = at;
    while listed(DENIED, text.word_before(at)) {
        at -= 1;
    }
    listed(DENIALS, text.word_before(at))
}

/// "cancel before", "refunds until".
fn other_matter(text: &Text, from: usize) -> bool {
    let mut words = (0..from).rev().take(IN_FRONT).take_while(|&at| !text.pause(at));
    words.any(|at| text.is_listed(at, OTHER_MATTERS))
}

/// "onwards", "or later", "at the earliest", "and beyond".
fn goes_on_for_ever(text: &Text, at: usize) -> bool {
    let later = |at| text.is(at, &["later", "after", "beyond", "onward", "onwards"]);
    text.is(at, &["onward", "onwards", "forward"])
        || (text.is(at, &["or", "and"]) && later(at + 1))
        || text.past(at, &["at", "the", "earliest"]).is_some()
}

/// Whether a time to wait, from its first word on, is one for the item to ship: not "won't ship in
/// 3 weeks", nor "order within 3 weeks".
pub(super) fn is_awaited(text: &Text, from: usize) -> bool {
    !is_denied(text, from) && !is_deadline(text, from, true)
}

/// "order by", "orders close on", "the store is open until". `up_to`: "by" or its like stands in
/// the words themselves.
fn is_deadline(text: &Text, from: usize, up_to: bool) -> bool {
    let mut at = from;
    let back = |at: &mut usize, words: &str| {
        let found = listed(words, text.word_before(*at));
        *at -= usize::from(found);
        found
    };
    back(&mut at, "the");
    let up_to = up_to || back(&mut at, UP_TO) || {
        let colon = at.checked_sub(1).filter(|&at| text.mark(at, ':'));
        at = colon.unwrap_or(at);
        colon.is_some()
    };
    let closes = back(&mut at, CLOSING);
    back(&mut at, "is are will must be");
    back(&mut at, "will must");
    if back(&mut at, DEADLINES) {
        return true;
    }
    back(&mut at, ORDERING) && (closes || (up_to && asks_to_order(text, at)))
}

/// Whether "order" at a place is a verb: at the start, or behind "please", "you", "to".
fn asks_to_order(text: &Text, at: usize) -> bool {
    let is_verb = text.is(at, &["order", "preorder", "backorder"]);
    let compound = at >= 2 && text.dash(at - 1) && text.is(at - 2, &["pre", "back"]);
    let at = if compound { at - 2 } else { at };
    let begins = at.checked_sub(1).is_none_or(|before| text.pause(before));
    is_verb && (begins || listed(ASKED, text.word_before(at)))
}
