//! A subject access request is taken by anybody who works here, however it comes, and its clock runs from that day (C9).

use serde_json::{Value, json};

use crate::asking::{deliver, event, log, path, put, read};
use crate::family::Family;
use crate::harness::{Reply, TestApp, at};

/// The days of the clock: start, target, alert, notice, due.
fn days(request: &Reply) -> [String; 5] {
    ["startOn", "targetOn", "alertOn", "noticeByOn", "dueOn"].map(|day| request.str(day))
}

/// The kinds of the open tasks about a request.
fn reminders(app: &TestApp, id: &str) -> Vec<(String, String)> {
    let tasks = |kind| Family::tasks(app, kind, id).into_iter().map(move |task| (kind, task));
    let all = ["sar_target", "sar_alert", "sar_notice", "sar_chase"].into_iter().flat_map(tasks);
    all.map(|(kind, task)| (kind.to_owned(), task["dueOn"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn whoever_takes_a_request_is_told_what_is_due_and_nothing_of_what_is_held() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (adviser, manager) = (app.adviser(), app.manager());
    family.n1(&app);
    let unknown = uuid::Uuid::now_v7();
    for (change, pointer, rule) in [
        (json!({"receivedOn":"2026-06-02"}), "#/receivedOn", "decided_in_future"),
        (json!({"capacity":"parent"}), "#/capacity", "contradicting_fields"),
        (json!({"subjectId":family.ana}), "#/capacity", "contradicting_fields"),
        (json!({"subjectId":unknown}), "#/subjectId", "unknown_reference"),
        (json!({"requesterId":unknown,"capacity":"parent"}), "#/requesterId", "unknown_reference"),
        (json!({"conflictedStaffIds":[unknown]}), "#/conflictedStaffIds/0", "unknown_reference"),
    ] {
        adviser.post("/subject-access-requests", &family.subject_access(change)).problem(422, "rule-violated").rule_at(pointer, rule);
    }
    let taken = adviser.post("/subject-access-requests", &family.subject_access(json!({}))).ok(201);
    assert_eq!((taken.str("status"), &taken.body["allowedActions"]), ("received".to_owned(), &json!([])));
    assert_eq!(days(&taken), ["2026-05-29", "2026-06-26", "2026-06-28", "2026-06-29", "2026-06-29"]);
    let id = taken.id();
    let seen = read(&adviser, &id);
    assert_eq!((days(&seen), seen.body.get("scope")), (days(&taken), None));
    adviser.get(&format!("{}/candidate-items", path(&id))).problem(403, "forbidden");
    adviser.get("/subject-access-requests").problem(403, "forbidden");
    let whole = read(&manager, &id);
    assert_eq!((whole.str("scope"), days(&whole)), ("All of it.".to_owned(), days(&taken)));
    let register = manager.get("/subject-access-requests?status=received,running&includeTotal=true").ok(200);
    assert_eq!((&register.body["page"]["total"], &register.body["items"][0]["dueOn"]), (&json!(1), &json!("2026-06-29")));
    assert_eq!(manager.get("/subject-access-requests?status=sent").ok(200).body["items"], json!([]));
    // What is due stands on the list of the managers, what is urgent once it is.
    assert_eq!(reminders(&app, &id), [("sar_target".to_owned(), "2026-06-26".to_owned())]);
    app.clock.set(at("2026-06-26T09:00:00Z"), true);
    let due = [("sar_target", "2026-06-26"), ("sar_alert", "2026-06-28"), ("sar_notice", "2026-06-29")];
    assert_eq!(reminders(&app, &id), due.map(|(kind, day)| (kind.to_owned(), day.to_owned())));
    let task = Family::tasks(&app, "sar_alert", &id).remove(0);
    let done = manager.if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
    assert_eq!(done.problem(409, "invalid-state").body["allowedActions"], json!(["dispatch"]));
    assert!(adviser.get("/tasks?kind=sar_alert").ok(200).body["items"].as_array().unwrap().is_empty());
}

#[test]
fn the_clock_follows_from_what_happened() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let id = log(&app, &family, json!({"receivedOn":"2026-05-05"}));
    let happens = |kind: &str, on: &str| event(&manager, &id, kind, on);
    happens("identity_asked", "2026-06-02").problem(422, "rule-violated").rule_at("#/happenedOn", "decided_in_future");
    happens("identity_asked", "2026-05-04").problem(422, "rule-violated").rule_at("#/happenedOn", "contradicting_fields");
    happens("identity_received", "2026-05-06").problem(409, "invalid-state");
    let out = happens("identity_asked", "2026-05-06").ok(200);
    assert_eq!((out.str("status"), days(&out).concat()), ("awaiting_identity".to_owned(), String::new()));
    assert_eq!(reminders(&app, &id), [("sar_chase".to_owned(), "2026-05-20".to_owned())]);
    happens("clarification_asked", "2026-05-07").problem(409, "invalid-state");
    // A full new month from the day on which it came.
    let running = happens("identity_received", "2026-05-19").ok(200);
    assert_eq!(
        (running.str("status"), running.str("startOn"), running.str("dueOn")),
        ("running".into(), "2026-05-19".into(), "2026-06-19".into())
    );
    happens("authority_asked", "2026-05-20").problem(409, "invalid-state");
    // While nobody knows what is meant it stands still.
    let paused = happens("clarification_asked", "2026-05-20").ok(200);
    assert_eq!((paused.str("status"), paused.str("dueOn")), ("paused".into(), String::new()));
    assert_eq!(reminders(&app, &id), [("sar_chase".to_owned(), "2026-06-03".to_owned())]);
    // It is not ticked off: it is done by what comes.
    let chase = Family::tasks(&app, "sar_chase", &id).remove(0);
    let done = manager.if_match(1).post(&format!("/tasks/{}/completion", chase["id"].as_str().unwrap()), &json!({}));
    assert_eq!(done.problem(409, "invalid-state").body["allowedActions"], json!(["record_clock_event"]));
    let again = happens("clarification_received", "2026-05-29").ok(200);
    assert_eq!(
        (again.str("status"), again.str("dueOn"), again.str("noticeByOn")),
        ("running".into(), "2026-06-29".into(), "2026-06-29".into())
    );
    assert_eq!(reminders(&app, &id), [("sar_target".to_owned(), "2026-06-16".to_owned())]);
    let version = again.version();
    let extend = |body: Value| manager.if_match(version).post(&format!("{}/clock-events", path(&id)), &body);
    extend(json!({"kind":"extended","happenedOn":"2026-06-01"}))
        .problem(422, "rule-violated")
        .rule_at("#/reason", "decision_reason_missing");
    app.clock.set(at("2026-06-30T09:00:00Z"), true);
    happens("extended", "2026-06-30").problem(422, "rule-violated").rule_at("#/happenedOn", "notice_too_late");
    let long = happens("extended", "2026-06-29").ok(200);
    assert_eq!((long.str("dueOn"), reminders(&app, &id).len()), ("2026-09-01".into(), 2), "nothing is to be told any more");
    happens("extended", "2026-06-29").problem(409, "invalid-state");
    let told: Vec<&Value> = long.body["clockEvents"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(told, ["identity_asked", "identity_received", "clarification_asked", "clarification_received", "extended"]);
    assert_eq!(read(&app.adviser(), &id).body["clockEvents"][4].get("reason"), None);
    extend(json!({"kind":"clarification_asked","happenedOn":"2026-06-30"})).problem(412, "stale-version");
}

#[test]
fn a_request_that_is_refused_says_why_and_that_the_requester_knows_their_rights() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, id) = (app.manager(), log(&app, &family, json!({})));
    event(&manager, &id, "identity_asked", "2026-06-01").ok(200);
    let refuse = |version: i64, body: Value| manager.if_match(version).post(&format!("{}/refusal", path(&id)), &body);
    refuse(2, json!({"reason":"Asked every week."})).problem(400, "validation-failed").rule_at("#/rightsNoticeOn", "required");
    for (reason, day, pointer, rule) in [
        (" ", "2026-06-01", "#/reason", "decision_reason_missing"),
        ("Asked every week.", "2026-06-02", "#/rightsNoticeOn", "decided_in_future"),
        ("Asked every week.", "2026-05-28", "#/rightsNoticeOn", "contradicting_fields"),
    ] {
        refuse(2, json!({"reason":reason,"rightsNoticeOn":day})).problem(422, "rule-violated").rule_at(pointer, rule);
    }
    let body = json!({"reason":"Asked every week.","exemption":"manifestly_unfounded_or_excessive","rightsNoticeOn":"2026-06-01"});
    let refused = refuse(2, body.clone()).ok(200);
    assert_eq!((refused.str("status"), &refused.body["allowedActions"]), ("refused".to_owned(), &json!([])));
    assert_eq!((&refused.body["refusal"]["reason"], reminders(&app, &id)), (&json!("Asked every week."), vec![]));
    assert_eq!(read(&app.adviser(), &id).body.get("refusal"), None);
    // It stands.
    refuse(3, body).problem(409, "invalid-state");
    put(&manager, &id, &[]).problem(409, "invalid-state");
    event(&manager, &id, "clarification_asked", "2026-06-01").problem(409, "invalid-state");
    deliver(&manager, &id, &family.mia_contact).problem(409, "invalid-state");
}

#[test]
fn what_was_answered_keeps_its_cases_for_a_period_of_its_own() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (adviser, manager) = (app.adviser(), app.manager());
    let brief = json!({"interventionLevel":"l1","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.mia,"role":"service_user","relation":"parent","servedSeparately":false}]});
    let case = format!("/cases/{}", adviser.post("/cases", &brief).ok(201).id());
    let id = log(&app, &family, json!({}));
    let version = adviser.get(&case).ok(200).version();
    adviser.if_match(version).post(&format!("{case}/closure"), &json!({"outcome":"agreed"})).ok(200);
    let kept = || adviser.get(&case).ok(200).body["retention"].clone();
    app.clock.set(at("2026-06-10T09:00:00Z"), true);
    event(&manager, &id, "clarification_asked", "2026-06-01").ok(200);
    assert_eq!(kept(), json!({"class":"rc02_information_only","reviewOn":"2029-06-01","held":true}));
    let refusal = json!({"reason":"She took it back.","rightsNoticeOn":"2026-06-10"});
    manager.if_match(2).post(&format!("{}/refusal", path(&id)), &refusal).ok(200);
    assert_eq!(kept(), json!({"class":"rc11_sar","reviewOn":"2029-06-10","held":false}));
}
