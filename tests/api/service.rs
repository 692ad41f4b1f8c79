//! What the service says of itself, and the disclosure log as it stands when nothing has left yet.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sendiass::config::Profile;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use ureq::http::Method;

use crate::harness::TestApp;

#[test]
fn the_service_says_who_it_is_to_anybody_and_who_is_calling_to_them() {
    let app = TestApp::spawn();
    for path in ["", "/"] {
        let root = app.with_token(None).get(path).ok(200);
        assert_eq!((root.str("name"), root.str("document")), ("sendiass".to_owned(), "/openapi.json".to_owned()));
    }
    app.with_token(None).get("/me").problem(401, "unauthenticated");
    let me = app.adviser().get("/me").ok(200);
    assert_eq!((me.str("displayName"), &me.body["roles"]), ("Adviser".to_owned(), &json!(["adviser"])));
    let allowed = me.body["permissions"].as_array().unwrap();
    assert!(allowed.contains(&json!("disclosure:create")) && !allowed.contains(&json!("disclosure_log:read")), "{allowed:?}");
    assert_eq!(me.body["policy"], json!({"name": "Confidentiality policy", "version": "2025-04"}));
}

#[test]
fn the_published_lists_are_asked_for_again_only_when_they_changed() {
    let app = TestApp::spawn();
    let lists = app.adviser().get("/reference-data").ok(200);
    let clauses: Vec<&str> = lists.body["clauses"].as_array().unwrap().iter().filter_map(|clause| clause["clause"].as_str()).collect();
    assert_eq!(clauses, (1..=17).map(|number| format!("C{number}")).collect::<Vec<_>>());
    let names: Vec<&Value> = lists.body["lists"].as_array().unwrap().iter().map(|list| &list["name"]).collect();
    assert!(names.contains(&&json!("basis")) && names.contains(&&json!("senNeed")));
    let values = |list: &str| {
        let lists = lists.body["lists"].as_array().unwrap();
        lists.iter().find(|held| held["name"] == list).unwrap()["values"].as_array().unwrap().clone()
    };
    let codes = |list: &str| -> Vec<Value> { values(list).iter().map(|value| value["officialCode"].clone()).collect() };
    let census = ["SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "DS", "OTH", "NSA"];
    assert_eq!(codes("senNeed"), census);
    assert_eq!(codes("senProvision"), [json!("E"), json!("K"), json!("N"), Value::Null]);
    assert_eq!(codes("lawfulBasis")[4], "UK GDPR Art. 6(1)(e)");
    assert_eq!(codes("art9Condition")[3], "UK GDPR Art. 9(2)(g)");
    for list in names {
        let values = values(list.as_str().unwrap());
        let mut labels = BTreeSet::new();
        for value in &values {
            let label = value["label"].as_str().unwrap();
            let plain =
                label.chars().all(|sign| sign != '_') && label.starts_with(|sign: char| sign.is_uppercase() || sign.is_ascii_digit());
            // What staff would have to look up is written out.
            let short = ["LA", "PR", "SAR", "DP", "EHC", "EHCP", "ICB", "CAMHS", "MASH", "IASS", "BSL", "AAC", "MP", "CQC", "i", "b", "f"];
            let short = label.split(|sign: char| !sign.is_alphanumeric()).find(|word| short.contains(word));
            assert!(plain && short.is_none() && labels.insert(label), "{list}: {label}");
        }
    }
    let again = app.adviser().with("If-None-Match", &lists.header("etag")).get("/reference-data").ok(304);
    assert_eq!(again.text, "");
}

#[test]
fn the_retention_schedule_tells_all_classes_and_their_periods() {
    let app = TestApp::spawn();
    let schedule = app.as_role(Role::Auditor).get("/retention-schedule").ok(200);
    let classes = schedule.body["items"].as_array().unwrap();
    let plan = json!({"class": "rc04_ehcp_tribunal", "content": "Education, health and care plan or tribunal", "trigger": "birth", "years": 31,
        "action": "review_then_delete", "isDefault": true});
    assert!(classes.contains(&plan) && classes.len() == 15 && schedule.body["source"] != "", "{}", schedule.body);
    assert_eq!(app.adviser().with("If-None-Match", &schedule.header("etag")).get("/retention-schedule").ok(304).text, "");
    app.as_role(Role::Analyst).get("/retention-schedule").problem(403, "forbidden");
}

#[test]
fn the_clock_can_be_set_in_a_demonstration_only_and_by_an_administrator_only() {
    let clock = json!({"now": "2026-09-17T13:00:00.000Z", "frozen": true});
    let app = TestApp::spawn();
    assert_eq!(app.as_role(Role::Administrator).put("/test-clock", &clock).ok(200).body, clock);
    assert_eq!(app.clock.now().to_string(), "2026-09-17T13:00:00.000Z");
    app.manager().put("/test-clock", &clock).problem(403, "forbidden");
    let app = TestApp::spawn_as(Profile::Development);
    app.as_role(Role::Administrator).put("/test-clock", &clock).problem(404, "not-found");
}

#[test]
fn a_search_is_continued_by_its_own_cursor_only() {
    let app = TestApp::spawn();
    let child = json!({"kind": "child", "fullName": "Isla Thornbeck", "pseudonymous": false, "dateOfBirth": "2017-02-11"});
    let ids = [app.adviser().post("/people", &child).ok(201).id(), app.adviser().post("/people", &child).ok(201).id()];
    let search = json!({"dateOfBirth": "2017-02-11"});
    let first = app.adviser().post("/people/search?limit=1", &search).ok(200);
    let next = format!("/people/search?limit=1&cursor={}", first.body["page"]["nextCursor"].as_str().unwrap());
    let second = app.adviser().post(&next, &search).ok(200);
    let mut found = [&first, &second].map(|page| page.body["items"][0]["id"].as_str().unwrap().to_owned());
    found.sort();
    assert_eq!(found, ids);
    assert!(second.body["page"].get("nextCursor").is_none());
    app.adviser().post(&next, &json!({"name": "Isla Thornbeck"})).problem(400, "invalid-cursor");
    app.manager().post(&next, &search).problem(400, "invalid-cursor");
}

#[test]
fn an_entry_of_the_log_is_shown_in_the_very_bytes_that_were_hashed() {
    let app = TestApp::spawn();
    let auditor = app.as_role(Role::Auditor);
    let log = auditor.get("/disclosure-log?includeTotal=true").ok(200);
    assert_eq!((&log.body["treeSize"], &log.body["page"]["total"]), (&json!(1), &json!(1)), "{}", log.text);
    assert_eq!((&log.body["indexFrom"], &log.body["indexTo"]), (&json!(0), &json!(1)));
    let entry = auditor.get("/disclosure-log/entries/0").ok(200);
    let mut alone = entry.body.clone();
    // Its proof comes with an entry that is read by itself only.
    assert!(alone.as_object_mut().unwrap().remove("inclusion").is_some());
    assert_eq!(log.body["items"][0], alone);
    let (start, end) = (entry.text.find("\"body\":").unwrap() + 7, entry.text.find(",\"display\":").unwrap());
    let leaf = Sha256::new().chain_update([0]).chain_update(&entry.text[start..end]).finalize();
    assert_eq!(entry.str("leafHash"), BASE64_STANDARD.encode(leaf));
    // Of one entry, the root is the leaf.
    assert_eq!(log.str("rootHash"), entry.str("leafHash"));
    auditor.get("/disclosure-log/entries/1").problem(404, "not-found");
    auditor.get("/disclosure-log/entries/0?openings=true").problem(403, "forbidden");
    assert_eq!(app.manager().get("/disclosure-log/entries/0?openings=true").ok(200).body["openings"], json!([]));
    let before = auditor.get("/disclosure-log?to=2026-01-01T00:00:00Z").ok(200);
    assert_eq!((&before.body["items"], &before.body["indexFrom"], &before.body["indexTo"]), (&json!([]), &json!(0), &json!(0)));
    let after = auditor.get("/disclosure-log?from=2027-01-01T00:00:00Z").ok(200);
    assert_eq!((&after.body["indexFrom"], &after.body["indexTo"]), (&json!(1), &json!(1)));
    auditor.get("/disclosure-log?limit=1001").problem(400, "validation-failed");
    app.adviser().get("/disclosure-log").problem(403, "forbidden");
}

#[test]
fn what_is_for_the_operator_is_not_shown_to_callers() {
    let app = TestApp::spawn();
    for path in ["livez", "readyz", "metrics"] {
        app.manager().get(&format!("//{path}")).problem(404, "not-found");
        assert_eq!(ureq::get(format!("{}/{path}", app.admin)).call().unwrap().status().as_u16(), 200);
    }
}

#[test]
fn the_service_itself_is_on_record_and_cannot_be_disabled() {
    let app = TestApp::spawn();
    let administrator = || app.as_role(Role::Administrator);
    let staff = || administrator().get("/staff").ok(200).body["items"].as_array().unwrap().clone();
    let itself = || staff().into_iter().find(|member| member["displayName"] == "The service").unwrap();
    let before = itself();
    assert_eq!(before["allowedActions"], json!([]));
    let path = format!("/staff/{}", before["id"].as_str().unwrap());
    let version = &before["version"];
    let refused = administrator().if_match(version).patch(&path, &json!({"disabled": true}));
    refused.problem(409, "invalid-state").rule_at("#", "the_service_itself");
    administrator().if_match(7).patch(&path, &json!({"disabled": true})).problem(412, "stale-version");
    let refused = administrator().send(&Method::POST, &format!("{path}/token-revocation"), None);
    refused.problem(409, "invalid-state").rule_at("#", "the_service_itself");
    assert_eq!(itself(), before);
    let other = staff().into_iter().find(|member| member["displayName"] != "The service").unwrap();
    assert_eq!(other["allowedActions"], json!(["update", "revoke_tokens"]));
}
