//! How PostgreSQL finds the rows of each statement. A connection keeps the plan that it made first,
//! perhaps on an empty database, while tables grow to millions of rows; so what is planned on an
//! empty one must be right on a large one.

use std::collections::BTreeSet;
use std::path::Path;

use backstock::store::connect;
use sqlx::{AssertSqlSafe, PgPool};

use crate::ground::Ground;

/// Statements that look at a whole programme, each with its reason.
const WHOLE: [&str; 3] = ["verify_counts.sql", "verify_items.sql", "verify_stocks.sql"];

/// Statements that want all rows of a programme, or walk them in order from where they are: of
/// tables that are short, or with a bound.
const ALL_OF_A_PROGRAMME: [&str; 21] = [
    // Few rows for each programme.
    "load_batch.sql",
    "load_places.sql",
    "lock_feed_head.sql",
    "read_stretch.sql",
    "read_tail.sql",
    "read_heads.sql",
    "update_feed_head.sql",
    "lock_feed_tail.sql",
    "forget_events.sql",
    "insert_nats.sql",
    "slowest_sink.sql",
    "retry_webhook.sql",
    "list_webhooks.sql",
    "list_due_sinks.sql",
    "sink_states.sql",
    // What is yet to be done, and a page of it.
    "take_changes.sql",
    "carry_lines.sql",
    "list_long_fills.sql",
    "list_redates.sql",
    "list_ready_checks.sql",
    "list_changed_programs.sql",
];

/// Statements that look at some blocks of a table, wherever their rows belong.
const BY_BLOCKS: [(&str, &str); 1] = [("forget_answers.sql", "Tid Range Scan on answer")];

/// How the statement would be run, a line each.
async fn plan(pool: &PgPool, text: &str) -> Vec<String> {
    let parameters = (1..100).take_while(|number| text.contains(&format!("${number}"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let call = if parameters == 0 { "looked_at".into() } else { format!("looked_at({nulls})") };
    let mut session = pool.acquire().await.expect("a session");
    let run = |statement: String| sqlx::raw_sql(AssertSqlSafe(statement));
    run(format!("PREPARE looked_at AS {text}")).execute(&mut *session).await.expect("a plan");
    let rows = run(format!("EXPLAIN (COSTS OFF) EXECUTE {call}")).fetch_all(&mut *session).await;
    let line = |row: &sqlx::postgres::PgRow| sqlx::Row::get::<String, _>(row, 0);
    let lines = rows.expect("its explanation").iter().map(line).collect();
    run("DEALLOCATE looked_at".into()).execute(&mut *session).await.expect("forgotten");
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_looked_up_whatever_the_size_of_the_tables() {
    let ground = Ground::new().await;
    let options = ground.cluster.connect_options();
    connect::migrate(&options).await.expect("the schema");
    let pool = connect::pool(options, 1);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sql");
    let entries = std::fs::read_dir(folder).expect("the statements");
    let files: BTreeSet<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    let mut faults = Vec::new();
    for path in files {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        if WHOLE.contains(&name) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a statement");
        let lines = plan(&pool, &text).await;
        for (_, scan) in BY_BLOCKS.iter().filter(|(by_blocks, _)| *by_blocks == name) {
            if !lines.iter().any(|line| line.contains(scan)) {
                faults.push(format!("{name}: no {scan}"));
            }
        }
        for (at, line) in lines.iter().enumerate() {
            let line = line.trim();
            // The programme itself is one row.
            let is_its_own = lines[at.saturating_sub(1)].contains("program_pkey on program");
            let reads_all = line.contains("Index Cond: (program = $1)")
                && !is_its_own
                && !ALL_OF_A_PROGRAMME.contains(&name);
            let joins_all =
                ["Hash Join", "Merge Join", "Materialize"].iter().any(|of| line.contains(of));
            if reads_all || joins_all {
                faults.push(format!("{name}: {line}, in:\n{}", lines.join("\n")));
            }
        }
    }
    assert!(faults.is_empty(), "these grow with their tables:\n{}", faults.join("\n"));
    pool.close().await;
    ground.end().await;
}
