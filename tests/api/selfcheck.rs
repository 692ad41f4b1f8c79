//! The logs checked again by whoever keeps them: what was done to the rows is found, and nothing is found where nothing was done (C3, C13).

use std::collections::BTreeSet;
use std::process::Command;

use diesel::connection::SimpleConnection;
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::family::Family;
use crate::harness::cluster::{Scratch, by_engine};
use crate::harness::{TestApp, connect};
use crate::long::{lengthen, make_anew, stored, stored_in};

pub type Found = BTreeSet<(String, i64, String)>;

/// What the command finds, and its exit code.
pub fn selfcheck(folder: &TempDir, scratch: Option<&Scratch>) -> (Value, Found, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    command.args(["log", "selfcheck", "--output", "json", "--data-dir"]).arg(folder.path());
    if let Some(scratch) = scratch {
        command.args(["--unsafe-database", "--database-url", &scratch.url()]);
    }
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let found = report.as_array().unwrap().iter().flat_map(|log| findings(log, &log["log"])).collect();
    (report, found, output.status.code())
}

fn findings(report: &Value, log: &Value) -> Found {
    let one = |one: &Value| (log.as_str().unwrap().to_owned(), one["index"].as_i64().unwrap(), one["fault"].as_str().unwrap().to_owned());
    report["findings"].as_array().unwrap().iter().map(one).collect()
}

#[track_caller]
fn holds(found: &Found, expected: &[(&str, i64, &str)]) {
    let missing: Vec<_> =
        expected.iter().filter(|(log, index, fault)| !found.contains(&((*log).to_owned(), *index, (*fault).to_owned()))).collect();
    assert!(missing.is_empty(), "not found: {missing:?}\nfound: {found:?}");
}

/// Lets whoever owns the tables do what nobody may.
fn unguard(conn: &mut Conn) {
    for log in ["disclosure", "access"] {
        for table in ["entry", "leaf", "subtree", "checkpoint"] {
            for what in ["kept", "fixed", "next", "grows", "placed"] {
                let on = by_engine("", " ON @_#").replace('@', log).replace('#', table);
                conn.batch_execute(&format!("DROP TRIGGER IF EXISTS {log}_{table}_{what}{on}")).unwrap();
            }
        }
    }
}

/// A column that is computed becomes one like any other, which takes the hand of its owner.
const SET_FREE: (&str, &str) = (
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'operation TEXT GENERATED ALWAYS AS (body ->> ''operation'') STORED', \
     'operation TEXT') WHERE name = 'access_entry'; PRAGMA writable_schema = RESET",
    "ALTER TABLE access_entry ALTER COLUMN operation DROP EXPRESSION",
);

/// A hash of nothing.
fn zeros() -> &'static str {
    by_engine("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
}

/// What is done to the logs while the service runs.
fn while_it_serves(conn: &mut Conn) {
    let zeros = zeros();
    let mut run = |sql: &str| conn.batch_execute(&sql.replace("{zeros}", zeros)).unwrap_or_else(|error| panic!("{sql}: {error}"));
    run("UPDATE disclosure_entry SET body = replace(body, 'refused', 'granted') WHERE idx = 1");
    run(
        "UPDATE access_leaf SET h = {zeros} WHERE idx = 10; DELETE FROM access_leaf WHERE idx = 20; DELETE FROM access_entry WHERE idx = 30",
    );
    run("UPDATE access_entry SET body = body || ' ' WHERE idx = 40");
    run("UPDATE access_entry SET body = replace(body, '\"at\":\"2026', '\"at\":\"2025') WHERE idx = 50");
    run("UPDATE access_subtree SET h = {zeros} WHERE n = 0");
}

