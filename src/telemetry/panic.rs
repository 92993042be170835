//! Panics: where they happened, and one line of log for each.
//!
//! The standard hook prints a panic on stderr in a format of its own, which breaks a JSON log, and
//! before anybody could give it an incident number. Ours logs it as an event; except inside
//! [`watched`], where it only keeps the place for the one that caught the panic and will log it.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

thread_local! {
    static IS_WATCHED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was caught. For the log alone: its text may hold anything.
#[derive(Debug)]
pub struct Panicked {
    /// What the panic said.
    pub text: String,
    /// File, line and column, and the backtrace where `RUST_BACKTRACE` asks for one. Known only
    /// where the hook of this room is installed.
    pub place: Option<String>,
}

/// Runs `work` and catches its panic. The caller answers for logging it, and for never using what
/// `work` was changing again: a future that panicked must not be polled any more.
///
/// # Errors
/// When `work` panicked.
pub fn watched<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let before = IS_WATCHED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_WATCHED.set(before);
    result.map_err(|payload| Panicked { text: text_of(&*payload), place: PLACE.take() })
}

/// Makes panics outside [`watched`] events at error, and those inside it silent.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        if IS_WATCHED.get() {
            PLACE.set(place_of(info));
        } else {
            let (text, place) = (text_of(info.payload()), place_of(info));
            let thread = std::thread::current();
            tracing::error!(?text, place, thread = thread.name(), "panic");
        }
    }));
}

fn place_of(info: &PanicHookInfo<'_>) -> Option<String> {
    let place = info.location()?;
    // Taken only where RUST_BACKTRACE asks for it.
    let trace = Backtrace::capture();
    match trace.status() {
        BacktraceStatus::Captured => Some(format!("{place}\n{trace}")),
        _ => Some(place.to_string()),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no text").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_text() {
        assert_eq!(watched(|| 7).unwrap(), 7);
        let name = "shelf 3";
        assert_eq!(watched(|| panic!("fell off {name}")).unwrap_err().text, "fell off shelf 3");
        assert_eq!(watched(|| panic!("plain")).unwrap_err().text, "plain");
        assert!(!IS_WATCHED.get());
    }
}
