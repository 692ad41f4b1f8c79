//! The role that serves: it cannot take away what protects the record, and no connection of it waits for ever.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use sendiass::db::conn::{Conn, Place};

use crate::harness::{cluster, connect, scratch};
use crate::{DEMANDS, on_three, refused, words};

/// What the role of the service may not do, and by which words it is refused.
const FORBIDDEN: &[(&str, &str)] = &[
    ("ALTER TABLE note DISABLE TRIGGER ALL", "must be owner of table note"),
    ("ALTER TABLE disclosure_entry DISABLE TRIGGER disclosure_entry_fixed", "must be owner of table disclosure_entry"),
    ("ALTER TABLE access_entry DISABLE TRIGGER access_entry_fixed", "must be owner of table access_entry"),
    ("UPDATE access_entry SET body = body", "permission denied for table access_entry"),
    ("DELETE FROM access_entry", "permission denied for table access_entry"),
    ("UPDATE access_pending SET body = body", "permission denied for table access_pending"),
    ("TRUNCATE access_pending", "permission denied for table access_pending"),
    ("TRUNCATE access_leaf", "permission denied for table access_leaf"),
    ("DROP TABLE access_case_ix", "must be owner of table access_case_ix"),
    ("DROP TRIGGER note_fixed ON note", "must be owner of relation note"),
    ("CREATE TRIGGER own BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION refuse_change('x')", "permission denied for table note"),
    ("CREATE RULE own AS ON UPDATE TO consent DO INSTEAD NOTHING", "must be owner of"),
    (
        "CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "permission denied for schema public",
    ),
    ("DROP FUNCTION disclosure_entry_kept() CASCADE", "must be owner of function disclosure_entry_kept"),
    ("ALTER FUNCTION disclosure_entry_kept() RESET ALL", "must be owner of function disclosure_entry_kept"),
    ("ALTER TABLE note ADD COLUMN own text", "must be owner of table note"),
    ("DROP TABLE disclosure_case_ix", "must be owner of table disclosure_case_ix"),
    ("DROP INDEX disclosure_entry_at", "must be owner of index disclosure_entry_at"),
    ("CREATE TABLE public.own (id integer)", "permission denied for schema public"),
    ("CREATE SCHEMA own", "permission denied for database"),
    ("CREATE TEMP TABLE disclosure_prune (upto bigint)", "permission denied to create temporary tables"),
    ("CREATE TABLE pg_temp.disclosure_prune (upto bigint)", "permission denied to create temporary tables"),
    ("CREATE FUNCTION pg_temp.own() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "permission denied to create temporary tables"),
    ("SET session_replication_role = replica", "permission denied to set parameter"),
    ("SET ROLE sendiass_owner", "permission denied to set role"),
    ("CREATE ROLE own SUPERUSER", "to create"),
    ("GRANT UPDATE ON note TO sendiass_app; UPDATE note SET case_id = case_id", "permission denied for table note"),
    ("COPY note FROM '/dev/null'", "to COPY from a file"),
    ("COPY note TO PROGRAM 'cat'", "to COPY to or from an external program"),
    ("INSERT INTO disclosure_prune VALUES (1)", "permission denied for table disclosure_prune"),
    ("INSERT INTO access_prune VALUES (1)", "permission denied for table access_prune"),
    ("INSERT INTO __diesel_schema_migrations VALUES ('9')", "permission denied for table __diesel_schema_migrations"),
    ("DELETE FROM __diesel_schema_migrations", "permission denied for table __diesel_schema_migrations"),
];

#[test]
fn t39_the_role_that_serves_cannot_take_away_what_protects_the_record() {
    cluster::on_postgres_too();
    if !cluster::is_postgres() {
        return;
    }
    // As an operator makes it: by the script of the roles and `sendiass migrate run`, not cloned.
    let scratch = cluster::Scratch::empty();
    connect(Path::new(""), Some(&scratch)).migrate().unwrap();
    let mut app = Place::Server(scratch.url()).connect(DEMANDS).unwrap();
    app.batch_execute("BEGIN").unwrap();
    let mut faults = Vec::new();
    for (sql, expected) in FORBIDDEN {
        let said = refused(&mut app, sql).unwrap_or_else(|| "passed".to_owned());
        if !said.contains(expected) {
            faults.push(format!("{sql}: {said}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    // It is neither the owner nor in its place.
    let member = "SELECT count(*)::text AS text FROM pg_auth_members WHERE member = 'sendiass_app'::regrole";
    assert_eq!(words(&mut app, member), ["0"]);
    let owned = "SELECT count(*)::text AS text FROM pg_class WHERE relowner = 'sendiass_app'::regrole";
    assert_eq!(words(&mut app, owned), ["0"]);
}

const LIMITS: [(&str, &str); 6] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "3s"),
    ("default_transaction_isolation", "read committed"),
    ("TimeZone", "UTC"),
    ("application_name", "sendiass"),
];

fn limits(conn: &mut Conn) -> Vec<(&'static str, String)> {
    LIMITS.map(|(name, _)| (name, words(conn, &format!("SELECT current_setting('{name}') AS text")).concat())).to_vec()
}

#[test]
fn the_limits_are_in_force_on_every_connection() {
    cluster::on_postgres_too();
    let Some(scratch) = scratch() else { return };
    let expected = LIMITS.map(|(name, value)| (name, value.to_owned()));
    for limits in on_three(&Place::Server(scratch.url()), limits) {
        assert_eq!(limits, expected);
    }
    // Who changed the schema waited without a limit, and has it again.
    let mut owner = connect(Path::new(""), Some(&scratch));
    owner.migrate().unwrap();
    assert_eq!(limits(&mut owner), expected);
}

#[test]
fn nothing_waits_for_ever_and_nobody_is_left_in_a_transaction() {
    cluster::on_postgres_too();
    let Some(scratch) = scratch() else { return };
    let open = || Place::Server(scratch.url()).connect(DEMANDS).unwrap();
    let (mut slow, mut holder, mut waiter, mut idle) = (open(), open(), open(), open());
    let idle_since = Instant::now();
    let pid = words(&mut idle, "SELECT pg_backend_pid()::text AS text").concat();
    idle.batch_execute("BEGIN").unwrap();
    let left = format!("SELECT count(*)::text AS text FROM pg_stat_activity WHERE pid = {pid}");
    assert_eq!(words(&mut waiter, &left), ["1"]);
    let long = std::thread::spawn(move || {
        let since = Instant::now();
        let said = slow.batch_execute("SELECT pg_sleep(30)").unwrap_err().to_string();
        assert_eq!(said, "canceling statement due to statement timeout");
        assert!((4..9).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
    });
    holder.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(9, 9)").unwrap();
    // Who waits without a limit is let in when the holder, who says nothing, is ended.
    let said = waiter.batch_execute("SELECT pg_advisory_xact_lock(9, 9)").unwrap_err().to_string();
    assert_eq!(said, "canceling statement due to lock timeout");
    long.join().unwrap();
    std::thread::sleep(Duration::from_secs(5).saturating_sub(idle_since.elapsed()));
    assert_eq!(words(&mut waiter, &left), ["0"]);
    assert!(idle.batch_execute("SELECT 1").is_err());
}