/// What is done to the logs while the service does not run.
fn behind_the_service(conn: &mut Conn) {
    let zeros = zeros();
    let mut run = |sql: &str| conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    run(by_engine(SET_FREE.0, SET_FREE.1));
    run("UPDATE access_entry SET operation = 'getNothing' WHERE idx = 60");
    // Filed under nothing; what it stands for is gone; both; under a case of which it says nothing.
    run("DELETE FROM disclosure_case_ix WHERE idx = 2; DELETE FROM disclosure_private WHERE idx = 3");
    run("DELETE FROM disclosure_case_ix WHERE idx = 4; DELETE FROM disclosure_private WHERE idx = 4");
    run("INSERT INTO access_case_ix (case_id, idx) SELECT case_id, 70 FROM access_case_ix LIMIT 1");
    // Under a case, and about none.
    run("INSERT INTO disclosure_case_ix (case_id, idx) SELECT case_id, 0 FROM disclosure_case_ix LIMIT 1");
    // Beside entries that are gone, or none any more.
    run("INSERT INTO access_case_ix (case_id, idx) SELECT case_id, 30 FROM access_case_ix LIMIT 1");
    run("UPDATE disclosure_entry SET body = body || ' ' WHERE idx = 6");
    // A row of the tree that no entries make, and a checkpoint of more than there is.
    run(&format!("INSERT INTO disclosure_subtree (level, n, h) VALUES (1, 0, {zeros})"));
    run("INSERT INTO disclosure_checkpoint (size, note) VALUES (99999, 'x')");
    // What one entry stands for is put beside another.
    let private = "disclosure_private";
    run(&by_engine("DROP TRIGGER IF EXISTS @_fixed", "DROP TRIGGER IF EXISTS @_fixed ON @").replace('@', private));
    run("UPDATE disclosure_private SET openings = (SELECT openings FROM disclosure_private WHERE idx = 2) WHERE idx = 5");
    // The entry commits to something else.
    run(
        "UPDATE disclosure_entry SET body = replace(replace(body, '\"subjects\":[\"', '\"subjects\":[\"AAAA'), '\"case\":\"', '\"case\":\"AAAA') WHERE idx = 1",
    );
    let forged = "UPDATE access_checkpoint SET note = replace(note, 'sendiass/access', 'sendiass/excess')";
    run(forged);
}

#[test]
fn t1_t2_t5_t7_what_was_done_to_a_log_is_found_by_whoever_keeps_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    family.disclose(&app, &family.ask(&note, json!({}))).problem(409, "consent-required");
    family.permit(&app, json!({}));
    for _ in 0..5 {
        family.disclose(&app, &family.ask(&note, json!({}))).ok(201);
    }
    lengthen(&app, "access", 300, 0);
    let auditor = app.as_role(Role::Auditor);
    let verified = |log: &str, to: i64| auditor.get(&format!("/{log}/verification?indexFrom=0&indexTo={to}")).ok(200).body;
    auditor.get("/disclosure-log/checkpoint").ok(200);
    auditor.get("/access-log/checkpoint").ok(200);
    let [size, many] = ["disclosure", "access"].map(|log| i64::try_from(stored(&app, log).len()).unwrap());
    for (log, to) in [("disclosure-log", size), ("access-log", many)] {
        let sound = verified(log, to);
        assert_eq!((&sound["sound"], &sound["findings"], &sound["indexTo"]), (&json!(true), &json!([]), &json!(to)), "{sound}");
        assert!(sound["caution"].as_str().unwrap().contains("no substitute"));
        assert!(sound["checkpointSize"].as_i64().unwrap() <= sound["treeSize"].as_i64().unwrap());
    }
    auditor.get(&format!("/disclosure-log/verification?indexFrom=0&indexTo={}", size + 1)).problem(422, "rule-violated");
    let much = auditor.get("/disclosure-log/verification?indexFrom=1&indexTo=5002").problem(400, "validation-failed");
    assert_eq!(much.body["errors"][0]["parameter"], "indexTo", "{}", much.text);
    auditor.get("/disclosure-log/verification?indexFrom=2&indexTo=1").problem(422, "rule-violated").rule_at("indexFrom", "outside_tree");

    // Nothing is found where nothing was done.
    let (folder, scratch) = app.stopped();
    let (report, found, code) = selfcheck(&folder, scratch.as_ref());
    assert_eq!((found, code), (Found::new(), Some(0)), "{report}");
    assert_eq!((&report[0]["entries"], &report[0]["erased"]), (&json!(size), &json!(0)));
    assert!(report[1]["checkpoints"].as_i64().unwrap() >= 1 && report[1]["entries"].as_i64().unwrap() >= many);
    let app = TestApp::spawn_on(folder, scratch, |_| ());

    let mut conn = app.sabotage();
    unguard(&mut conn);
    while_it_serves(&mut conn);
    let seen: Found = [("disclosure-log", size), ("access-log", many)]
        .into_iter()
        .flat_map(|(log, to)| {
            let body = app.as_role(Role::Auditor).get(&format!("/{log}/verification?indexFrom=0&indexTo={to}")).ok(200).body;
            assert_eq!(body["sound"], false);
            findings(&body, &json!(log))
        })
        .collect();
    let live = [
        ("disclosure-log", 1, "entry_altered"),
        ("disclosure-log", 0, "root_differs"),
        ("access-log", 10, "entry_altered"),
        ("access-log", 20, "leaf_missing"),
        ("access-log", 30, "entry_missing"),
        ("access-log", 40, "entry_malformed"),
        ("access-log", 50, "time_decreases"),
        ("access-log", 0, "subtree_differs"),
        ("access-log", 0, "root_differs"),
    ];
    holds(&seen, &live);
    let signed = |one: &&(String, i64, String)| one.0 == "access-log" && one.2 == "checkpoint_differs";
    assert!(seen.iter().any(|one| signed(&one)), "the newest checkpoint is compared: {seen:?}");
    drop(conn);

    let (folder, scratch) = app.stopped();
    behind_the_service(&mut connect(folder.path(), scratch.as_ref()));
    std::fs::remove_file(folder.path().join("checkpoints/access.checkpoint")).unwrap();
    let (report, found, code) = selfcheck(&folder, scratch.as_ref());
    assert_eq!(code, Some(1), "{report}");
    let at = |log: usize, fault: &str| {
        let all = report[log]["findings"].as_array().unwrap().iter().filter(|one| one["fault"] == fault);
        all.map(|one| one["index"].as_i64().unwrap()).max().unwrap_or(-1)
    };
    let (signed, unsigned, missing) = (at(0, "root_differs"), at(1, "checkpoint_unsigned"), at(1, "sidecar_missing"));
    assert!(signed >= size && unsigned >= many && missing >= many, "{report}");
    holds(
        &found,
        &live
            .map(|(log, index, fault)| (log.trim_end_matches("-log"), index, fault))
            .into_iter()
            .filter(|(_, _, fault)| *fault != "root_differs")
            .collect::<Vec<_>>(),
    );
    holds(
        &found,
        &[
            ("access", 60, "column_differs"),
            ("access", 70, "case_differs"),
            ("disclosure", 2, "case_differs"),
            ("disclosure", 3, "openings_missing"),
            ("disclosure", 5, "openings_unreadable"),
            ("disclosure", 1, "openings_differ"),
            ("disclosure", 1, "case_differs"),
            ("disclosure", 0, "case_differs"),
            ("disclosure", 6, "case_differs"),
            ("access", 30, "case_differs"),
            ("disclosure", 0, "subtree_differs"),
            ("disclosure", 99_999, "checkpoint_differs"),
            ("disclosure", at(0, "sidecar_differs"), "sidecar_differs"),
            ("disclosure", at(0, "erased_unaccounted"), "erased_unaccounted"),
            ("disclosure", at(0, "root_differs"), "root_differs"),
        ],
    );
    assert_eq!(report[0]["erased"], 1);
}

