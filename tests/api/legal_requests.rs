//! Requests for legal proceedings (C15, section (e) of the policy): recorded by anybody, decided by the service manager, and granted only with
//! permission.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge};
use crate::harness::{Reply, Session, TestApp};
use crate::proceedings::{decide, dispatch, extract, extracted, grant, left, log, newest, path, permit, read, seek, status};

#[test]
fn whoever_takes_a_request_records_it_and_only_the_manager_sees_it_again() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let before = app.manager().get("/disclosure-log?limit=1").ok(200).body["treeSize"].clone();
    let made = app.adviser().post("/legal-requests", &family.legal_request(json!({}))).ok(201);
    assert_eq!(made.header("location"), format!("/api/v1/legal-requests/{}", made.id()));
    assert_eq!(
        (made.str("status"), &made.body["allowedActions"], made.header("etag")),
        ("received".to_owned(), &json!([]), "\"1\"".to_owned())
    );
    app.adviser().get(&path(&made.id())).problem(403, "forbidden");
    app.adviser().get("/legal-requests").problem(403, "forbidden");
    assert_eq!(read(&app.manager(), &made.id()).body["allowedActions"], json!(["decide"]));
    let task = &Family::tasks(&app, "legal_request", &made.id())[0];
    assert_eq!((&task["forManager"], &task["dueOn"], &task["caseId"]), (&json!(true), &json!("2026-06-02"), &json!(family.case)));
    // It is decided, not ticked off.
    let done = app.manager().if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
    assert_eq!((&task["allowedActions"], &done.problem(409, "invalid-state").body["allowedActions"]), (&json!([]), &json!(["decide"])));
    assert_eq!(app.manager().get("/disclosure-log?limit=1").ok(200).body["treeSize"], before, "it tells nobody anything");
    // Without an officer by name there is nobody to send to.
    app.adviser().post("/legal-requests", &family.legal_request(json!({"officerName":null}))).problem(400, "validation-failed");
    app.adviser()
        .post("/legal-requests", &family.legal_request(json!({"officerName":" "})))
        .problem(422, "rule-violated")
        .rule("officer_missing");
    let wrong = [
        (json!({"caseId":uuid::Uuid::now_v7()}), "#/caseId", "unknown_reference"),
        (json!({"recipient":{"recipientId":family.council,"teamId":uuid::Uuid::now_v7()}}), "#/recipient/teamId", "unknown_reference"),
        (json!({"receivedOn":"2026-06-02"}), "#/receivedOn", "decided_in_future"),
    ];
    for (change, pointer, rule) in wrong {
        app.adviser().post("/legal-requests", &family.legal_request(change)).problem(422, "rule-violated").rule_at(pointer, rule);
    }
}

#[test]
fn nothing_is_extracted_or_sent_before_it_is_decided_step_by_step() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    permit(&app, &family, json!({}));
    let note = family.n1(&app);
    let (id, manager) = (log(&app, &family, json!({})), app.manager());
    let undecided = || {
        extract(&manager, &id, &[&note]).problem(409, "invalid-state").rule("not_decided");
        dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state").rule("not_decided");
    };
    undecided();
    decide(&manager, &id, &grant(&family.ana)).problem(409, "invalid-state");
    decide(&manager, &id, &json!({"decision":"consider","reason":"Judicial review."})).ok(200);
    undecided();
    decide(&manager, &id, &grant(&family.ana)).problem(409, "invalid-state");
    assert_eq!(decide(&manager, &id, &json!({"decision":"seek_permission"})).ok(200).str("answerByOn"), "2026-06-30");
    let ask = &Family::tasks(&app, "seek_permission", &id)[0];
    assert_eq!((&ask["dueOn"], &ask["forManager"]), (&json!("2026-06-30"), &json!(false)));
    undecided();
    let blank = json!({"decision":"grant","channel":"phone","subjectIds":[family.ana],"informationCategories":["school_provision"]});
    decide(&manager, &id, &blank).problem(422, "rule-violated").rule_at("#/reason", "decision_reason_missing");
    decide(&manager, &id, &json!({"decision":"refuse","reason":" "}))
        .problem(422, "rule-violated")
        .rule_at("#/reason", "decision_reason_missing");
    let mut silent = grant(&family.ana);
    merge(&mut silent, json!({"channel":null}));
    decide(&manager, &id, &silent).problem(422, "rule-violated").rule_at("#/channel", "channel_missing");
    decide(&manager, &id, &json!({"decision":"grant","reason":"Agreed.","channel":"phone"})).problem(422, "rule-violated");
    manager.post(&format!("{}/decision", path(&id)), &grant(&family.ana)).problem(428, "precondition-required");
    manager.if_match(1).post(&format!("{}/decision", path(&id)), &grant(&family.ana)).problem(412, "stale-version");
    let done = decide(&manager, &id, &grant(&family.ana)).ok(200);
    assert_eq!((done.str("status"), &done.body["allowedActions"]), ("granted".to_owned(), &json!(["decide", "extract"])));
    let decided: Vec<&Value> = done.body["decisions"].as_array().unwrap().iter().map(|decided| &decided["decision"]).collect();
    assert_eq!(decided, ["consider", "seek_permission", "grant"]);
    assert_eq!(done.body["extracts"][0]["status"], "draft");
    assert!(Family::tasks(&app, "seek_permission", &id).is_empty());
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert!(left(&app, &family).is_empty());
}

