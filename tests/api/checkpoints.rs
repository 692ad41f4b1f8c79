//! The signed checkpoints of the logs, and what they show of a database that was put back or changed (C13).

use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::{Checkpoint, PublicKey, Signer, note};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::family::Family;
use crate::harness::cluster::{self, Scratch, by_engine};
use crate::harness::{TestApp, connect};
use crate::long::{root, stored};

pub const LOGS: [(&str, &str); 2] = [("disclosure-log", "disclosure"), ("access-log", "access")];

/// The key that signs a log, as an auditor is given it: by the operator, not by the service.
pub fn key(app: &TestApp, table: &str) -> PublicKey {
    let genesis: Value = serde_json::from_str(&stored(app, table)[0].1).unwrap();
    let key = named(app, genesis["origin"].as_str().unwrap());
    assert_eq!(genesis["keyId"], key.id());
    key
}

/// The key of the deployment under the name of a log.
fn named(app: &TestApp, name: &str) -> PublicKey {
    let written = std::fs::read_to_string(app.folder().join("log.key")).unwrap();
    let bytes: Vec<u8> = (0..32).map(|n| u8::from_str_radix(&written[2 * n..2 * n + 2], 16).unwrap()).collect();
    Signer::new(&bytes.try_into().unwrap(), name).public().clone()
}

pub fn newest(app: &TestApp, log: &str) -> String {
    let reply = app.as_role(Role::Auditor).get(&format!("/{log}/checkpoint")).ok(200);
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    reply.text
}

fn opened(app: &TestApp, table: &str, note: &str) -> Checkpoint {
    note::open(note.as_bytes(), &[key(app, table)]).unwrap()
}

pub fn record(app: &TestApp) -> Family {
    let family = Family::record(app);
    let note = family.n1(app);
    family.disclose(app, &family.ask(&note, json!({}))).problem(409, "consent-required");
    family.permit(app, json!({}));
    family.disclose(app, &family.ask(&note, json!({}))).ok(201);
    family
}

#[test]
fn a_checkpoint_is_signed_when_it_is_asked_for_and_kept_outside_the_database_too() {
    let app = TestApp::spawn();
    let family = record(&app);
    for (log, table) in LOGS {
        let before = stored(&app, table).len();
        let note = newest(&app, log);
        let checkpoint = opened(&app, table, &note);
        assert_eq!(checkpoint.size, before as u64, "{log}");
        let bodies = stored(&app, table);
        assert_eq!(checkpoint.root.base64(), root(bodies.iter().take(before).map(|(_, body)| body.as_bytes())));
        assert_eq!(std::fs::read_to_string(app.folder().join(format!("checkpoints/{table}.checkpoint"))).unwrap(), note);
    }
    // One size is signed once: the disclosure log has not grown by being looked at.
    let first = newest(&app, "disclosure-log");
    assert_eq!(newest(&app, "disclosure-log"), first);
    let other = family.n1(&app);
    family.disclose(&app, &family.risk(&other, json!({}))).ok(201);
    let second = newest(&app, "disclosure-log");
    let (old, new) = (opened(&app, "disclosure", &first), opened(&app, "disclosure", &second));
    assert_eq!(new.size, old.size + 1);
    let list = app.as_role(Role::Auditor).get("/disclosure-log/checkpoints?limit=2").ok(200).body;
    assert_eq!((&list["items"][0]["note"], &list["items"][1]["note"]), (&json!(second), &json!(first)));
    assert_eq!((&list["items"][0]["size"], &list["items"][0]["rootHash"]), (&json!(new.size), &json!(new.root.base64())));
    let next = list["page"]["nextCursor"].as_str().unwrap();
    let rest = app.as_role(Role::Auditor).get(&format!("/disclosure-log/checkpoints?limit=2&cursor={next}")).ok(200).body;
    assert!(rest["items"][0]["size"].as_u64().unwrap() < old.size);
    app.adviser().get("/disclosure-log/checkpoint").problem(403, "forbidden");
}

