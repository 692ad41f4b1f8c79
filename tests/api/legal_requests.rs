//! Requests for legal proceedings (C15, section (e) of the policy): recorded by anybody, decided by the service manager, answered only with
//! permission, item by item, to the officer by name, and with a copy, or not at all.
//! Over 350 lines because each edge of the clause has its test.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::family::{Family, merge};
use crate::harness::{Reply, Session, TestApp, at};

/// A request of an officer of the SEND team North, recorded.
fn log(app: &TestApp, family: &Family, change: Value) -> String {
    app.adviser().post("/legal-requests", &family.legal_request(change)).ok(201).id()
}

fn path(id: &str) -> String {
    format!("/legal-requests/{id}")
}

fn read(session: &Session<'_>, id: &str) -> Reply {
    session.get(&path(id)).ok(200)
}

fn status(app: &TestApp, id: &str) -> String {
    read(&app.manager(), id).str("status")
}

/// A decision at the version it has now.
fn decide(session: &Session<'_>, id: &str, body: &Value) -> Reply {
    let version = read(session, id).version();
    session.if_match(version).post(&format!("{}/decision", path(id)), body)
}

fn seek(session: &Session<'_>, id: &str) {
    decide(session, id, &json!({"decision":"consider"})).ok(200);
    decide(session, id, &json!({"decision":"seek_permission"})).ok(200);
}

fn grant(about: &str) -> Value {
    json!({"decision":"grant","reason":"They agreed, and it is narrow.","channel":"secure_email","subjectIds":[about],
        "informationCategories":["school_provision"]})
}

/// Mia's permission for proceedings.
fn permit(app: &TestApp, family: &Family, change: Value) -> String {
    family.permit_proceedings(app, change)
}

/// A request that is granted, and its id.
fn granted(app: &TestApp, family: &Family) -> String {
    let id = log(app, family, json!({}));
    seek(&app.manager(), &id);
    decide(&app.manager(), &id, &grant(&family.ana)).ok(200);
    id
}

/// Decides every note that counts: those are included, the rest is left out.
fn extract(session: &Session<'_>, id: &str, included: &[&str]) -> Reply {
    let candidates = session.get(&format!("{}/candidate-items?limit=200", path(id))).ok(200);
    let items: Vec<Value> = candidates.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| {
            let goes = included.contains(&note["id"].as_str().unwrap());
            let (decision, reason) = if goes { ("include", "It is about school.") } else { ("leave_out", "It is not asked for.") };
            json!({"noteId":note["id"],"decision":decision,"reason":reason})
        })
        .collect();
    put(session, id, &json!({"items":items,"summary":"The notes about school."}))
}

fn put(session: &Session<'_>, id: &str, body: &Value) -> Reply {
    let version = read(session, id).version();
    session.if_match(version).put(&format!("{}/items", path(id)), body)
}

fn dispatch(session: &Session<'_>, id: &str, copies: &[(&str, &str)]) -> Reply {
    let copies: Vec<Value> = copies.iter().map(|(person, contact)| json!({"personId":person,"contactId":contact})).collect();
    let version = read(session, id).version();
    session.if_match(version).post(&format!("{}/dispatch", path(id)), &json!({"copies":copies,"toldSubject":"yes"}))
}

/// A request whose extract is ready to be sent: its id and the note in it.
fn extracted(app: &TestApp, family: &Family) -> (String, String) {
    let note = family.n1(app);
    let id = granted(app, family);
    extract(&app.manager(), &id, &[&note]).ok(200);
    (id, note)
}

fn draft(app: &TestApp, id: &str) -> Value {
    read(&app.manager(), id).body["extracts"].as_array().unwrap().last().unwrap().clone()
}

/// What left the case for proceedings.
fn left(app: &TestApp, family: &Family) -> Vec<Value> {
    let all = app.adviser().get(&format!("/cases/{}/disclosures?limit=200", family.case)).ok(200);
    all.body["items"].as_array().unwrap().iter().filter(|row| row["purpose"] == "legal_request").cloned().collect()
}