#[test]
fn to_grant_is_decided_by_the_policy_and_its_refusal_is_logged() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (id, manager) = (log(&app, &family, json!({})), app.manager());
    seek(&manager, &id);
    let refused = decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-required");
    assert_eq!((refused.rules(), &refused.body["policy"]["clauses"]), (vec!["consent_missing".to_owned()], &json!(["C15"])));
    let entry = newest(&app);
    assert_eq!(
        (&entry["index"], &entry["body"]["kind"], &entry["body"]["purpose"]),
        (&refused.body["refusalIndex"], &json!("disclosure_refused"), &json!("legal_request"))
    );
    // For a school it was permitted; for another officer; for liaison.
    permit(&app, &family, json!({"recipients":[{"recipientId":family.school}]}));
    permit(&app, &family, json!({"recipients":[{"recipientId":family.council,"teamId":family.north,"personName":"Kim Birch"}]}));
    decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-scope-exceeded").rule("recipient_not_covered");
    family.permit(&app, json!({}));
    decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-scope-exceeded").rule("purpose_not_covered");
    assert_eq!((status(&app, &id), read(&manager, &id).body["extracts"].clone()), ("permission_sought".to_owned(), json!([])));
    permit(&app, &family, json!({"recipients":[{"recipientId":family.council,"teamId":family.north,"personName":"sam  OKORO"}]}));
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    // No other way leads there.
    let around = family.ask(&family.n1(&app), json!({"purpose":"legal_request"}));
    family.disclose(&app, &around).problem(422, "rule-violated").rule_at("#/purpose", "contradicting_fields");
}

#[test]
fn a_letter_that_speaks_of_a_court_order_changes_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let words = json!({"claimsCourtOrder":true,"asksFor":"The court has ordered you to produce the file."});
    let (id, manager) = (log(&app, &family, words), app.manager());
    assert_eq!(read(&manager, &id).body["claimsCourtOrder"], true);
    seek(&manager, &id);
    decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-required").rule("consent_missing");
    // The basis that would be one is off.
    let compelled = family.ask(&family.n1(&app), json!({"basis":"legal_compulsion"}));
    family.disclose(&app, &compelled).problem(400, "validation-failed");
    assert!(left(&app, &family).is_empty());
}