#[test]
fn t3_t8_t9_a_log_that_was_made_anew_as_a_whole_is_not_the_one_that_was_signed() {
    let changed: [fn(&mut Vec<String>); 3] = [
        // An entry says something else, and all that is computed from it is right.
        |bodies| bodies[40] = bodies[40].replace("granted", "refused"),
        |bodies| drop(bodies.remove(100)),
        |bodies| {
            // Each takes the place and the time of the other.
            let time = |body: &str| body.split("\"at\":\"").nth(1).unwrap()[..24].to_owned();
            let (first, second) = (time(&bodies[100]), time(&bodies[101]));
            bodies.swap(100, 101);
            bodies[100] = bodies[100].replace(&second, &first);
            bodies[101] = bodies[101].replace(&first, &second);
        },
    ];
    let app = TestApp::spawn();
    lengthen(&app, "access", 300, 0);
    app.as_role(Role::Auditor).get("/access-log/checkpoint").ok(200);
    let (folder, scratch) = app.stopped();
    let mut conn = connect(folder.path(), scratch.as_ref());
    unguard(&mut conn);
    let bodies: Vec<String> = stored_in(&mut conn, "access").into_iter().map(|(_, body)| body).collect();
    for change in changed {
        let mut other = bodies.clone();
        change(&mut other);
        assert_ne!(other, bodies);
        make_anew(&mut conn, "access", other);
        let (report, found, code) = selfcheck(&folder, scratch.as_ref());
        assert_eq!(code, Some(1), "{report}");
        let faults: BTreeSet<&str> = found.iter().filter(|(log, ..)| log == "access").map(|(_, _, fault)| fault.as_str()).collect();
        assert_eq!(faults, BTreeSet::from(["checkpoint_differs", "sidecar_differs"]), "{report}");
    }
    make_anew(&mut conn, "access", bodies);
    let (report, _, code) = selfcheck(&folder, scratch.as_ref());
    assert_eq!(code, Some(0), "{report}");
}
