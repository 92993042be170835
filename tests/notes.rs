//! What the note check understands: a table of notes, and properties on random ones.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use backstock::domain::note::PlanNote;
use backstock::domain::program::ShipPolicy;
use backstock::domain::{Date, ShipBy, note};
use chrono::{Datelike, Days, Months};
use proptest::prelude::*;

/// Cases that the table must have at least, so that a broken reader of it does not pass.
const CASES_MIN: usize = 450;

/// A line of the table.
struct Case {
    ship_by: Date,
    closes_on: Date,
    expected: String,
    windows: String,
    note: String,
}

#[test]
fn the_table_holds() {
    let table = include_str!("notes.txt");
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cases: Vec<Case> = lines.map(case).collect();
    assert!(cases.len() >= CASES_MIN, "only {} cases were read", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Reads `ship_by closes_on expected windows | note`.
fn case(line: &str) -> Case {
    let (head, note) = line.split_once(" | ").unwrap_or_else(|| panic!("no note: {line}"));
    let mut columns = head.split(' ');
    let mut next = || columns.next().unwrap_or_else(|| panic!("a column is missing: {line}"));
    Case {
        ship_by: next().parse().unwrap(),
        closes_on: next().parse().unwrap(),
        expected: next().to_owned(),
        windows: next().to_owned(),
        note: unescaped(note),
    }
}

/// `\n` and `\u{a0}` as in Rust.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(rest) = part.strip_prefix('n') {
            plain.push('\n');
            plain.push_str(rest);
        } else {
            let (code, rest) = part.strip_prefix("u{").unwrap().split_once('}').unwrap();
            plain.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            plain.push_str(rest);
        }
    }
    plain
}

/// Compares what is understood, and the answer, with the line.
fn check(case: &Case) -> Result<(), String> {
    let windows = note::windows(&case.note, case.ship_by, case.closes_on);
    let shown: Vec<String> = windows.iter().map(|w| format!("{}..{}", w.from, w.to)).collect();
    let shown = if shown.is_empty() { "nothing".to_owned() } else { shown.join(",") };
    let answer = note::check(&case.note, case.ship_by, case.closes_on);
    let word = if answer.is_ok() { "passes" } else { "unclear" };
    if let Err(unclear) = &answer {
        assert_eq!(unclear.understood, windows, "{}", case.note);
    }
    if (word, &shown) == (case.expected.as_str(), &case.windows) {
        return Ok(());
    }
    Err(format!(
        "{} {} {} {} | {}\n  is {word} {shown}",
        case.ship_by, case.closes_on, case.expected, case.windows, case.note
    ))
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn refused(note: &str) -> note::Unclear {
    note::check(note, date("2027-01-31"), date("2026-12-15")).unwrap_err()
}

const GOOD: &str = "This item is in production and is scheduled to ship by 31 January 2027. If you \
     order other items, they will ship together when all items are in stock. You'll receive \
     tracking once shipped.";

#[test]
fn a_refusal_says_what_was_understood_and_what_would_be_good() {
    let none = refused("You'll receive an email with tracking once shipped.");
    assert_eq!(none.understood, []);
    assert_eq!(none.example, GOOD);
    assert_eq!(
        none.rule(),
        format!(
            "must name a date or a window that contains or ends at ship_by; it names none; a good \
             note: \"{GOOD}\""
        )
    );
    let wrong = refused("Ships mid\n  March, at the latest 5 April 2027, in any case in 2027.");
    assert_eq!(
        wrong.rule(),
        format!(
            "must name a date or a window that contains or ends at ship_by; it names \"mid March\" \
             (2027-03-11 to 2027-03-20), \"5 April 2027\" (2027-04-05), \"2027\" (2027-01-01 to \
             2027-12-31, too wide to tell); a good note: \"{GOOD}\""
        )
    );
    let many = refused(&"1 May, 2 May, ".repeat(73)).rule();
    assert!(many.contains("\"1 May\" (2027-05-01) and 141 more; a good note"), "{many}");
}

#[test]
fn words_that_can_be_read_two_ways_are_understood_twice() {
    let both = refused("Ships 3/4/2027.").understood;
    let days: Vec<String> = both.iter().map(|window| window.from.to_string()).collect();
    assert_eq!(days, ["2027-03-04", "2027-04-03"]);
    assert!(both.iter().all(|window| window.words == "3/4/2027"));
}

#[test]
fn remarks_say_what_the_note_leaves_out_of_the_policy() {
    let silent = "Ships end of January.";
    let apart = "Ships end of January. Other items ship separately.";
    let never = "Ships end of January. Items do not ship together.";
    assert_eq!(note::warnings(GOOD, true), [] as [String; 0]);
    assert_eq!(note::warnings(silent, false), [] as [String; 0]);
    assert_eq!(note::warnings(apart, false), [] as [String; 0]);
    assert_eq!(note::warnings(never, false), [] as [String; 0]);
    for (note, together, part) in [
        (silent, true, "does not say that other items"),
        (apart, true, "says that items ship separately"),
        (never, true, "says that items ship separately"),
        (GOOD, false, "says that items ship together"),
    ] {
        let remarks = note::warnings(note, together);
        assert_eq!(remarks.len(), 1, "{note}");
        assert!(remarks[0].starts_with(part), "{note}: {remarks:?}");
    }
}

/// Ways to name a day, as chrono writes them.
const DAY_FORMS: [&str; 28] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%-d %B",
    "%-d %B %Y",
    "%-d %b %Y",
    "%d-%b-%Y",
    "%B %-d",
    "%b %-d",
    "%b. %-d, %Y",
    "%B %-d, %Y",
    "%A, %-d %B",
    "%a %-d %b",
    "%A, %B %-d, %Y",
    "the %-d of %B",
    "by %-d %B",
    "no later than %B %-d",
    "in %B",
    "%B %Y",
    "week of %-d %B",
    "week of %B %-d",
    "week commencing %-d %B %Y",
    "w/c %-d %b",
    "week ending %-d %B",
    "%-d-%-d %B",
    "between %-d and %-d %B",
    "%B %-d to %B %-d, %Y",
    "%-d %B %Y \u{2013} %-d %B %Y",
    "%-d\u{a0}%B\u{a0}%Y",
];

