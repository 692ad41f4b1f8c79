//! What the logs tell of disposed cases, and what they do not.

use std::collections::BTreeSet;
use std::process::Command;

use diesel::RunQueryDsl;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use super::{conclude, deputy, dispose, rows};
use crate::checkpoints::LOGS;
use crate::family::Family;
use crate::harness::TestApp;
use crate::long::stored;
use crate::selfcheck::selfcheck;

#[test]
fn t35_two_disposed_cases_cannot_be_told_apart() {
    let app = TestApp::spawn();
    deputy(&app).get("/me").ok(200);
    let families = [Family::record(&app), Family::record(&app)];
    for family in &families {
        family.permit(&app, json!({}));
        family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
        conclude(&app, family);
    }
    let done = dispose(&app, &[&families[0].case, &families[1].case]);
    assert_eq!((&done.body["count"], done.body["certificate"]["entries"].as_array().unwrap().len()), (&json!(2), 2));
    // What may tell two entries apart in itself: when, by whom, to whom, of what kind. Whatever else they say, no two say the same.
    let common = [
        "v",
        "at",
        "kind",
        "outcome",
        "actor",
        "decidedBy",
        "recipient",
        "basis",
        "lawfulBasis",
        "condition",
        "purpose",
        "channel",
        "identified",
        "told",
        "direction",
        "req",
        "role",
        "operation",
        "target",
        "rules",
        "accessReason",
        "rowVersion",
    ];
    let mut seen = BTreeSet::new();
    let mut disposed = Vec::new();
    for (_, table) in LOGS {
        for (_, text) in stored(&app, table) {
            let mut body: Value = serde_json::from_str(&text).unwrap();
            if body["kind"] == "log_genesis" {
                continue;
            }
            if table == "disclosure" && body["kind"] == "case_disposed" {
                let told = body["disposed"].as_object_mut().unwrap();
                assert!(seen.insert(told.remove("key").unwrap().as_str().unwrap().to_owned()));
                disposed.push(body["disposed"].take());
            }
            let fields = body.as_object_mut().unwrap();
            fields.retain(|name, _| !common.contains(&name.as_str()));
            let mut texts = Vec::new();
            gather(&body, &mut texts);
            // Words of closed lists apart.
            let told = |text: &String| text.len() >= 16 && !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            for text in texts.into_iter().filter(told) {
                assert!(seen.insert(text.clone()), "{table}: {text} stands twice");
            }
        }
    }
    assert!(disposed.len() == 2 && disposed[0] == disposed[1], "{disposed:?}");
    for table in ["disclosure_case_ix", "disclosure_private", "access_case_ix", "sealing_key"] {
        assert_eq!(rows(&app)[table], 0, "{table}");
    }
}

#[test]
fn t37_more_entries_with_nothing_to_open_than_disposals_account_for_are_found() {
    let app = TestApp::spawn();
    deputy(&app).get("/me").ok(200);
    let families = [Family::record(&app), Family::record(&app)];
    for family in &families {
        family.permit(&app, json!({}));
        family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
    }
    conclude(&app, &families[0]);
    let disposed = dispose(&app, &[&families[0].case]);
    let bundle = app.as_role(Role::Auditor).get("/disclosure-log/export?format=bundle").ok(200).text;
    let trust = format!("log {}\n", crate::checkpoints::key(&app, "disclosure").text());
    let (folder, scratch) = app.stopped();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("bundle"), bundle).unwrap();
    std::fs::write(place("trust"), trust).unwrap();
    let mut print = Command::new(env!("CARGO_BIN_EXE_sendiass"));
    print.args(["log", "openings", "--data-dir"]).arg(folder.path());
    if let Some(scratch) = &scratch {
        print.args(["--unsafe-database", "--database-url", &scratch.url()]);
    }
    let shown = String::from_utf8(print.output().unwrap().stdout).unwrap();
    let verified = |shown: &str| {
        std::fs::write(place("openings"), shown).unwrap();
        let mut verify = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        verify.args(["log", "verify", "--output", "json"]).arg(place("bundle")).arg("--trust").arg(place("trust"));
        let output = verify.arg("--openings").arg(place("openings")).arg("--every-opening").output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (output.status.code(), report["openings"]["finding"].as_str().unwrap().to_owned())
    };
    assert!(shown.contains("subjects/0"), "{shown}");
    assert_eq!(verified(&shown), (Some(0), "accounted".to_owned()));
    // As if the last that is open had been erased.
    let less = shown.trim_end().rsplit_once('\n').map_or("", |(rest, _)| rest);
    assert_eq!(verified(less), (Some(1), "unaccounted".to_owned()));
    let (one, other) = (&families[1].ana, &families[1].mia);
    assert_eq!(verified(&shown.replace(one.as_str(), other)), (Some(1), "differ".to_owned()));
    // As if the disposal had left something to open.
    let more = format!("{shown}{}\n", json!({"index": disposed.body["certificate"]["entries"][0]["index"], "openings": []}));
    assert_eq!(verified(&more), (Some(2), "not_erased".to_owned()));
    let mut owner = crate::harness::connect(folder.path(), scratch.as_ref());
    let index = &disposed.body["certificate"]["entries"][0]["index"];
    for left in [
        format!("INSERT INTO disclosure_case_ix (case_id, idx) SELECT case_id, {index} FROM disclosure_case_ix LIMIT 1"),
        format!(
            "INSERT INTO disclosure_private (idx, case_id, openings) SELECT {index}, case_id, openings FROM disclosure_private LIMIT 1"
        ),
    ] {
        diesel::sql_query(left).execute(&mut owner).unwrap();
    }
    let (report, found, code) = selfcheck(&folder, scratch.as_ref());
    let faults: BTreeSet<&str> = found.iter().map(|(_, _, fault)| fault.as_str()).collect();
    assert_eq!((code, faults), (Some(1), BTreeSet::from(["case_differs", "not_erased", "openings_unreadable"])), "{report}");
    // What is erased in the database otherwise is found there, too.
    for table in ["disclosure_private", "disclosure_case_ix"] {
        diesel::sql_query(format!("DELETE FROM {table}")).execute(&mut owner).unwrap();
    }
    drop(owner);
    let (report, found, code) = selfcheck(&folder, scratch.as_ref());
    let faults: BTreeSet<&str> = found.iter().map(|(_, _, fault)| fault.as_str()).collect();
    assert_eq!((code, faults), (Some(1), BTreeSet::from(["erased_unaccounted"])), "{report}");
}

fn gather(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|one| gather(one, texts)),
        Value::Object(fields) => fields.values().for_each(|one| gather(one, texts)),
        _ => {}
    }
}
