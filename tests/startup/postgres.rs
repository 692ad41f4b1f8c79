//! PostgreSQL as an operator meets it. What the server itself must be is tried on a server of the test's own, which keeps what it acknowledged.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use sendiass::db::conn::{Demands, Place};

use crate::cluster::own::Own;
use crate::cluster::{self, Scratch};
use crate::{Serving, answering, fails, sendiass};

/// A database for the half of a test that runs on PostgreSQL, and the rest of the test there alone.
fn scratch(make: impl FnOnce() -> Scratch) -> Option<Scratch> {
    cluster::on_postgres_too();
    cluster::is_postgres().then(make)
}

fn migrated() -> Scratch {
    let demands = Demands { encrypted: false, unsafe_server: true };
    Scratch::migrated(|url| drop(Place::Server(url.to_owned()).connect(demands).unwrap().migrate().unwrap()))
}

/// The command, on this database of the throw-away server.
fn on(url: &str, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = sendiass(folder, arguments);
    command.env("SENDIASS_DATABASE_URL", url).env("SENDIASS_UNSAFE_DATABASE", "true");
    command
}

const SERVE: &[&str] = &["serve", "--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0"];

const KEYS: [&str; 3] = ["SENDIASS_KEY_ENCRYPTION_KEY", "SENDIASS_INDEX_KEY", "SENDIASS_LOG_KEY"];

/// What it said until it ended. Whatever goes on after half a minute is ended, and should not have.
pub fn run(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let since = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if since.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("it goes on: {:?}", child.wait_with_output().unwrap());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

/// It ended well and said just this.
fn says(output: &Output, printed: &str, told: &str) {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), &*stdout, stderr.trim_end()), (Some(0), printed, told));
}

#[test]
fn a_server_that_cannot_be_reached_is_an_error_and_nothing_is_made_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    for command in [SERVE, &["migrate", "run"], &["migrate", "status"]] {
        let output = run(on("postgres://sendiass_app:hunter-two@127.0.0.1:1/sendiass", folder.path(), command));
        fails(&output, "PostgreSQL cannot be reached (");
        fails(&output, "check SENDIASS_DATABASE_URL, and that the server runs.");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter"), "{output:?}");
    }
    let made: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(made.iter().all(|name| !name.to_string_lossy().contains(".db")), "{made:?}");
}

/// A server that keeps what it acknowledged and asks the roles of the service for a password, which is in the addresses by role.
fn asking_for_passwords() -> Option<(Own, impl Fn(&str) -> String)> {
    let rules = "local all postgres trust\nlocal all all scram-sha-256\n";
    let folder = std::env::temp_dir().join(format!("sendiass-own-{}", uuid::Uuid::new_v4().simple()));
    let own = Own::start_in(folder, &[], &[], |folder| std::fs::write(folder.join("data/pg_hba.conf"), rules).unwrap())?;
    own.execute("postgres", include_str!("../../docs/postgresql-roles.sql"));
    for role in ["sendiass_owner", "sendiass_app"] {
        own.execute("postgres", &format!("ALTER ROLE {role} PASSWORD '{}'", cluster::PASSWORD));
    }
    let folder = own.folder().display().to_string();
    Some((own, move |role: &str| format!("postgres:///postgres?host={folder}&user={role}&password={}", cluster::PASSWORD)))
}