fn contact(app: &TestApp, person: &str, i: usize) -> String {
    app.adviser().get(&format!("/people/{person}")).ok(200).body["contacts"][i]["id"].as_str().unwrap().to_owned()
}

fn newest(app: &TestApp) -> Value {
    app.manager().get("/disclosure-log?limit=1").ok(200).body["items"][0].clone()
}

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
fn silence_by_the_last_day_is_a_refusal() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (id, manager) = (log(&app, &family, json!({})), app.manager());
    let other = log(&app, &family, json!({"deadlineOn":null}));
    decide(&manager, &id, &json!({"decision":"consider"})).ok(200);
    decide(&manager, &other, &json!({"decision":"consider"})).ok(200);
    // There is always such a day, and it is not past.
    for late in [json!({"decision":"seek_permission"}), json!({"decision":"seek_permission","answerByOn":"2026-05-31"})] {
        decide(&manager, &other, &late).problem(422, "rule-violated").rule_at("#/answerByOn", "answer_by_missing");
    }
    decide(&manager, &id, &json!({"decision":"seek_permission","answerByOn":"2026-06-10"})).ok(200);
    permit(&app, &family, json!({}));
    let found = |wanted: &str| {
        let page = manager.get(&format!("/legal-requests?status={wanted}")).ok(200);
        page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    app.clock.set(at("2026-06-10T22:59:59Z"), true);
    assert_eq!((status(&app, &id), found("permission_sought")), ("permission_sought".to_owned(), vec![id.clone()]));
    // 00:00 on the 11th in London.
    app.clock.set(at("2026-06-10T23:00:00Z"), true);
    let silent = read(&manager, &id);
    assert_eq!((silent.str("status"), &silent.body["allowedActions"]), ("refused".to_owned(), &json!(["close"])));
    assert_eq!((found("permission_sought"), found("refused")), (vec![], vec![id.clone()]));
    decide(&manager, &id, &grant(&family.ana)).problem(409, "invalid-state");
    let close = manager.if_match(silent.version()).post(&format!("{}/closure", path(&id)), &json!({"reason":"The officer was told."}));
    assert_eq!((close.ok(200).str("status"), found("refused")), ("closed".to_owned(), vec![]));
    assert!(Family::tasks(&app, "seek_permission", &id).is_empty() && Family::tasks(&app, "legal_request", &id).is_empty());
}

#[test]
fn who_asks_for_the_whole_file_is_answered_item_by_item() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (school, home) = (family.n1(&app), family.note(&app, &family.mia, &[&family.ana], "family_circumstances", json!({})));
    let old = family.n1(&app);
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Said anew.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newer = app.adviser().post(&format!("/notes/{old}/correction"), &corrected).ok(201).id();
    let id = log(&app, &family, json!({"asksFor":"The whole file."}));
    seek(&manager, &id);
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    let candidates = manager.get(&format!("{}/candidate-items", path(&id))).ok(200);
    let held: Vec<&str> = candidates.body["items"].as_array().unwrap().iter().map(|note| note["id"].as_str().unwrap()).collect();
    assert_eq!(held, [&newer, &home, &school], "the notes that count");
    let item = |note: &str, decision: &str| json!({"noteId":note,"decision":decision,"reason":"As asked."});
    let items = |items: &[Value]| put(&manager, &id, &json!({"items":items,"summary":"Notes."}));
    // One is missing; one twice; one that does not count; no reason; nothing at all.
    let (one, two, three) = (item(&school, "include"), item(&home, "leave_out"), item(&newer, "leave_out"));
    items(&[one.clone(), two.clone()]).problem(422, "rule-violated").rule_at("#/items", "item_undecided");
    items(&[one.clone(), item(&school, "leave_out"), two.clone(), three.clone()])
        .problem(422, "rule-violated")
        .rule_at("#/items/1/noteId", "contradicting_fields");
    items(&[one.clone(), two.clone(), three.clone(), item(&old, "include")])
        .problem(422, "rule-violated")
        .rule_at("#/items/3/noteId", "unknown_reference");
    items(&[json!({"noteId":school,"decision":"include"})]).problem(400, "validation-failed").rule_at("#/items/0/reason", "required");
    items(&[json!({"noteId":school,"decision":"include","reason":" "}), two.clone(), three.clone()])
        .problem(422, "rule-violated")
        .rule_at("#/items/0/reason", "decision_reason_missing");
    items(&[item(&school, "leave_out"), two.clone(), three.clone()]).problem(422, "rule-violated").rule_at("#/items", "nothing_included");
    // Everything: what no permission covers stays, whoever says "the whole file".
    let refused = items(&[one.clone(), item(&home, "include"), three.clone()]).problem(409, "consent-scope-exceeded");
    refused.rule_at("#/items/1", "data_not_covered");
    assert_eq!(status(&app, &id), "granted");
    let done = items(&[one, two, three]).ok(200);
    assert_eq!((done.str("status"), &done.body["extracts"][0]["status"]), ("extracted".to_owned(), &json!("approved")));
    assert_eq!(done.body["allowedActions"], json!(["decide", "extract", "build_bundle", "dispatch"]));
    let decided = manager.get(&format!("{}/candidate-items", path(&id))).ok(200);
    let decided: Vec<&Value> = decided.body["items"].as_array().unwrap().iter().map(|note| &note["decision"]).collect();
    assert_eq!(decided, ["leave_out", "leave_out", "include"]);
    assert!(left(&app, &family).is_empty(), "what is drafted has not left");
    app.manager().get(&format!("/disclosures/{}", draft(&app, &id)["disclosureId"].as_str().unwrap())).problem(404, "not-found");
}