/// Every way to name a day that is said to be understood, with the year and without.
fn forms(day: Date, closes_on: Date) -> Vec<String> {
    let mut forms: Vec<String> =
        DAY_FORMS.iter().map(|form| day.format(form).to_string()).collect();
    if day.day() > 12 {
        // Else they can be read two ways.
        forms.extend(["%d.%m.%Y", "%m/%d/%Y"].map(|form| day.format(form).to_string()));
    }
    let month = day.format("%B").to_string();
    let ending = match day.day() {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    let parts: &[&str] = match day.day() {
        1..=10 => &["beginning of", "early", "start of"],
        11..=20 => &["mid-", "mid", "middle of"],
        _ => &["end of", "late", "end"],
    };
    let week = ["first", "second", "third", "fourth", "fifth"][day.day0() as usize / 7];
    forms.extend(parts.iter().map(|part| format!("{part} {month}").replace("- ", "-")));
    forms.push(format!("{}{ending} of {month}", day.day()));
    forms.push(format!("{month} {}{ending}, {}", day.day(), day.year()));
    forms.push(format!("{week} week of {month}"));
    forms.push(format!("Q{}", day.month0() / 3 + 1));
    forms.push(format!("Q{} {}", day.month0() / 3 + 1, day.year()));
    let quarter = ["first", "second", "third", "fourth"][day.month0() as usize / 3];
    forms.push(format!("{quarter} quarter of {}", day.year()));
    let season = ["winter", "spring", "summer", "autumn"][(day.month() % 12 / 3) as usize];
    forms.push(format!("this {season}"));
    if season != "winter" {
        forms.push(format!("{season} {}", day.year()));
    }
    let eve = day.succ_opt().unwrap();
    forms.push(format!("before {}", eve.format("%-d %B %Y")));
    forms.extend(waits((day - closes_on).num_days()));
    forms
}

/// Ways to name the day so many days after ordering closes.
fn waits(wait: i64) -> Vec<String> {
    let mut forms = Vec::new();
    if wait > 0 {
        let weeks = wait.div_euclid(7) + i64::from(wait % 7 != 0);
        forms.push(format!("in {wait} days"));
        forms.push(format!("within {weeks} weeks"));
        forms.push(format!("in {weeks} weeks"));
    }
    if wait > 7 {
        let weeks = wait.div_euclid(7);
        forms.push(format!("{weeks} to {} weeks", weeks + 1));
    }
    forms
}

/// Notes made of the words that the check knows, in any order: they get further than random text.
fn soup() -> impl Strategy<Value = String> {
    let words = "the of in by on before after from between and to or until not order end early \
        mid late first second last week month months quarter half day year days weeks business \
        spring winter fall may march january feb. sept Sunday, 3 10 31 31st 2027 '27 1/31/2027 \
        2027-01-31 q1 w/c within about up - \u{2013} / . , ( \u{a0} units may be won't ships \
        99999999999 0 29 february commencing ending a twenty thirty-first";
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let space = prop::sample::select(vec![" ", " ", " ", "", "\n"]);
    let word = (prop::sample::select(words), space);
    prop::collection::vec(word, 0..60)
        .prop_map(|words| words.into_iter().flat_map(|(word, space)| [word, space]).collect())
}

fn any_date() -> impl Strategy<Value = Date> {
    let all = Date::MIN.num_days_from_ce()..=Date::MAX.num_days_from_ce();
    let date = |days| Date::from_num_days_from_ce_opt(days).unwrap();
    let edges = prop::sample::select(vec![Date::MIN, Date::MAX, Date::default()]);
    prop_oneof![8 => all.prop_map(date), 8 => usual_date(), 1 => edges]
}

/// A date of the years in which notes are read in words, with room for its neighbours.
fn usual_date() -> impl Strategy<Value = Date> {
    let days = date("1901-01-01").num_days_from_ce()..date("2999-01-01").num_days_from_ce();
    days.prop_map(|days| Date::from_num_days_from_ce_opt(days).unwrap())
}

/// Whatever the note says, nothing panics, and what is understood is the note's own.
fn holds(text: &str, ship_by: Date, closes_on: Date) {
    let windows = note::windows(text, ship_by, closes_on);
    for window in &windows {
        assert!(!window.words.is_empty() && text.contains(&window.words), "{window:?}");
        assert!(window.from <= window.to, "{window:?}");
    }
    match note::check(text, ship_by, closes_on) {
        Ok(()) => assert!(windows.iter().any(|w| (w.from..=w.to).contains(&ship_by))),
        Err(unclear) => {
            assert_eq!(unclear.understood, windows);
            assert!(unclear.rule().contains(&unclear.example));
        }
    }
    assert!([true, false].iter().all(|&together| note::warnings(text, together).len() <= 1));
}

fn spans(text: &str, ship_by: Date, closes_on: Date) -> Vec<(Date, Date)> {
    let windows = note::windows(text, ship_by, closes_on).into_iter();
    windows.map(|window| (window.from, window.to)).collect()
}

/// So many random cases; a failure is printed with its input, and nothing is written to disk.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}", ship_by in any_date(), closes_on in any_date()) {
        holds(&text, ship_by, closes_on);
    }

    #[test]
    fn any_mix_of_known_words_is_read(
        text in soup(), ship_by in any_date(), closes_on in any_date(),
    ) {
        holds(&text, ship_by, closes_on);
    }

    #[test]
    fn capitals_make_no_difference(text in soup(), ship_by in usual_date(), ahead in 0u64..400) {
        let closes_on = ship_by - Days::new(ahead);
        let plain = spans(&text, ship_by, closes_on);
        prop_assert_eq!(&plain, &spans(&text.to_ascii_uppercase(), ship_by, closes_on));
        prop_assert_eq!(&plain, &spans(&text.to_ascii_lowercase(), ship_by, closes_on));
    }

    #[test]
    fn the_example_passes(ship_by in any_date(), closes_on in any_date()) {
        let unclear = note::check("", ship_by, closes_on).unwrap_err();
        prop_assert_eq!(note::check(&unclear.example, ship_by, closes_on), Ok(()));
        prop_assert_eq!(note::warnings(&unclear.example, true), [] as [String; 0]);
    }
}

