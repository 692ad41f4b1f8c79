//! The lists find their rows by an index, in the order in which they are shown.

use std::sync::Mutex;

use diesel::connection::{Instrumentation, InstrumentationEvent, SimpleConnection, set_default_instrumentation};
use diesel::prelude::*;
use diesel::sql_types::Text;

use sendiass::db::conn::{Demands, Place};
use sendiass::domain::vocabulary::Role;

use crate::harness::{TestApp, cluster, connect, scratch};
use crate::{Conn, fresh, words};

static SPOKEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Listening;

impl Instrumentation for Listening {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            SPOKEN.lock().unwrap().push(query.to_string());
        }
    }
}

/// Lists, and the table each reads.
const LISTS: &[(&str, &str)] = &[
    ("/disclosure-log", "disclosure_entry"),
    ("/disclosure-log?order=asc", "disclosure_entry"),
    ("/disclosure-log?from=2026-01-01T00:00:00.000Z", "disclosure_entry"),
    ("/disclosure-log?to=2026-01-01T00:00:00.000Z", "disclosure_entry"),
    ("/disclosure-log?from=2026-01-01T00:00:00.000Z&to=2027-01-01T00:00:00.000Z&order=asc", "disclosure_entry"),
    ("/disclosure-log?recipient=01a09f30-a93a-7160-8999-50d836f675cc", "disclosure_entry"),
    ("/disclosure-log?actor=01a09f30-a93a-7160-8999-50d836f675cc", "disclosure_entry"),
    ("/disclosure-log?decidedBy=01a09f30-a93a-7160-8999-50d836f675cc", "disclosure_entry"),
    ("/disclosure-log?recipient=01a09f30-a93a-7160-8999-50d836f675cc&basis=permission&purpose=mediation", "disclosure_entry"),
    ("/disclosure-log?actor=01a09f30-a93a-7160-8999-50d836f675cc&basis=permission&order=asc", "disclosure_entry"),
    ("/disclosure-log?basis=permission", "disclosure_entry"),
    ("/disclosure-log?basis=permission,safeguarding", "disclosure_entry"),
    ("/disclosure-log?kind=disclosure_made", "disclosure_entry"),
    ("/disclosure-log?purpose=liaison", "disclosure_entry"),
    ("/disclosure-log?channel=phone", "disclosure_entry"),
    ("/disclosure-log?identified=true", "disclosure_entry"),
    ("/disclosure-log?copied=true", "disclosure_entry"),
    ("/disclosure-log?indexFrom=0&indexTo=1", "disclosure_entry"),
    ("/disclosure-log?caseId=01a09f30-a93a-7160-8999-50d836f675cc", "disclosure_entry"),
    ("/disclosure-log/entries/0", "disclosure_entry"),
    ("/disclosure-log/export", "disclosure_entry"),
    ("/disclosure-log/export?from=2026-01-01T00:00:00.000Z&basis=permission", "disclosure_entry"),
    ("/disclosure-log/export?format=csv", "disclosure_leaf"),
    ("/disclosure-log/proofs/inclusion?index=0", "disclosure_leaf"),
    ("/disclosure-log/proofs/consistency?fromSize=1", "disclosure_leaf"),
    ("/disclosure-log/proofs/range?indexFrom=0&indexTo=1", "disclosure_leaf"),
    ("/disclosure-log/checkpoints", "disclosure_checkpoint"),
    ("/access-log/entries/0", "access_entry"),
    ("/access-log/export?from=2026-01-01T00:00:00.000Z", "access_entry"),
    ("/access-log/proofs/inclusion?index=0", "access_leaf"),
    ("/access-log", "access_entry"),
    ("/access-log?order=asc", "access_entry"),
    ("/access-log?from=2026-01-01T00:00:00.000Z&to=2027-01-01T00:00:00.000Z", "access_entry"),
    ("/access-log?actor=01a09f30-a93a-7160-8999-50d836f675cc", "access_entry"),
    ("/access-log?actor=01a09f30-a93a-7160-8999-50d836f675cc&kind=read&operation=getCase", "access_entry"),
    ("/access-log?operation=getCase&order=asc", "access_entry"),
    ("/access-log?kind=exported", "access_entry"),
    ("/access-log?kind=read,listed", "access_entry"),
    ("/access-log?outcome=refused", "access_entry"),
    ("/access-log?operation=getCase", "access_entry"),
    ("/access-log?role=auditor", "access_entry"),
    ("/access-log?caseId=01a09f30-a93a-7160-8999-50d836f675cc", "access_entry"),
    ("/cases", "case_file"),
    ("/cases?status=open", "case_file"),
    ("/cases?assignedTo=me", "case_file"),
    ("/referrals", "referral"),
    ("/referrals?status=received&sort=receivedAt", "referral"),
    ("/referrals?caseId=01a09f30-a93a-7160-8999-50d836f675cc", "referral"),
    ("/information-requests?caseId=01a09f30-a93a-7160-8999-50d836f675cc", "information_request"),
    ("/legal-requests?caseId=01a09f30-a93a-7160-8999-50d836f675cc", "legal_request"),
    ("/tasks", "task"),
    ("/tasks?status=open", "task"),
];