/// Waits until new sessions see the setting.
fn set(own: &Own, name: &str, value: &str) {
    let mut admin = PgConnection::establish(&own.url("postgres", "postgres")).unwrap();
    admin.batch_execute(&format!("ALTER SYSTEM SET {name} = {value}")).unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").unwrap();
    let since = Instant::now();
    loop {
        let mut fresh = PgConnection::establish(&own.url("postgres", "postgres")).unwrap();
        if diesel::sql_query(format!("SELECT 1 WHERE current_setting('{name}') = '{value}'")).execute(&mut fresh).unwrap() == 1 {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(10), "{name} does not become {value}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_server_is_taken_if_it_knows_the_password_keeps_what_it_acknowledged_and_has_the_schema() {
    let Some((own, url)) = asking_for_passwords() else { return };
    let folder = tempfile::tempdir().unwrap();
    let with = |url: &str, arguments: &[&str]| {
        let mut command = sendiass(folder.path(), arguments);
        command.env("SENDIASS_DATABASE_URL", url).env_remove("SENDIASS_UNSAFE_DATABASE");
        command
    };
    let app = url("sendiass_app");

    let wrong = app.replace(cluster::PASSWORD, "not-this-one");
    let output = run(with(&wrong, SERVE));
    fails(&output, "password authentication failed for user \"sendiass_app\"");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("not-this-one"), "{output:?}");

    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        set(&own, name, "off");
        let sentence = format!("The PostgreSQL database is not safe: its setting `{name}` is not what it must be.");
        fails(&run(with(&app, SERVE)), &sentence);
        fails(&run(with(&url("sendiass_owner"), &["migrate", "run"])), &sentence);
        set(&own, name, "on");
    }
    // For one role alone, too.
    own.execute("postgres", "ALTER ROLE sendiass_app SET synchronous_commit = off");
    fails(&run(with(&app, SERVE)), "its setting `synchronous_commit` is not");
    own.execute("postgres", "ALTER ROLE sendiass_app RESET synchronous_commit");

    let keys =
        ["a1b2c3d4e5f60718", "b1b2c3d4e5f60718", "c1b2c3d4e5f60718"].map(|part| format!("{part}9{}", "0f1e2d3c4b5a697".repeat(3) + "88"));
    let production = |url: &str, arguments: &[&str]| {
        let mut command = with(url, arguments);
        command.args(["--profile", "production"]);
        if arguments[0] == "serve" {
            command.args(["--issuers-file", "/nowhere/issuers.json"]);
        }
        command.envs(KEYS.into_iter().zip(&keys));
        command
    };
    let mut careless = production(&app, SERVE);
    careless.env("SENDIASS_UNSAFE_DATABASE", "true");
    fails(&run(careless), "SENDIASS_UNSAFE_DATABASE is for throw-away databases of tests");

    let not_yet = "The schema of the PostgreSQL database is not up to date: run `sendiass migrate run` as the role that owns it.";
    fails(&run(production(&app, SERVE)), not_yet);
    // Not even by the role that could.
    fails(&run(production(&url("sendiass_owner"), SERVE)), not_yet);
    fails(&run(production(&app, &["migrate", "run"])), "cannot be brought up to date: may this role make tables");
    says(&run(production(&url("sendiass_owner"), &["migrate", "run"])), "", "Applied 0001_ground, 0002_disclosure_log, 0003_access_log.");
    // Now it is the issuers that are missing, and nothing is written before they are there.
    fails(&run(production(&app, SERVE)), "The issuers");
    let mut admin = PgConnection::establish(&own.url("postgres", "postgres")).unwrap();
    assert_eq!(diesel::sql_query("SELECT 1 FROM deployment").execute(&mut admin).unwrap(), 0);
    // A safe server is served without further words, by the role that may change nothing.
    let mut safe = with(&app, SERVE);
    safe.envs(KEYS.into_iter().zip(&keys));
    drop(answering(safe));
}

#[test]
fn migrations_are_run_shown_and_taken_back() {
    let Some(scratch) = scratch(Scratch::empty) else { return };
    let folder = tempfile::tempdir().unwrap();
    migrate_tells(|arguments| on(&scratch.owner_url(), folder.path(), arguments));
    // Whoever may not make tables can look, and is told.
    let by_app = |arguments: &[&str]| run(on(&scratch.url(), folder.path(), arguments));
    says(&by_app(&["migrate", "status"]), "0001_ground missing\n0002_disclosure_log missing\n0003_access_log missing\n", "");
    fails(&by_app(&["migrate", "run"]), "cannot be brought up to date: may this role make tables");
    fails(&by_app(SERVE), "cannot be brought up to date: may this role make tables");
}

#[test]
fn migrations_of_the_embedded_database_are_run_shown_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    migrate_tells(|arguments| sendiass(folder.path(), arguments));
}