/// The parcels that a note may speak of, and whether its remarks expect that items ship together.
const PARCELS: [(Option<ShipPolicy>, Option<bool>); 3] = [
    (Some(ShipPolicy::Together), Some(true)),
    (Some(ShipPolicy::AsAvailable), Some(false)),
    (None, None),
];

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn the_note_for_a_later_date_passes_for_it(
        ship_by in any_date(), closes_on in any_date(), later in any_date(), text in soup(),
    ) {
        for (parcel, together) in PARCELS {
            let plan = PlanNote { text: text.clone(), ship_by, closes_on };
            let told = plan.clone().for_promise(ShipBy::On(later), parcel);
            if later <= ship_by {
                prop_assert_eq!(&told, &text);
                continue;
            }
            // What stays holds that day, too, read as it was when the plan was checked.
            let is_own = told.starts_with("This item is now scheduled to ship by ");
            let read_for = if is_own { later } else { ship_by };
            prop_assert!(note::check(&told, read_for, closes_on).is_ok(), "{}", told);
            let named = note::windows(&told, read_for, closes_on);
            prop_assert!(named.iter().any(|w| (w.from..=w.to).contains(&later)), "{}", told);
            // What the house writes names no other day; before 1900 there are no plans.
            let is_alone = named.iter().all(|w| (w.from, w.to) == (later, later));
            prop_assert!(!is_own || later.year() < 1900 || is_alone, "{}", told);
            let unknown = plan.for_promise(ShipBy::Unknown, parcel);
            prop_assert_eq!(note::windows(&unknown, ship_by, closes_on), []);
            for own in [Some(unknown), is_own.then_some(told)].into_iter().flatten() {
                let remarks = together.map(|together| note::warnings(&own, together));
                prop_assert!(remarks.is_none_or(|remarks| remarks.is_empty()), "{}", own);
            }
        }
    }

    #[test]
    fn a_note_stays_for_a_later_date_only_where_it_names_it(
        ship_by in usual_date(), ahead in 0u64..80, days in 1u64..120,
    ) {
        let (closes_on, later) = (ship_by - Days::new(ahead), ship_by + Days::new(days));
        for form in forms(ship_by, closes_on) {
            let text = format!("This item ships {form}. Thank you!");
            let plan = PlanNote { text: text.clone(), ship_by, closes_on };
            let told = plan.for_promise(ShipBy::On(later), None);
            let named = note::windows(&text, ship_by, closes_on);
            let names = named.iter().any(|window| (window.from..=window.to).contains(&later));
            prop_assert_eq!(told == text, names, "{}: {}", later, text);
        }
    }
}