#[test]
fn the_extract_and_its_copy_leave_together_or_not_at_all() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let nell = contact(&app, &family.nell, 0);
    // Without a copy; with one to somebody else; with one too many; to an address that is not safe.
    let without = dispatch(&manager, &id, &[]).problem(422, "copy-recipient-required").rule_at("#/copies", "copy_recipient_required");
    assert_eq!(newest(&app)["index"], without.body["refusalIndex"], "it is logged");
    dispatch(&manager, &id, &[(&family.nell, &nell)]).problem(409, "consent-scope-exceeded").rule_at("#/copies/0", "copy_not_permitted");
    let both = [(family.mia.as_str(), family.mia_contact.as_str()), (&family.nell, &nell)];
    dispatch(&manager, &id, &both).problem(409, "consent-scope-exceeded").rule_at("#/copies/1", "copy_not_permitted");
    let postal = contact(&app, &family.mia, 1);
    dispatch(&manager, &id, &[(&family.mia, &postal)]).problem(422, "rule-violated").rule_at("#/copies/0/contactId", "unsafe_contact");
    assert_eq!((left(&app, &family).len(), status(&app, &id)), (0, "extracted".to_owned()));
    let keyed = manager.with("Idempotency-Key", "dispatch-00000001");
    let done = dispatch(&keyed, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    assert_eq!((done.str("status"), &done.body["allowedActions"]), ("sent_and_copied".to_owned(), &json!(["build_bundle", "close"])));
    let extract = &done.body["extracts"][0];
    assert_eq!(done.body["disclosureIds"], json!([extract["disclosureId"]]));
    assert_eq!(extract["copies"], json!([{"personId":family.mia,"contactId":family.mia_contact,"noteIds":[note]}]));
    let sent = app.adviser().get(&format!("/disclosures/{}", extract["disclosureId"].as_str().unwrap())).ok(200);
    assert_eq!(
        (&sent.body["basis"], &sent.body["purpose"], &sent.body["direction"], &sent.body["noteIds"], &sent.body["decidedByRole"]),
        (&json!("permission"), &json!("legal_request"), &json!("outbound"), &json!([note]), &json!("service_manager"))
    );
    assert_eq!((&sent.body["recipient"]["personName"], &sent.body["legalRequestId"]), (&json!("Sam Okoro"), &json!(id)));
    assert_eq!(sent.body["consents"], extract["consents"]);
    // The log commits to the words that left, to whom they were copied, and to the reason.
    let entry = newest(&app);
    assert_eq!((&entry["body"]["kind"], &entry["body"]["copies"][0]["role"]), (&json!("disclosure_made"), &json!("parent_carer")));
    let index = entry["index"].as_i64().unwrap();
    let opened = manager.with("Access-Reason", "legal_request").get(&format!("/disclosure-log/entries/{index}?openings=true")).ok(200);
    let opening = |label: &str| {
        let all = opened.body["openings"].as_array().unwrap();
        all.iter().find(|opening| opening["label"] == label).unwrap_or_else(|| panic!("{label}: {}", opened.text))["value"].clone()
    };
    let words = "Speech therapy has stopped.\nExplained section F.";
    let digest = Sha256::digest(words).iter().fold(String::new(), |digest, byte| digest + &format!("{byte:02x}"));
    assert_eq!((opening("items/0/digest"), opening("reason")), (json!(digest), json!("They agreed, and it is narrow.")));
    assert_eq!((opening("copies/0/person"), opening("recipientPerson")), (json!(family.mia), json!("Sam Okoro")));
    assert!(BASE64_URL_SAFE_NO_PAD.decode(entry["body"]["reason"].as_str().unwrap()).is_ok(), "a commitment, not the words");
    // Once: the same key shows it again, another finds it sent.
    let copies = json!({"copies":[{"personId":family.mia,"contactId":family.mia_contact}],"toldSubject":"yes"});
    let replay = keyed.if_match(1).post(&format!("{}/dispatch", path(&id)), &copies).ok(200);
    assert_eq!((replay.header("idempotency-replayed"), left(&app, &family).len()), ("true".to_owned(), 1));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert!(Family::tasks(&app, "legal_request", &id).is_empty());
    // What was sent is called back like anything else.
    let consent = extract["consents"][0]["consentId"].as_str().unwrap();
    let effects = family.withdraw(&app, consent, json!({})).ok(200).body["effects"].clone();
    assert_eq!((&effects["blockedDisclosureIds"], effects["recallTaskIds"].as_array().unwrap().len()), (&json!([]), 1));
}

