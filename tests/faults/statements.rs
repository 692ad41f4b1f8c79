//! The service is killed within a statement: the database stands still at the row of one table, and nothing of what wrote it may be there.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use rustix::process::Signal;
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;

use crate::harness::cluster::{by_engine, is_postgres};
use crate::process::{Process, agent};
use crate::record::count;
use crate::writes::Writes;
use crate::{random, times};

/// Where a write stands still, by its turn: the tables of what people, notes and disclosures are, of both logs, and of what is signed, which is kept
/// outside already when its row is written.
const TABLES: [&str; 17] = [
    "disclosure_entry",
    "access_pending",
    "access_leaf",
    "disclosure_checkpoint",
    "disclosure_leaf",
    "idempotency",
    "disclosure",
    "access_entry",
    "disclosure_private",
    "disclosure_case_ix",
    "access_case_ix",
    "disclosure_consent",
    "note",
    "person",
    "blind_index",
    "sealing_key",
    "access_checkpoint",
];

/// Whoever adds a row to this table stands still for a second.
fn stall(database: &mut Conn, table: &str) {
    let embedded = "CREATE TRIGGER still BEFORE INSERT ON {} BEGIN SELECT (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT \
                    30000000) SELECT count(*) FROM n); END";
    let postgres = "CREATE FUNCTION still() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'; CREATE TRIGGER still \
                    BEFORE INSERT ON {} EXECUTE FUNCTION still(); ALTER TABLE {} ENABLE ALWAYS TRIGGER still";
    database.batch_execute(&by_engine(embedded, postgres).replace("{}", table)).unwrap();
}

fn go_on(database: &mut Conn, table: &str) {
    let postgres = "DROP TRIGGER still ON {}; DROP FUNCTION still";
    database.batch_execute(&by_engine("DROP TRIGGER still", postgres).replace("{}", table)).unwrap();
}

#[test]
fn t40_killed_within_a_statement_it_leaves_nothing_of_what_it_wrote() {
    let mut service = Process::start(&[]);
    let writes = Writes::prepare(&service, &mut service.database());
    let mut sent = Vec::new();
    // Others each time, so that all have their turn. What waits for its place in the log is another table only where many write.
    let from = usize::try_from(random(TABLES.len() as u64)).unwrap();
    let tables = TABLES.iter().cycle().skip(from).take(TABLES.len()).filter(|table| is_postgres() || **table != "access_pending");
    for table in tables.take(times("SENDIASS_STATEMENTS", 4)) {
        let mut database = service.database();
        stall(&mut database, table);
        let rows = format!("SELECT count(*) FROM {table}");
        let before = count(&mut database, &rows);
        let sign = |service: &Process| {
            let token = service.token(Role::Auditor, "Auditor");
            for log in ["disclosure-log", "access-log"] {
                let checkpoint = format!("{}/api/v1/{log}/checkpoint", service.api);
                drop(agent().get(&checkpoint).header("authorization", format!("Bearer {token}")).call());
            }
        };
        let mut round = writes.until_killed(&service, || {
            std::thread::scope(|scope| {
                scope.spawn(|| sign(&service));
                std::thread::sleep(Duration::from_millis(500));
                service.signal(Signal::KILL);
            });
        });
        service.end();
        // The server notices that nobody is there any more when it goes on.
        go_on(&mut database, table);
        // What waits goes on to where it belongs.
        let passing = *table == "access_pending";
        assert!(passing || count(&mut database, &rows) == before, "{table}");
        drop(database);
        service = service.again();
        writes.repeat(&service, &mut round);
        sign(&service);
        assert!(passing || count(&mut service.database(), &rows) > before, "nothing writes {table}");
        sent.append(&mut round);
        writes.are_kept(&service, &mut service.database(), &sent);
    }
}