#[test]
fn the_note_for_a_later_date_says_it_in_plain_words() {
    let (ship_by, closes_on) = (date("2027-01-31"), date("2026-12-15"));
    let told = |text: &str, ship_by_now: &str, parcel| {
        let plan = PlanNote { text: text.to_owned(), ship_by, closes_on };
        let now = ship_by_now.parse().map_or(ShipBy::Unknown, ShipBy::On);
        plan.for_promise(now, parcel)
    };
    let together = Some(ShipPolicy::Together);
    assert_eq!(
        told(GOOD, "2027-02-22", together),
        "This item is now scheduled to ship by 22 February 2027. If you order other items, they \
         will ship together when all items are in stock."
    );
    assert_eq!(
        told(GOOD, "2027-02-02", Some(ShipPolicy::AsAvailable)),
        "This item is now scheduled to ship by 2 February 2027. If you order other items, they \
         will ship as they become available."
    );
    assert_eq!(
        told(GOOD, "2027-02-22", None),
        "This item is now scheduled to ship by 22 February 2027."
    );
    assert_eq!(
        told(GOOD, "nobody knows", together),
        "It is not known at present when this item will ship. If you order other items, they will \
         ship together when all items are in stock."
    );
    for (kept, text, day) in [
        (true, GOOD, "2027-01-12"),
        (true, "Ships in Q1 2027.", "2027-02-22"),
        (false, "Ships in Q1 2027.", "2027-04-01"),
        // Q1 would hold it, but the note says more.
        (false, "Ships in Q1 2027, by the end of January.", "2027-02-22"),
        // The same words do not come to mean the next year.
        (false, "Ships by 31 January.", "2028-01-31"),
        // Another matter's date does not save it.
        (false, "Ships by 31 January 2027; the second edition by 22 February 2027.", "2027-02-22"),
    ] {
        assert_eq!(told(text, day, None) == text, kept, "{day}: {text}");
    }
}

proptest! {
    // Each case is a day in some fifty forms.
    #![proptest_config(cases(200))]

    #[test]
    fn every_form_of_a_day_passes_for_it(day in usual_date(), ahead in 0u64..80) {
        let closes_on = day - Days::new(ahead);
        for form in forms(day, closes_on) {
            let text = format!("This item ships {form}. Thank you!");
            let answer = note::check(&text, day, closes_on);
            prop_assert!(answer.is_ok(), "{day}: {text}: {answer:?}");
            let far = day + Months::new(7);
            let other = note::check(&text, far, closes_on);
            prop_assert!(other.is_err(), "{far}: {text}");
        }
    }
}