#[test]
fn a_copy_holds_only_what_its_receiver_may_have() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    permit(&app, &family, json!({"granterId":family.finn,"subjectIds":[family.finn]}));
    let (hers, his) = (family.n1(&app), family.note(&app, &family.finn, &[&family.ana], "school_provision", json!({})));
    let id = granted(&app, &family);
    extract(&manager, &id, &[&hers, &his]).ok(200);
    let finn = contact(&app, &family.finn, 0);
    // Both were needed, so both get a copy, each of what they said.
    let one = [(family.mia.as_str(), family.mia_contact.as_str())];
    dispatch(&manager, &id, &one).problem(422, "copy-recipient-required");
    let done = dispatch(&manager, &id, &[one[0], (&family.finn, &finn)]).ok(200);
    let held = |i: usize| done.body["extracts"][0]["copies"][i]["noteIds"].clone();
    assert_eq!((held(0), held(1)), (json!([hers]), json!([his])));
}

#[test]
fn a_young_persons_own_case_is_copied_to_them_and_to_a_parent_only_if_they_permit() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let manager = app.manager().with("Access-Reason", "legal_request");
    let own = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true},
        {"personId":family.mia,"role":"other_parent","relation":"parent","servedSeparately":false,
         "parentalResponsibility":[{"childId":family.ana,"value":"yes","evidence":"self_declared"}]}]});
    let own = hers.post("/cases", &own).ok(201).id();
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    let version = hers.get(&format!("/people/{}", family.ana)).ok(200).version();
    let contacts = json!({"contacts":[{"kind":"email","value":"ana@example.org","safe":true}]});
    let known = hers.if_match(version).patch(&format!("/people/{}", family.ana), &contacts).ok(200);
    let ana = known.body["contacts"][0]["id"].as_str().unwrap().to_owned();
    let mut note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"I want my transport back.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    merge(&mut note, json!({}));
    let note = hers.post(&format!("/cases/{own}/notes"), &note).ok(201).id();
    let says = |change: Value| {
        let mut body =
            json!({"granterId":family.ana,"subjectIds":[family.ana],"purposes":["legal_request"],"decidedAt":"2026-05-03T10:00:00.000Z"});
        merge(&mut body, change);
        hers.post(&format!("/cases/{own}/consents"), &family.permission(body)).ok(201).id()
    };
    let id = hers.post("/legal-requests", &family.legal_request(json!({"caseId":own}))).ok(201).id();
    // Nobody sees it who does not see her case.
    app.manager().get(&path(&id)).problem(403, "access-reason-required");
    assert_eq!(app.manager().get("/legal-requests?includeTotal=true").ok(200).body["page"]["total"], 0);
    seek(&manager, &id);
    // Her mother's permission is not hers.
    hers.post(
        &format!("/cases/{own}/consents"),
        &family.permission(json!({"subjectIds":[family.ana],"purposes":["legal_request"],"decidedAt":"2026-05-03T10:00:00.000Z"})),
    )
    .problem(422, "rule-violated")
    .rule("granter_not_authorised");
    decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-required");
    says(json!({}));
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    extract(&manager, &id, &[&note]).ok(200);
    let (to_ana, to_mia) = ((family.ana.as_str(), ana.as_str()), (family.mia.as_str(), family.mia_contact.as_str()));
    dispatch(&manager, &id, &[to_mia]).problem(409, "consent-scope-exceeded").rule_at("#/copies/0", "copy_not_permitted");
    dispatch(&manager, &id, &[to_ana, to_mia]).problem(409, "consent-scope-exceeded").rule_at("#/copies/1", "copy_not_permitted");
    // She lets her mother have it, too: then both, and never the mother alone.
    says(json!({"recipients":[{"personId":family.mia}]}));
    dispatch(&manager, &id, &[to_mia]).problem(422, "copy-recipient-required");
    let done = dispatch(&manager, &id, &[to_ana, to_mia]).ok(200);
    let copied: Vec<&Value> = done.body["extracts"][0]["copies"].as_array().unwrap().iter().map(|copy| &copy["personId"]).collect();
    assert_eq!(copied, [&family.ana, &family.mia]);
    assert!(left(&app, &family).is_empty(), "not from the parents' case");
}

