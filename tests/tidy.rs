//! The repository lints itself: the walls between the rooms, the size of files, and that whatever
//! is named is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file of source, in lines.
const FILE_LINES_MAX: usize = 300;
/// Longest line of source, in characters.
const LINE_LENGTH_MAX: usize = 100;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder with an ending, sorted.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .{ending} files in {folder}");
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The code of a file: no comments, and nothing from its unit tests on.
fn code(path: &Path) -> String {
    let text = read(path);
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let kept = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    kept.collect::<Vec<_>>().join("\n")
}

/// Asserts that no file of a room has any of these words in its code.
fn never(room: &str, words: &[&str], except: &[&str]) {
    let mut faults = Vec::new();
    for path in files(room, "rs") {
        let name = shown(&path);
        if except.iter().any(|allowed| name.starts_with(allowed)) {
            continue;
        }
        let code = code(&path);
        let found = words.iter().filter(|word| code.contains(**word));
        faults.extend(found.map(|word| format!("{name}: {word}")));
    }
    assert!(faults.is_empty(), "{room} must not name these:\n{}", faults.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    let words = [
        "sqlx",
        "tonic",
        "prost",
        "tokio",
        "async ",
        ".await",
        "crate::store",
        "crate::service",
        "crate::combine",
        "crate::proto",
        "Instant::now",
        "SystemTime",
        "Utc::now",
        "std::time",
    ];
    never("src/domain", &words, &[]);
}

#[test]
fn only_the_store_speaks_sql() {
    let words = ["sqlx::query", "SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM"];
    // The bench's baselines, and what it asks PostgreSQL about itself, touch no table of the
    // product; only the long histories that it makes do.
    let bench = "src/cli/bench/database/";
    never("src", &words, &["src/store", bench]);
    never("src", &["sqlx::"], &["src/store", "src/app", bench]);
    for path in files(bench, "sql") {
        let text = read(&path);
        assert!(text.starts_with("-- "), "{} does not say what it is for", shown(&path));
        let is_history = shown(&path).contains("/history_");
        for table in ["item", "line", "stock", "answer", "movement"] {
            let named = |before: &str| text.contains(&format!("{before} {table}"));
            let found = ["FROM", "INTO", "UPDATE", "JOIN"].into_iter().any(named);
            assert!(is_history || !found, "{} touches the product's {table}", shown(&path));
        }
    }
}

#[test]
fn the_store_knows_no_protobuf() {
    never("src/store", &["crate::proto", "crate::service", "crate::combine", "tonic"], &[]);
}

#[test]
fn lanes_know_neither_sql_nor_grpc() {
    never("src/combine", &["sqlx", "tonic", "crate::proto", "crate::service"], &[]);
}

#[test]
fn generated_types_stay_at_the_border() {
    let border = ["src/service", "src/cli", "src/app", "src/proto.rs", "src/lib.rs"];
    never("src", &["proto::"], &border);
}

#[test]
fn the_edge_and_the_workers_have_no_rules() {
    never("src/edge", &["crate::domain", "crate::store", "crate::combine"], &[]);
    never(
        "src/worker",
        &["sqlx", "tonic", "crate::service", "domain::judge", "domain::apply"],
        &[],
    );
}

#[test]
fn files_and_lines_stay_short() {
    let mut faults = Vec::new();
    for folder in ["src", "tests"] {
        for path in files(folder, "rs") {
            let text = read(&path);
            let lines = text.lines().count();
            if folder == "src" && lines > FILE_LINES_MAX {
                faults.push(format!("{}: {lines} lines", shown(&path)));
            }
            let long = text.lines().enumerate();
            let long = long.filter(|(_, line)| line.chars().count() > LINE_LENGTH_MAX);
            faults.extend(long.map(|(at, _)| format!("{}:{} is too long", shown(&path), at + 1)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_statement_has_a_reason_and_is_used() {
    let code: String = files("src/store", "rs").iter().map(|path| read(path)).collect();
    for path in files("src/store/sql", "sql") {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        assert!(code.contains(&format!("sql/{name}\"")), "{name} is used nowhere");
        assert!(read(&path).starts_with("-- "), "{name} does not say what it is for");
        // A column that a migration adds must not change what an older release's statement gives.
        assert!(!read(&path).contains("SELECT *"), "{name} does not name its columns");
    }
}

#[test]
fn every_statement_stays_in_one_programme() {
    // Those that look for programmes, or at the server itself, are the only ones that do not.
    let free = [
        "list_programs.sql",
        "list_changed_programs.sql",
        "list_busy_programs.sql",
        "list_due_programs.sql",
        "list_passed_programs.sql",
        "list_waited_programs.sql",
        "list_heads.sql",
        "read_heads.sql",
        "list_due_sinks.sql",
        "list_programs_without_nats.sql",
        "sink_states.sql",
        "backend_lives.sql",
        "read_clock.sql",
        // It looks at the table and not at a programme: age decides, whoever asked.
        "forget_answers.sql",
    ];
    for path in files("src/store/sql", "sql") {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let text = read(&path);
        let bound = ["program = $1", "SELECT $1", "VALUES ($1"].iter().any(|of| text.contains(of));
        assert!(bound || free.contains(&name.as_str()), "{name} does not bind the programme");
    }
}

#[test]
fn a_clock_that_runs_on_bounds_no_walk() {
    // PostgreSQL asks clock_timestamp() for each row, and so can begin no walk through an index
    // with it. These read the clock itself, once, or a table that is short.
    let free = [
        "read_clock.sql",
        "load_program.sql",
        "load_batch.sql",
        "save_batch.sql",
        "list_due_sinks.sql",
    ];
    for path in files("src/store/sql", "sql") {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let text = read(&path);
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        let runs_on = code.any(|line| line.contains("clock_timestamp()"));
        assert!(!runs_on || free.contains(&name.as_str()), "{name} asks the clock for each row");
    }
}

#[test]
fn a_migration_holds_one_statement_and_its_reason() {
    let mut numbers = BTreeSet::new();
    for path in files("migrations", "sql") {
        let name = shown(&path);
        let text = read(&path);
        assert!(text.starts_with("-- "), "{name} does not say what it is for");
        let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("--")).collect();
        assert_eq!(code.join("\n").matches(';').count(), 1, "{name} is not one statement");
        let number =
            path.file_name().and_then(|name| name.to_str()).map(|name| name[..4].to_owned());
        assert!(numbers.insert(number), "{name} has a number that is taken");
    }
}

#[test]
fn every_reason_is_documented() {
    let proto = read(&root().join("proto/backstock/v1/reason.proto"));
    let page = read(&root().join("docs/refusals.md"));
    let names = proto.lines().filter_map(|line| line.trim().strip_prefix("REASON_"));
    let names: Vec<&str> = names.filter_map(|line| line.split(' ').next()).collect();
    assert!(names.len() > 25, "the reasons could not be read: {names:?}");
    for name in names.iter().filter(|name| **name != "UNSPECIFIED") {
        assert!(page.contains(&format!("`{name}`")), "docs/refusals.md does not explain {name}");
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let marks = [["to", "do!("].concat(), ["unimplem", "ented!("].concat(), ["FIX", "ME"].concat()];
    let ignored = ["#[ig", "nore"].concat();
    for folder in ["src", "tests"] {
        for path in files(folder, "rs") {
            let text = read(&path);
            for mark in marks.iter().chain([&ignored]) {
                assert!(!text.contains(mark.as_str()), "{}: {mark}", shown(&path));
            }
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for path in files("src", "rs") {
        assert!(read(&path).starts_with("//!"), "{} opens without a word", shown(&path));
    }
}