#[test]
fn whoever_serves_another_side_of_the_family_decides_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let other = log(&app, &family, json!({}));
    seek(&app.manager(), &other);
    // The service manager takes the child's own case.
    let own = crate::apart::own_case(&app.manager(), &family.ana);
    assert_eq!(own.body["restricted"], true);
    let offered = |session: &Session<'_>, id: &str| read(session, id).body["allowedActions"].clone();
    assert_eq!((offered(&app.manager(), &id), offered(&app.manager(), &other)), (json!(["build_bundle"]), json!([])));
    let again = decide(&app.manager(), &other, &json!({"decision":"consider"})).problem(409, "invalid-state");
    assert_eq!(again.body.get("allowedActions"), None);
    let conflicted = |reply: Reply| reply.problem(409, "same-person").rule("conflicted_decider").body["refusalIndex"].clone();
    // What would have let something out is refused by the policy and logged; where nothing would leave, nothing is.
    for refused in [
        dispatch(&app.manager(), &id, &[(&family.mia, &family.mia_contact)]),
        extract(&app.manager(), &id, &[&note]),
        decide(&app.manager(), &other, &grant(&family.ana)),
    ] {
        let entry = app.manager().get(&format!("/disclosure-log/entries/{}", conflicted(refused))).ok(200).body["body"].clone();
        assert_eq!((&entry["kind"], &entry["rules"]), (&json!("disclosure_refused"), &json!(["conflicted_decider"])));
    }
    assert_eq!(conflicted(decide(&app.manager(), &id, &json!({"decision":"refuse","reason":"No."}))), Value::Null);
    // Another holder of the role acts.
    let deputy = app.as_staff(Role::ServiceManager, "Deputy");
    let sent = dispatch(&deputy, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    assert_eq!((offered(&app.manager(), &id), &sent.body["allowedActions"]), (json!(["build_bundle"]), &json!(["build_bundle", "close"])));
    let close =
        |session: &Session<'_>| session.if_match(sent.version()).post(&format!("{}/closure", path(&id)), &json!({"reason":"It is over."}));
    assert_eq!(conflicted(close(&app.manager())), Value::Null);
    close(&deputy).ok(200);
    // Whoever is kept away from the case finds nothing.
    let me = deputy.get("/me").ok(200).id();
    let version = app.adviser().get(&format!("/cases/{}", family.case)).ok(200).version();
    let away = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[me],"reason":"A relative."});
    app.as_staff(Role::ServiceManager, "Third").if_match(version).put(&format!("/cases/{}/restriction", family.case), &away).ok(200);
    deputy.get(&path(&id)).problem(404, "not-found");
    assert_eq!(deputy.get("/legal-requests").ok(200).body["items"], json!([]));
}

#[test]
fn requests_are_found_by_state_case_and_deadline() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let (one, two) = (log(&app, &family, json!({"deadlineOn":"2026-06-05"})), log(&app, &other, json!({"deadlineOn":null})));
    decide(&app.manager(), &two, &json!({"decision":"consider"})).ok(200);
    let of = |query: &str| {
        let page = app.manager().get(&format!("/legal-requests?limit=200{query}")).ok(200);
        page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(""), [&two, &one].map(String::clone));
    assert_eq!(of("&status=considering"), std::slice::from_ref(&two));
    assert_eq!(of(&format!("&caseId={}", family.case)), std::slice::from_ref(&one));
    assert_eq!((of("&deadlineBefore=2026-06-06"), of("&deadlineBefore=2026-06-05")), (vec![one.clone()], vec![]));
    let first = app.manager().get("/legal-requests?limit=1&includeTotal=true").ok(200);
    assert_eq!(first.body["page"]["total"], 2);
    let next = first.body["page"]["nextCursor"].as_str().unwrap();
    assert_eq!(
        app.manager().get(&format!("/legal-requests?limit=1&includeTotal=true&cursor={next}")).ok(200).body["items"][0]["id"],
        json!(one)
    );
    assert!(!first.text.contains("Okoro"), "a list holds no names");
}

#[test]
fn whoever_repeats_what_they_recorded_reads_what_they_recorded() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (body, manager) = (family.legal_request(json!({})), app.manager());
    let session = app.adviser().with("Idempotency-Key", "recorded-once-00001");
    let first = session.post("/legal-requests", &body).ok(201);
    permit(&app, &family, json!({}));
    let note = family.n1(&app);
    seek(&manager, &first.id());
    decide(&manager, &first.id(), &grant(&family.ana)).ok(200);
    extract(&manager, &first.id(), &[&note]).ok(200);
    let sent = dispatch(&manager, &first.id(), &[(&family.mia, &family.mia_contact)]).ok(200);
    let closing = json!({"reason":"The officer was told."});
    let closed = manager.if_match(sent.version()).post(&format!("{}/closure", path(&first.id())), &closing).ok(200);
    assert!(closed.body.get("permittedUntil").is_some() && closed.body.get("answerByOn").is_some());
    // What the manager decided since is for those who may read it.
    let again = session.post("/legal-requests", &body).ok(201);
    assert_eq!(
        (&again.body, again.header("etag"), again.header("idempotency-replayed")),
        (&first.body, first.header("etag"), "true".into())
    );
    let session = manager.with("Idempotency-Key", "recorded-once-00002");
    let own = session.post("/legal-requests", &body).ok(201).id();
    decide(&manager, &own, &json!({"decision":"consider"})).ok(200);
    assert_eq!(session.post("/legal-requests", &body).ok(201).str("status"), "considering");
}