#[test]
fn the_lists_find_their_rows_by_an_index() {
    set_default_instrumentation(|| Some(Box::new(Listening))).unwrap();
    let app = TestApp::spawn();
    let manager = app.manager();
    let auditor = app.as_role(Role::Auditor);
    for session in [&manager, &auditor] {
        session.get("/me").ok(200);
    }
    let mut faults = Vec::new();
    for (path, table) in LISTS {
        SPOKEN.lock().unwrap().clear();
        // Of the access log nobody who works on cases reads more than the list.
        let session = if path.starts_with("/access-log/") { &auditor } else { &manager };
        session.get(path).ok(200);
        let from = [format!("FROM (`{table}`"), format!("FROM `{table}`"), format!("FROM (\"{table}\""), format!("FROM \"{table}\"")];
        let spoken: Vec<String> =
            SPOKEN.lock().unwrap().iter().filter(|query| from.iter().any(|from| query.contains(from)) && !ends(query)).cloned().collect();
        assert!(!spoken.is_empty(), "{path}: nothing was read from {table}");
        // However long a log is, and whatever a server makes of it.
        for way in ["enable_seqscan", "enable_sort"] {
            let told = SPOKEN.lock().unwrap().iter().any(|query| query.contains(&format!("SET LOCAL {way} = off")));
            if app.scratch.is_some() && table.ends_with("_entry") && !path.contains("/entries/") && !told {
                faults.push(format!("{path}: nothing keeps a server from {way}"));
            }
        }
        // The bound of a period is the first entry since then, by the index of times; looked for as the least index it would read half the log.
        let bound = |query: &String| query.contains("at` ASC") || query.contains("at\" ASC");
        if path.contains("from=") && !spoken.iter().any(|query| bound(query) && query.contains("LIMIT")) {
            faults.push(format!("{path}: where the period begins is not looked up by the index of times"));
        }
        let mut conn = app.sabotage();
        for query in spoken {
            if query.contains(" OFFSET ") {
                faults.push(format!("{path}: what comes before a page is read: {query}"));
            }
            let sql = query.split(" -- binds").next().unwrap();
            let steps = plan(&mut conn, sql);
            let common = [format!("{table}_basis"), format!("{table}_kind")];
            if let Some(name) = ["recipient", "actor", "operation"].into_iter().find(|name| path.contains(&format!("{name}="))) {
                if !steps.iter().any(|step| step.contains(&format!("{table}_{name}"))) {
                    faults.push(format!("{path}: the index of {name} does not lead there, whatever the value: {sql}"));
                }
                if steps.iter().any(|step| step.contains(&format!("({name}>?"))) {
                    faults.push(format!("{path}: all there is of a value is looked through, to where the page begins: {sql}"));
                }
                if steps.iter().any(|step| common.iter().any(|index| step.contains(index))) {
                    faults.push(format!("{path}: an index leads to most of the log: {sql}"));
                }
            }
            faults.extend(slow(&steps, table).map(|line| format!("{path}: {line}: {sql}")));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Where the end of a log is looked up, to add the entry of the look itself: one row, the last by the key.
fn ends(query: &str) -> bool {
    ["`at` FROM", "\"at\" FROM"].iter().any(|last| query.contains(last))
}

/// The steps that read all of this table, or put rows in order once they are found.
fn slow<'a>(steps: &'a [String], table: &str) -> impl Iterator<Item = &'a String> {
    let (scan, seq) = (format!("SCAN {table}"), format!("Seq Scan on {table} "));
    // An incremental sort puts only those of the same moment in order.
    let sorts = |line: &str| line.trim_start_matches([' ', '-', '>']) == "Sort ";
    steps.iter().filter(move |line| **line == scan || line.contains("TEMP B-TREE FOR ORDER BY") || line.contains(&seq) || sorts(line))
}

/// How the database would go about it, whatever the parameters. On PostgreSQL: if there is another way than to read all or to sort, it takes it,
/// because a table of a test is too small for it to matter.
fn plan(conn: &mut Conn, sql: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    if let Conn::Sqlite(_) = conn {
        let steps: Vec<Step> =
            diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn).unwrap_or_else(|error| panic!("{sql}: {error}"));
        return steps.into_iter().map(|step| step.detail).collect();
    }
    conn.batch_execute(
        "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off",
    )
    .unwrap();
    conn.batch_execute(&format!("DEALLOCATE ALL; PREPARE asked AS {sql}")).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let given = words(
        conn,
        "SELECT coalesce('(' || string_agg('NULL', ', ') || ')', '') AS text FROM pg_prepared_statements, unnest(parameter_types) \
         WHERE name = 'asked'",
    );
    let lines: Vec<Line> = diesel::sql_query(format!("EXPLAIN (COSTS OFF) EXECUTE asked{}", given.concat())).load(conn).unwrap();
    // A blank at the end, so that no table is taken for one whose name begins alike.
    lines.into_iter().map(|line| format!("{} ", line.line)).collect()
}