#[test]
fn parents_who_disagree_stop_it_before_and_after_it_is_granted() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let first = draft(&app, &id)["disclosureId"].clone();
    let no = family.refuse(&app, &family.finn, &[&family.ana]).id();
    // At once and for good.
    let blocked = read(&manager, &id);
    assert_eq!((blocked.str("status"), &blocked.body["extracts"][0]["status"]), ("blocked".to_owned(), &json!("blocked")));
    assert_eq!(blocked.body["allowedActions"], json!(["decide", "close"]));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert_eq!(Family::tasks(&app, "legal_request", &id).len(), 1);
    // It is considered anew, and they still disagree.
    seek(&manager, &id);
    decide(&manager, &id, &grant(&family.ana)).problem(409, "consent-required").rule("conflicting_refusal");
    assert_eq!(Family::tasks(&app, "conflict_review", &family.ana).len(), 1);
    // Once they agree another is drafted; the first one stays blocked.
    family.withdraw(&app, &no, json!({"withdrawnById":family.finn})).ok(200);
    decide(&manager, &id, &grant(&family.ana)).ok(200);
    extract(&manager, &id, &[&note]).ok(200);
    let sent = dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    let stands: Vec<&Value> = sent.body["extracts"].as_array().unwrap().iter().map(|extract| &extract["status"]).collect();
    assert_eq!(stands, ["blocked", "sent"]);
    assert_ne!(sent.body["disclosureIds"], json!([first]));
}

#[test]
fn a_refusal_that_says_something_else_blocks_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    let refuse = |change: Value| {
        let mut body = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"method":"email",
            "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-05-02T10:00:00.000Z"});
        merge(&mut body, change);
        app.adviser().post(&format!("/cases/{}/consents", family.case), &body).ok(201).id()
    };
    refuse(json!({"purposes":["liaison"]}));
    refuse(json!({"recipients":[{"recipientId":family.school}]}));
    refuse(json!({"subjectIds":[family.sam]}));
    refuse(json!({"granterId":family.nell}));
    assert_eq!(status(&app, &id), "extracted");
    dispatch(&app.manager(), &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    // What was sent is blocked by nothing.
    refuse(json!({}));
    assert_eq!(status(&app, &id), "sent_and_copied");
}