#[test]
fn a_log_that_grows_is_signed_by_itself() {
    let app = TestApp::spawn_with(|config| config.checkpoint_seconds = 1);
    record(&app);
    let (size, began) = (stored(&app, "disclosure").len(), Instant::now());
    let file = app.folder().join("checkpoints/disclosure.checkpoint");
    loop {
        let note = std::fs::read_to_string(&file).unwrap_or_default();
        if note.lines().nth(1) == Some(&size.to_string()) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{note}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Lets whoever owns the tables do what nobody may.
pub fn unguarded(conn: &mut Conn, log: &str, sql: &str) {
    for (table, what) in [("entry", "kept"), ("entry", "fixed"), ("leaf", "kept"), ("leaf", "fixed"), ("checkpoint", "kept")] {
        let on = by_engine("", " ON @_").replace('@', log);
        let of = by_engine("", table);
        conn.batch_execute(&format!("DROP TRIGGER IF EXISTS {log}_{table}_{what}{on}{of}")).unwrap();
    }
    conn.batch_execute(&sql.replace('@', log)).unwrap();
}

/// The last entry is gone, as in a database that was put back.
pub const SHORTER: &str =
    "DELETE FROM @_entry WHERE idx = (SELECT max(idx) FROM @_entry); DELETE FROM @_leaf WHERE idx = (SELECT max(idx) FROM @_leaf);
    DELETE FROM @_checkpoint WHERE size > (SELECT max(idx) + 1 FROM @_leaf)";

/// A service whose database was changed while it did not run.
fn started_again(app: TestApp, change: impl FnOnce(&mut Conn)) -> TestApp {
    for (log, _) in LOGS {
        newest(&app, log);
    }
    let (folder, scratch) = app.stopped();
    change(&mut connect(folder.path(), scratch.as_ref()));
    TestApp::spawn_on(folder, scratch, |_| ())
}

fn ready(app: &TestApp) -> u16 {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    agent.get(format!("{}/readyz", app.admin)).call().unwrap().status().as_u16()
}

/// It answers nothing that must be logged, adds nothing, and is not ready.
pub fn is_closed(app: &TestApp, what: &str) {
    let before = LOGS.map(|(_, table)| stored(app, table).len());
    app.as_role(Role::Auditor).get("/disclosure-log").problem(503, "unavailable");
    app.as_role(Role::Auditor).get("/disclosure-log/checkpoint").problem(503, "unavailable");
    app.adviser().get("/cases").problem(503, "unavailable");
    app.adviser().get("/people/01a09f30-a93a-7160-8999-50d836f675cc").problem(503, "unavailable");
    let person = json!({"kind":"child","fullName":"Ada Test","pseudonymous":false,"dateOfBirth":"2014-03-12"});
    app.adviser().post("/people", &person).problem(503, "unavailable");
    assert_eq!(LOGS.map(|(_, table)| stored(app, table).len()), before, "{what}");
    assert_eq!(ready(app), 503, "{what}");
}

#[test]
fn t13_a_log_that_was_put_back_takes_no_entry() {
    for (_, table) in LOGS {
        let app = TestApp::spawn();
        record(&app);
        assert_eq!(ready(&app), 200);
        // The entry of the last look at a checkpoint came after it.
        let shorter = [SHORTER, SHORTER].join(";");
        let waits = "INSERT INTO access_pending (id, body, cases) SELECT gen_random_uuid(), body, '[]' FROM access_entry WHERE idx = 1";
        let app = started_again(app, |conn| {
            unguarded(conn, table, &shorter);
            conn.batch_execute(by_engine("", waits)).unwrap();
        });
        is_closed(&app, table);
        if cluster::is_postgres() && table == "disclosure" {
            // Whoever gives places to what waits looks for it every second.
            std::thread::sleep(Duration::from_millis(1300));
            let moved = app.sabotage().batch_execute("DELETE FROM access_pending").unwrap_err().to_string();
            assert!(moved.contains("what waits leaves only into the log"), "{moved}");
        }
    }
}

#[test]
fn t2_t3_t14_a_log_whose_entries_were_rewritten_takes_no_entry() {
    let hash = by_engine("zeroblob(32)", "decode(repeat('00', 32), 'hex')");
    let app = TestApp::spawn();
    record(&app);
    let sql =
        format!("UPDATE @_entry SET body = replace(body, 'refused', 'granted') WHERE idx = 1; UPDATE @_leaf SET h = {hash} WHERE idx = 1");
    is_closed(&started_again(app, |conn| unguarded(conn, "disclosure", &sql)), "an entry and its leaf");
    let app = TestApp::spawn();
    record(&app);
    let last = format!("UPDATE @_leaf SET h = {hash} WHERE idx = (SELECT max(idx) - 1 FROM @_leaf)");
    is_closed(&started_again(app, |conn| unguarded(conn, "access", &last)), "another end of the same length");
}

#[test]
fn a_log_that_nobody_touched_goes_on_after_a_restart_and_a_lost_row_is_made_up_for() {
    let app = TestApp::spawn();
    record(&app);
    let note = newest(&app, "disclosure-log");
    // As if the service had been killed after the sidecar was written.
    let app = started_again(app, |conn| unguarded(conn, "disclosure", "DELETE FROM @_checkpoint"));
    assert_eq!(newest(&app, "disclosure-log"), note);
    assert_eq!(ready(&app), 200);
    // Outside production a sidecar that is gone is made again from the database.
    let (folder, scratch) = app.stopped();
    std::fs::remove_dir_all(folder.path().join("checkpoints")).unwrap();
    let app = TestApp::spawn_on(folder, scratch, |_| ());
    assert_eq!(newest(&app, "disclosure-log"), note);
    // One that somebody else wrote is not believed.
    let (folder, scratch) = app.stopped();
    let forged = note.replace(note.lines().nth(1).unwrap(), "9");
    std::fs::write(folder.path().join("checkpoints/disclosure.checkpoint"), forged).unwrap();
    is_closed(&TestApp::spawn_on(folder, scratch, |_| ()), "a forged sidecar");
}

/// Runs `sendiass log recover` on a database that nothing else uses: what it prints, and what it says.
fn recover(folder: &TempDir, scratch: Option<&Scratch>) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    command.args(["log", "recover", "--data-dir"]).arg(folder.path());
    if let Some(scratch) = scratch {
        command.args(["--unsafe-database", "--database-url", &scratch.url()]);
    }
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_log_that_was_put_back_goes_on_under_another_name_and_cites_what_was_signed() {
    let app = TestApp::spawn();
    let family = record(&app);
    let (lost, untouched) = (newest(&app, "disclosure-log"), key(&app, "access"));
    let lost = opened(&app, "disclosure", &lost);
    let app = started_again(app, |conn| unguarded(conn, "disclosure", SHORTER));
    is_closed(&app, "before");
    let (folder, scratch) = app.stopped();
    let (printed, said) = recover(&folder, scratch.as_ref());
    assert!(
        printed.starts_with("sendiass/disclosure/") && printed.lines().count() == 1 && said.contains("Tell the auditors"),
        "{printed}{said}"
    );
    let name = printed.trim_end();
    assert_ne!(name, lost.origin);
    let (printed, said) = recover(&folder, scratch.as_ref());
    assert!(printed.is_empty() && said.contains("nothing was changed"), "{printed}{said}");
    let app = TestApp::spawn_on(folder, scratch, |_| ());
    assert_eq!(ready(&app), 200);
    let recovered: Value = serde_json::from_str(&stored(&app, "disclosure").last().unwrap().1).unwrap();
    assert_eq!((&recovered["kind"], &recovered["origin"]), (&json!("log_recovered"), &json!(name)));
    assert_eq!(recovered["follows"], json!({"origin": lost.origin, "root": lost.root.base64(), "size": lost.size}));
    let note = family.n1(&app);
    family.disclose(&app, &family.risk(&note, json!({}))).ok(201);
    let now = newest(&app, "disclosure-log");
    assert_eq!(note::claimed_origin(now.as_bytes()).as_deref(), Some(name));
    assert_eq!(note::open(now.as_bytes(), &[key(&app, "disclosure")]), Err(note::NoteFault::Unsigned), "the old name signs no more");
    let bundle = app.as_role(Role::Auditor).get("/disclosure-log/export?format=bundle").ok(200).text;
    crate::bundles::is_sound_by(&named(&app, name), &bundle);
    // The other log is what it was.
    assert!(note::open(newest(&app, "access-log").as_bytes(), &[untouched]).is_ok());
    assert!(cluster::is_postgres() || app.folder().join("sendiass.db").exists());
}
