//! Remarks on a note that passes: what a customer may miss or misread.

use super::words::Text;

/// What tells that items of an order wait for each other.
const TOGETHER: [&[&str]; 11] = [
    &["together"],
    &["all", "items"],
    &["other", "items"],
    &["rest", "of"],
    &["one", "shipment"],
    &["one", "parcel"],
    &["single", "shipment"],
    &["complete", "order"],
    &["entire", "order"],
    &["whole", "order"],
    &["at", "once"],
];
/// What tells that they do not.
const APART: [&[&str]; 7] = [
    &["separately"],
    &["separate"],
    &["as", "available"],
    &["not", "together"],
    &["split"],
    &["as", "they", "become", "available"],
    &["own", "parcel"],
];

/// What the note leaves out or says against the programme's policy. `ships_together`: a parcel
/// waits for all of its items.
pub(super) fn warnings(note: &str, ships_together: bool) -> Vec<String> {
    let text = Text::new(note);
    let together = says(&text, &TOGETHER);
    let apart = says(&text, &APART) || denies_together(&text);
    let remark = match ships_together {
        true if apart => {
            "says that items ship separately, although the programme ships an order together"
        }
        true if !together => {
            "does not say that other items of the order will ship together with this one"
        }
        false if together && !apart => {
            "says that items ship together, although the programme ships each as it is available"
        }
        _ => return Vec::new(),
    };
    vec![remark.to_owned()]
}

fn says(text: &Text, sayings: &[&[&str]]) -> bool {
    (0..text.len()).any(|at| sayings.iter().any(|words| text.past(at, words).is_some()))
}

/// "will not ship together".
fn denies_together(text: &Text) -> bool {
    let denied = |at: usize| {
        (0..at)
            .rev()
            .take(3)
            .take_while(|&at| !text.pause(at))
            .any(|at| text.is(at, &["not", "never", "won't", "don't", "cannot"]))
    };
    (0..text.len()).any(|at| text.word(at) == "together" && denied(at))
}