#[test]
fn a_refusal_in_a_case_nobody_here_sees_blocks_and_is_not_told() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = crate::apart::own_case(&hers, &family.ana).id();
    permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    assert_eq!(status(&app, &id), "extracted", "it is decided again when it is sent");
    let given = json!({"granterId":family.ana,"subjectIds":[family.ana],"purposes":["liaison"],"decidedAt":"2026-05-03T10:00:00.000Z"});
    let given = hers.post(&format!("/cases/{own}/consents"), &family.permission(given)).ok(201).id();
    let ending = json!({"withdrawnById":family.ana,"method":"email","objects":true});
    let withdrawn = hers.post(&format!("/consents/{given}/withdrawal"), &ending).ok(200);
    assert_eq!(withdrawn.body["effects"]["blockedDisclosureIds"], json!([]), "nobody there is told of another case");
    // For liaison she objected, and what is decided again fails by what is known on her side.
    assert_eq!(status(&app, &id), "blocked");
}

#[test]
fn a_withdrawal_blocks_what_is_drafted_for_good_and_says_so() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let given = permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    let other = granted(&app, &family);
    let drafts = [draft(&app, &id)["disclosureId"].clone(), draft(&app, &other)["disclosureId"].clone()];
    let withdrawn = family.withdraw(&app, &given, json!({})).ok(200);
    assert_eq!(withdrawn.body["effects"]["blockedDisclosureIds"], json!(drafts));
    assert_eq!([&id, &other].map(|id| status(&app, id)), ["blocked", "blocked"].map(str::to_owned));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    // A new permission revives nothing.
    let anew = permit(&app, &family, json!({}));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    assert_eq!(draft(&app, &id)["status"], "blocked");
    assert!(left(&app, &family).is_empty());
    // A repeated withdrawal tells the same; so does an error that is annulled.
    assert_eq!(family.withdraw(&app, &given, json!({})).ok(200).body["effects"], withdrawn.body["effects"]);
    seek(&manager, &other);
    decide(&manager, &other, &grant(&family.ana)).ok(200);
    app.adviser().post(&format!("/consents/{anew}/annulment"), &json!({"reason":"Another family."})).ok(200);
    assert_eq!(status(&app, &other), "blocked");
}

#[test]
fn whoever_withdraws_and_objects_blocks_what_rests_on_others_too() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let finns = permit(&app, &family, json!({"granterId":family.finn,"subjectIds":[family.ana]}));
    let mias = permit(&app, &family, json!({"decidedAt":"2026-05-01T10:00:00.000Z"}));
    let (id, _) = extracted(&app, &family);
    assert_eq!(draft(&app, &id)["consents"][0]["consentId"], mias);
    let drafted = draft(&app, &id)["disclosureId"].clone();
    let ended = family.withdraw(&app, &finns, json!({"withdrawnById":family.finn,"objects":true})).ok(200);
    assert_eq!(ended.body["effects"]["blockedDisclosureIds"], json!([drafted]));
    assert_eq!(status(&app, &id), "blocked");
}

#[test]
fn a_permission_that_is_replaced_is_found_when_it_is_sent() {
    // D37.
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let first = permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let copy = [(family.mia.as_str(), family.mia_contact.as_str())];
    permit(&app, &family, json!({"supersedesId":first,"decidedAt":"2026-05-01T10:00:00.000Z"}));
    assert_eq!(status(&app, &id), "extracted", "a replacement by itself blocks nothing");
    let changed = dispatch(&manager, &id, &copy).problem(409, "consent-required");
    assert_eq!((changed.rules(), &changed.body["policy"]["rule"]), (vec!["consent_changed".to_owned()], &json!("R16")));
    assert!(left(&app, &family).is_empty());
    // Extracted once more it rests on the new one.
    extract(&manager, &id, &[&note]).ok(200);
    // What has run out by then is refused by its own rule.
    app.clock.set(at("2027-03-01T00:00:00Z"), true);
    dispatch(&manager, &id, &copy).problem(409, "consent-required").rule("consent_expired");
    app.clock.set(at("2027-02-28T23:59:59Z"), true);
    dispatch(&manager, &id, &copy).ok(200);
}