/// A database without rows, of this half of the test.
fn bare() -> (Result<tempfile::TempDir, cluster::Scratch>, Conn) {
    cluster::on_postgres_too();
    match scratch() {
        None => {
            let (folder, _, conn) = fresh();
            (Ok(folder), conn)
        }
        Some(scratch) => {
            let conn = connect(std::path::Path::new(""), Some(&scratch));
            (Err(scratch), conn)
        }
    }
}

#[test]
fn whatever_refers_to_what_disposal_deletes_is_found_by_an_index() {
    let (folder, mut conn) = bare();
    let references = cluster::by_engine(
        "SELECT t.name || ' ' || f.\"from\" AS text FROM pragma_table_list t, pragma_foreign_key_list(t.name) f WHERE t.schema = 'main' \
         AND f.\"table\" NOT IN ('staff', 'recipient', 'team', 'disposal')",
        "SELECT t.relname || ' ' || a.attname AS text FROM pg_constraint p JOIN pg_class t ON t.oid = p.conrelid JOIN pg_class o ON o.oid = p.confrelid \
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = p.conkey[1] WHERE p.contype = 'f' \
         AND o.relname NOT IN ('staff', 'recipient', 'team', 'disposal')",
    );
    let mut named = words(&mut conn, references);
    assert!(named.len() > 30, "{named:?}");
    // Tasks and requests name whatever they are about without a reference.
    named.extend(["task about_id", "idempotency resource_id", "idempotency about_id"].map(str::to_owned));
    let mark = cluster::by_engine("?", "$1");
    let scanned = named.iter().filter_map(|name| {
        let (table, column) = name.split_once(' ').unwrap();
        let steps = plan(&mut conn, &format!("SELECT 1 FROM {table} WHERE {column} = {mark}")).concat();
        (!steps.starts_with("SEARCH ") && !steps.contains("Index Cond")).then_some((name, steps))
    });
    assert_eq!(scanned.collect::<Vec<_>>(), Vec::new());
    drop((conn, folder));
}

#[test]
fn what_waits_is_held_against_the_end_of_the_log_at_any_length() {
    let app = TestApp::spawn();
    if let Some(scratch) = &app.scratch {
        let mut conn = Place::Server(scratch.admin_url()).connect(Demands { encrypted: false, unsafe_server: true }).unwrap();
        // What the planner thinks of a long log.
        conn.batch_execute(
            "CREATE TEMPORARY TABLE gone AS SELECT * FROM access_pending;
             UPDATE pg_class SET reltuples = 10000000 * greatest(relpages, 1), relpages = greatest(relpages, 1) WHERE relname = 'access_entry'",
        )
        .unwrap();
        let body = words(&mut conn, "SELECT prosrc AS text FROM pg_proc WHERE proname = 'access_pending_moved'").concat();
        let (_, asked) = body.split_once("IF EXISTS (").unwrap();
        let (asked, _) = asked.split_once(") THEN").unwrap();
        let steps = plan(&mut conn, &format!("SELECT EXISTS ({asked})"));
        let each_with_each = steps.iter().any(|step| step.contains("SubPlan") || step.contains("Nested Loop"));
        let by_place = steps.iter().any(|step| step.contains("idx >= ") && step.contains("idx <= "));
        assert!(by_place && !each_with_each, "{}", steps.join("\n"));
    }
}

#[test]
fn a_scan_would_be_noticed() {
    let (folder, mut conn) = bare();
    let mark = cluster::by_engine("?", "$1");
    let mut noticed = |sql: &str, table: &str| slow(&plan(&mut conn, sql), table).next().is_some();
    assert!(noticed(&format!("SELECT * FROM disclosure_entry WHERE purpose = {mark}"), "disclosure_entry"));
    assert!(noticed("SELECT id FROM case_file ORDER BY area", "case_file"));
    assert!(!noticed(&format!("SELECT body FROM disclosure_entry WHERE idx < {mark} ORDER BY idx"), "disclosure_entry"));
    drop((conn, folder));
}
