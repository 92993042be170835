//! Pages that tell a story are run, command by command, against a real server: what a page shows
//! is what the program prints.
//!
//! A page says on which day its story begins (`<!-- today: 2026-12-01 -->`); every date of it is
//! moved by as much as today is later. Above a block, `<!-- file: NAME -->` makes it a file of the
//! story, and `<!-- wait: 30 days -->` lets time pass first. In what is shown, `…` stands for any
//! text, and on a line of its own for any lines.

#[allow(dead_code, reason = "each test uses its part of it")]
mod support;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use backstock::domain::plan::parse_date;
use chrono::{NaiveDate, TimeDelta, Utc};
use support::server::{Cluster, Service, let_pass, with_cluster};
use tokio::process::Command;

/// How long the background has to do what a page shows next.
const PATIENCE: Duration = Duration::from_secs(20);
/// Verbs that only look: they are asked again until they show what the page shows.
const LOOKS: [&str; 7] = ["list", "show", "backlog", "suggest", "check", "verify", "watch"];

#[test]
fn the_story_of_a_backorder_is_true() {
    with_cluster(|cluster| async move { tell(&cluster, "docs/backorders.md").await });
}

/// A step of a story.
#[derive(Debug)]
enum Step {
    File { name: String, text: String },
    Wait { days: i64 },
    Run { command: String, shows: Vec<String> },
}

async fn tell(cluster: &Cluster, page: &str) {
    let service = Service::start(cluster).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = [("BACKSTOCK_SERVER", service.address()), ("DATABASE_URL", cluster.url())];
    let settings = settings.map(|(name, value)| (name.to_owned(), value)).into();
    let mut site = Site { page: page.to_owned(), folder: folder.path().to_owned(), settings };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(path).expect("the page");
    let steps = read(&text);
    assert!(steps.iter().any(|step| matches!(step, Step::Run { .. })), "{page} runs nothing");
    for step in steps {
        match step {
            Step::File { name, text } => {
                std::fs::write(folder.path().join(name), text).expect("a file of the story");
            }
            Step::Wait { days } => {
                let_pass(&service.sql, "spring", days * 86_400, days).await;
            }
            Step::Run { command, shows } => match command.strip_prefix("export ") {
                Some(setting) => {
                    let (name, value) = setting.split_once('=').expect("NAME=value");
                    site.settings.push((name.to_owned(), value.to_owned()));
                }
                None => site.run(&command, &shows).await,
            },
        }
    }
    service.end().await;
}

/// Where the commands of a page run.
struct Site {
    page: String,
    folder: PathBuf,
    /// The environment that they find.
    settings: Vec<(String, String)>,
}

impl Site {
    /// Runs a command until it shows what the page shows; one that changes something runs once.
    async fn run(&self, command: &str, shows: &[String]) {
        let looks = command.split_whitespace().any(|word| LOOKS.contains(&word));
        let start = Instant::now();
        loop {
            let shown = self.output(command).await;
            let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
            if matches(shows, &lines) {
                return;
            }
            assert!(
                looks && start.elapsed() < PATIENCE,
                "{}: $ {command}\nthe page shows:\n{}\nthe program shows:\n{shown}",
                self.page,
                shows.join("\n")
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn output(&self, command: &str) -> String {
        let binary = Path::new(env!("CARGO_BIN_EXE_backstock"));
        let programs = binary.parent().expect("a folder of programs").display().to_string();
        let inherited = std::env::var("PATH").unwrap_or_default();
        let done = Command::new("bash")
            .args(["-c", &format!("({command}) 2>&1")])
            .current_dir(&self.folder)
            .env("PATH", format!("{programs}:{inherited}"))
            .env_remove("BACKSTOCK_OUTPUT")
            .env("RUST_LOG", "warn")
            .envs(self.settings.iter().cloned())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let done = tokio::time::timeout(PATIENCE, done).await.expect("it ends").expect("it runs");
        String::from_utf8(done.stdout).expect("text")
    }
}

/// Whether lines are as expected; a line `…` stands for any lines.
fn matches(expected: &[String], lines: &[&str]) -> bool {
    match (expected, lines) {
        ([], []) => true,
        ([], _) => false,
        ([any, rest @ ..], _) if any == "…" => {
            (0..=lines.len()).any(|skipped| matches(rest, &lines[skipped..]))
        }
        (_, []) => false,
        ([line, rest @ ..], [shown, more @ ..]) => is_like(line, shown) && matches(rest, more),
    }
}

/// Whether a line is as expected; `…` stands for any text.
fn is_like(expected: &str, shown: &str) -> bool {
    let mut parts = expected.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = shown.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The steps of a page, with its dates as if its story began today.
fn read(text: &str) -> Vec<Step> {
    let begins = text.lines().find_map(|line| mark(line, "today")).expect("the page's first day");
    let begins: NaiveDate = begins.parse().expect("a date");
    let text = moved(text, Utc::now().date_naive() - begins);
    let mut steps = Vec::new();
    let (mut file, mut block): (Option<String>, Option<Vec<String>>) = (None, None);
    let mut is_console = false;
    for line in text.lines() {
        match block.as_mut() {
            None if line.starts_with("```") => {
                is_console = line == "```console";
                block = Some(Vec::new());
            }
            None => {
                file = mark(line, "file").or(file);
                if let Some(wait) = mark(line, "wait") {
                    let days = wait.split(' ').next().and_then(|days| days.parse().ok());
                    steps.push(Step::Wait { days: days.expect("days") });
                }
            }
            Some(lines) if line == "```" => {
                let lines = std::mem::take(lines);
                block = None;
                match file.take() {
                    Some(name) => steps.push(Step::File { name, text: lines.join("\n") + "\n" }),
                    None if is_console => steps.extend(runs(&lines)),
                    None => {}
                }
            }
            Some(lines) => lines.push(line.trim_end().to_owned()),
        }
    }
    steps
}

/// What stands in `<!-- name: … -->`.
fn mark(line: &str, name: &str) -> Option<String> {
    let inner = line.trim().strip_prefix("<!-- ")?.strip_suffix(" -->")?;
    Some(inner.strip_prefix(name)?.strip_prefix(": ")?.to_owned())
}

/// The commands of a console block, each with what it shows.
fn runs(lines: &[String]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for line in lines {
        let begins = line.strip_prefix("$ ");
        match (begins, steps.last_mut()) {
            (_, Some(Step::Run { command, .. })) if goes_on => {
                *command = format!("{} {}", command.trim_end_matches('\\').trim(), line.trim());
                goes_on = line.ends_with('\\');
            }
            (Some(command), _) => {
                goes_on = command.ends_with('\\');
                steps.push(Step::Run { command: command.to_owned(), shows: Vec::new() });
            }
            (None, Some(Step::Run { shows, .. })) => shows.push(line.clone()),
            (None, _) => panic!("a console block begins with a command: {line}"),
        }
    }
    steps
}

/// A text with every ISO 8601 date so much later.
fn moved(text: &str, by: TimeDelta) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let date = rest.get(..10).and_then(parse_date);
        match date {
            Some(date) => {
                out.push_str(&(date + by).to_string());
                rest = &rest[10..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}