#[test]
fn what_was_corrected_or_moved_since_is_not_sent() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    let copy = [(family.mia.as_str(), family.mia_contact.as_str())];
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Said anew.","factOrOpinion":"fact",
        "sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let newer = app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201).id();
    dispatch(&manager, &id, &copy).problem(409, "invalid-state").rule("note_superseded");
    extract(&manager, &id, &[&newer]).ok(200);
    let right = Family::record(&app);
    let body = json!({"caseId":right.case,"reason":"Theirs.","fromPersonId":right.mia,"aboutPersonIds":[right.ana]});
    app.adviser().post(&format!("/notes/{newer}/relocation"), &body).ok(201);
    dispatch(&manager, &id, &copy).problem(409, "invalid-state").rule("note_superseded");
    assert!(left(&app, &family).is_empty());
}

#[test]
fn whoever_serves_another_side_of_the_family_decides_nothing() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    permit(&app, &family, json!({}));
    let (id, note) = extracted(&app, &family);
    // The service manager takes the child's own case.
    let own = crate::apart::own_case(&app.manager(), &family.ana);
    assert_eq!(own.body["restricted"], true);
    let conflicted = |reply: Reply| drop(reply.problem(409, "same-person").rule("conflicted_decider"));
    conflicted(dispatch(&app.manager(), &id, &[(&family.mia, &family.mia_contact)]));
    conflicted(extract(&app.manager(), &id, &[&note]));
    conflicted(decide(&app.manager(), &id, &json!({"decision":"refuse","reason":"No."})));
    // Another holder of the role acts.
    let deputy = app.as_staff(Role::ServiceManager, "Deputy");
    dispatch(&deputy, &id, &[(&family.mia, &family.mia_contact)]).ok(200);
    // Whoever is kept away from the case finds nothing.
    let me = deputy.get("/me").ok(200).id();
    let version = app.adviser().get(&format!("/cases/{}", family.case)).ok(200).version();
    let away = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[me],"reason":"A relative."});
    app.as_staff(Role::ServiceManager, "Third").if_match(version).put(&format!("/cases/{}/restriction", family.case), &away).ok(200);
    deputy.get(&path(&id)).problem(404, "not-found");
    assert_eq!(deputy.get("/legal-requests").ok(200).body["items"], json!([]));
}

#[test]
fn what_is_refused_is_given_up_and_a_case_with_a_draft_is_not_closed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    permit(&app, &family, json!({}));
    let (id, _) = extracted(&app, &family);
    let case = format!("/cases/{}", family.case);
    let version = app.adviser().get(&case).ok(200).version();
    app.adviser()
        .if_match(version)
        .post(&format!("{case}/closure"), &json!({"outcome":"agreed"}))
        .problem(409, "invalid-state")
        .rule("not_decided");
    let refused = decide(&manager, &id, &json!({"decision":"refuse","reason":"It was withdrawn by the officer."})).ok(200);
    assert_eq!((refused.str("status"), &refused.body["extracts"][0]["status"]), ("refused".to_owned(), &json!("cancelled")));
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(409, "invalid-state");
    decide(&manager, &id, &json!({"decision":"consider"})).problem(409, "invalid-state");
    family.close(&app);
    let closed = manager.if_match(refused.version()).post(&format!("{}/closure", path(&id)), &json!({})).ok(200);
    assert_eq!((closed.str("status"), &closed.body["allowedActions"]), ("closed".to_owned(), &json!([])));
    manager.if_match(closed.version()).post(&format!("{}/closure", path(&id)), &json!({})).problem(409, "invalid-state");
    assert!(left(&app, &family).is_empty());
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