fn migrate_tells(command: impl Fn(&[&str]) -> Command) {
    let migrate = |arguments: &[&str]| run(command(&[&["migrate"], arguments].concat()));
    says(&migrate(&["status"]), "0001_ground missing\n0002_disclosure_log missing\n0003_access_log missing\n", "");
    says(&migrate(&["run"]), "", "Applied 0001_ground, 0002_disclosure_log, 0003_access_log.");
    says(&migrate(&["run"]), "", "Nothing to do: the schema is up to date.");
    says(&migrate(&["status"]), "0001_ground applied\n0002_disclosure_log applied\n0003_access_log applied\n", "");
    // What is kept goes with it, so that must be said.
    let unsaid = migrate(&["revert"]);
    assert_eq!(unsaid.status.code(), Some(2), "{unsaid:?}");
    says(&migrate(&["status"]), "0001_ground applied\n0002_disclosure_log applied\n0003_access_log applied\n", "");
    says(&migrate(&["revert", "--destroy-records"]), "", "Took back 0003_access_log.");
    says(&migrate(&["status"]), "0001_ground applied\n0002_disclosure_log applied\n0003_access_log missing\n", "");
    says(&migrate(&["run"]), "", "Applied 0003_access_log.");
    says(&migrate(&["revert", "--destroy-records"]), "", "Took back 0003_access_log.");
    says(&migrate(&["revert", "--destroy-records"]), "", "Took back 0002_disclosure_log.");
    says(&migrate(&["revert", "--destroy-records"]), "", "Took back 0001_ground.");
    says(&migrate(&["revert", "--destroy-records"]), "", "Nothing to take back.");
}

const NEWER: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";

fn refuses_newer(command: impl Fn(&[&str]) -> Command) {
    for arguments in [SERVE, &["migrate", "run"], &["migrate", "status"], &["migrate", "revert", "--destroy-records"]] {
        fails(&run(command(arguments)), "has a newer schema than this version knows (9999): run the newer version.");
    }
}

#[test]
fn an_older_program_leaves_a_newer_schema_alone() {
    let Some(scratch) = scratch(migrated) else { return };
    let folder = tempfile::tempdir().unwrap();
    PgConnection::establish(&scratch.owner_url()).unwrap().batch_execute(NEWER).unwrap();
    refuses_newer(|arguments| on(&scratch.url(), folder.path(), arguments));
    refuses_newer(|arguments| on(&scratch.owner_url(), folder.path(), arguments));
}

#[test]
fn an_older_program_leaves_a_newer_embedded_database_alone() {
    let folder = tempfile::tempdir().unwrap();
    says(&run(sendiass(folder.path(), &["migrate", "run"])), "", "Applied 0001_ground, 0002_disclosure_log, 0003_access_log.");
    let file = folder.path().join("sendiass.db");
    SqliteConnection::establish(&file.display().to_string()).unwrap().batch_execute(NEWER).unwrap();
    refuses_newer(|arguments| sendiass(folder.path(), arguments));
}

#[test]
fn of_two_who_bring_an_empty_database_up_to_date_one_waits_and_both_succeed() {
    let Some(scratch) = scratch(Scratch::empty) else { return };
    let folder = tempfile::tempdir().unwrap();
    // Whoever holds this changes the schema: held here, so that both are seen to wait, and for longer than anything else may.
    let mut holder = PgConnection::establish(&scratch.admin_url()).unwrap();
    holder.batch_execute("SELECT pg_advisory_lock(3, 0)").unwrap();
    let start =
        || on(&scratch.owner_url(), folder.path(), &["migrate", "run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let both = [start(), start()];
    let since = Instant::now();
    let waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database \
                   WHERE datname = current_database())";
    while diesel::sql_query(waiting).execute(&mut holder).unwrap() < 2 {
        assert!(since.elapsed() < Duration::from_secs(20), "they do not wait");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(6));
    holder.batch_execute("SELECT pg_advisory_unlock(3, 0)").unwrap();
    let mut told: Vec<String> = both
        .into_iter()
        .map(|one| {
            let output = one.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            String::from_utf8(output.stderr).unwrap()
        })
        .collect();
    told.sort();
    assert_eq!(told, ["Applied 0001_ground, 0002_disclosure_log, 0003_access_log.\n", "Nothing to do: the schema is up to date.\n"]);
}

#[test]
fn two_services_start_at_once_on_an_empty_database() {
    let Some(scratch) = scratch(Scratch::empty) else { return };
    let folder = tempfile::tempdir().unwrap();
    let start = || on(&scratch.owner_url(), folder.path(), SERVE).stderr(Stdio::piped()).spawn().unwrap();
    let both = [start(), start()].map(Serving);
    drop(both.map(Serving::answers));
}

#[test]
fn a_schema_that_is_up_to_date_is_served_by_a_role_that_may_not_change_it_and_by_several() {
    let Some(scratch) = scratch(migrated) else { return };
    let folder = tempfile::tempdir().unwrap();
    let _first = answering(on(&scratch.url(), folder.path(), SERVE));
    let _second = answering(on(&scratch.url(), folder.path(), SERVE));
}
