//! Any note, for any two dates: the check never panics, and what it understands is the note's own.
//!
//! The first four bytes are `ship_by`, the next four the day on which ordering closes, as days from
//! chrono's first date; the rest is the note.

#![no_main]

use backstock::domain::{Date, note};
use chrono::Datelike;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((ship_by, rest)) = data.split_first_chunk::<4>() else { return };
    let Some((closes_on, text)) = rest.split_first_chunk::<4>() else { return };
    let (ship_by, closes_on) = (date(*ship_by), date(*closes_on));
    let text = String::from_utf8_lossy(text);
    let windows = note::windows(&text, ship_by, closes_on);
    for window in &windows {
        assert!(!window.words.is_empty() && text.contains(&window.words));
        assert!(window.from <= window.to);
    }
    match note::check(&text, ship_by, closes_on) {
        Ok(()) => assert!(windows.iter().any(|w| (w.from..=w.to).contains(&ship_by))),
        Err(unclear) => {
            assert_eq!(unclear.understood, windows);
            assert!(!unclear.rule().is_empty());
            assert_eq!(note::check(&unclear.example, ship_by, closes_on), Ok(()));
        }
    }
    assert!(note::warnings(&text, true).len() <= 1);
    assert!(note::warnings(&text, false).len() <= 1);
});

/// Half of them in the years of notes, where there is most to get wrong; half anywhere.
fn date(bytes: [u8; 4]) -> Date {
    let number = u32::from_le_bytes(bytes);
    let (first, days) = if number % 2 == 0 {
        (Date::default(), 100_000)
    } else {
        (Date::MIN, (Date::MAX - Date::MIN).num_days() + 1)
    };
    let day = i64::from(first.num_days_from_ce()) + i64::from(number / 2) % days;
    i32::try_from(day).ok().and_then(Date::from_num_days_from_ce_opt).unwrap_or_default()
}
