//! The answer to a subject access request leaves through the one exit: by the manager, directly to whoever asked, at an address of their own (C9).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::asking::{build, deliver, dispatch, event, for_child, held, include, left, log, path, put, read, redact, withhold, words};
use crate::disposals::{dispose, propose};
use crate::family::Family;
use crate::harness::{Reply, Session, TestApp};

/// Includes all that is held, and builds the answer.
pub fn ready(session: &Session<'_>, id: &str) {
    let items: Vec<Value> = held(session, id).iter().map(|item| include(item["id"].as_str().unwrap())).collect();
    put(session, id, &items).ok(200);
    build(session, id).ok(202);
}

/// Replaces how somebody is reached.
pub fn reach(app: &TestApp, person: &str, change: &Value) {
    let path = format!("/people/{person}");
    let version = app.adviser().get(&path).ok(200).version();
    app.adviser().if_match(version).patch(&path, change).ok(200);
}

/// A second case of Mia's, with a note of hers; both ids.
pub fn second(app: &TestApp, family: &Family) -> (String, String) {
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.mia,"role":"service_user","relation":"parent","servedSeparately":false}]});
    let case = app.adviser().post("/cases", &case).ok(201).id();
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-21T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.mia],"namesOthers":false,"informationCategories":["views_and_wishes"],"concern":"Is tired.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":true,"wishOn":"2026-05-21"});
    let note = app.adviser().post(&format!("/cases/{case}/notes"), &note).ok(201).id();
    (case, note)
}

#[test]
fn the_answer_leaves_once_of_each_case_in_the_words_that_were_decided() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let contact = Family::verify(&app, &family.mia);
    let (first, kept) = (family.n1(&app), family.note(&app, &family.finn, &[&family.mia], "family_circumstances", json!({})));
    let (case, tired) = second(&app, &family);
    family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&first, json!({}))).ok(201);
    family.disclose(&app, &family.risk(&first, json!({"subjectIds":[family.mia]}))).ok(201);
    let id = log(&app, &family, json!({}));
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("sar_not_decided");
    put(&manager, &id, &[redact(&first, "Speech therapy has stopped."), withhold(&kept), include(&tired)]).ok(200);
    build(&manager, &id).ok(202);
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("address_unverified");
    deliver(&manager, &id, &contact).ok(200);
    // What is told meanwhile re-opens it, and that it did not leave is on record.
    let late = family.n1(&app);
    let refused = dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("sar_not_decided");
    let entry = manager.get(&format!("/disclosure-log/entries/{}", refused.body["refusalIndex"])).ok(200);
    assert_eq!((&entry.body["body"]["kind"], &entry.body["body"]["rules"]), (&json!("disclosure_refused"), &json!(["R2/sar_not_decided"])));
    let items = [redact(&first, "Speech therapy has stopped."), withhold(&kept), include(&tired), withhold(&late)];
    put(&manager, &id, &items).ok(200);
    build(&manager, &id).ok(202);
    let told = words(&manager, &id);
    for phrase in [
        "What we hold about you",
        "To Mia Marsh",
        "Enclosed 2 notes",
        "mia@example.org",
        "Speech therapy has stopped.",
        "Is tired.",
        "Council, SEND team North (speaking",
        "What is not enclosed",
    ] {
        assert!(told.contains(phrase), "{phrase:?} is not in: {told}");
    }
    for untold in ["Explained", "Finn", "neighbour", "IASS", "Hub", "decided"] {
        assert!(!told.contains(untold), "{untold:?} is in: {told}");
    }
    let keyed = manager.with("Idempotency-Key", "dispatch-00000001");
    let sent = dispatch(&keyed, &id, "secure_email").ok(200);
    assert_eq!((sent.str("status"), sent.str("sentAt")), ("sent".to_owned(), "2026-06-01T09:00:00.000Z".to_owned()));
    assert_eq!((sent.body["disclosureIds"].as_array().unwrap().len(), &sent.body["allowedActions"]), (2, &json!(["bundle_file"])));
    let replay = keyed.if_match(1).post(&format!("{}/dispatch", path(&id)), &json!({"channel":"secure_email"})).ok(200);
    let made = |app: &TestApp| left(app).into_iter().filter(|entry| entry["body"]["kind"] == "disclosure_made").collect::<Vec<Value>>();
    assert_eq!((replay.header("idempotency-replayed"), made(&app).len()), ("true".to_owned(), 2));
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state");
    assert_eq!(words(&manager, &id), told, "it stays as it was sent");
    // Each is a disclosure of its case, to her alone.
    for (note, of) in [(&first, &family.case), (&tired, &case)] {
        let list = app.adviser().get(&format!("/cases/{of}/disclosures")).ok(200);
        let row = list.body["items"].as_array().unwrap().iter().find(|row| row["basis"] == "data_subject_right").unwrap().clone();
        assert!(sent.body["disclosureIds"].as_array().unwrap().contains(&row["id"]));
        let made = app.adviser().get(&format!("/disclosures/{}", row["id"].as_str().unwrap())).ok(200);
        let told = ["basis", "purpose", "channel", "sarId"].map(|name| made.str(name));
        assert_eq!(told, ["data_subject_right", "sar_response", "secure_email", &id]);
        assert_eq!((&made.body["noteIds"], &made.body["recipient"]), (&json!([note]), &json!({"personId":family.mia})));
    }
    // The log commits to the words that left, and to whom.
    let digest = |words: &str| json!(Sha256::digest(words).iter().fold(String::new(), |digest, byte| digest + &format!("{byte:02x}")));
    let mut digests = Vec::new();
    for entry in &made(&app) {
        let because = manager.with("Access-Reason", "subject_access_request");
        let opened = because.get(&format!("/disclosure-log/entries/{}?openings=true", entry["index"])).ok(200);
        let opening = |label: &str| {
            let all = opened.body["openings"].as_array().unwrap();
            all.iter().find(|opening| opening["label"] == label).unwrap_or_else(|| panic!("{label}: {}", opened.text))["value"].clone()
        };
        assert_eq!(opening("recipientPerson"), json!(family.mia));
        digests.push(opening("items/0/digest"));
    }
    digests.sort_by_key(Value::to_string);
    let mut expected = [digest("Speech therapy has stopped."), digest("Is tired.\n")];
    expected.sort_by_key(Value::to_string);
    assert_eq!(digests, expected);
    assert!(["sar_target", "sar_alert", "sar_notice"].iter().all(|kind| Family::tasks(&app, kind, &id).is_empty()));
    // By no other way.
    let body = family.ask(&first, json!({"basis":"data_subject_right","purpose":"sar_response"}));
    family.disclose(&app, &body).problem(400, "validation-failed").rule_at("#/basis", "enum");
}

#[test]
fn the_answer_goes_to_a_verified_and_safe_contact_of_whoever_asked_and_to_nobody_else() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    family.n1(&app);
    let id = log(&app, &family, json!({}));
    ready(&manager, &id);
    let finn = app.adviser().get(&format!("/people/{}", family.finn)).ok(200).body["contacts"][0]["id"].as_str().unwrap().to_owned();
    // Neither by way of another parent nor of the council or a school.
    deliver(&manager, &id, &finn).problem(422, "rule-violated").rule_at("#/deliveryContactId", "unknown_reference");
    let version = read(&manager, &id).version();
    for (name, value) in [("recipient", json!({"recipientId":family.council})), ("copies", json!([])), ("personId", json!(family.finn))] {
        let body = json!({"channel":"secure_email",name:value});
        manager.if_match(version).post(&format!("{}/dispatch", path(&id)), &body).problem(400, "validation-failed");
    }
    deliver(&manager, &id, &family.mia_contact).ok(200);
    dispatch(&manager, &id, "secure_email").problem(409, "invalid-state").rule("address_unverified");
    Family::verify(&app, &family.mia);
    dispatch(&manager, &id, "post_tracked").problem(422, "rule-violated").rule_at("#/channel", "contradicting_fields");
    // How she may be reached binds, by whatever way.
    reach(&app, &family.mia, &json!({"safeContact":{"avoidChannels":["secure_email"]}}));
    let avoided = dispatch(&manager, &id, "secure_email").problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    assert!(avoided.body["refusalIndex"].is_number(), "{}", avoided.text);
    reach(
        &app,
        &family.mia,
        &json!({"safeContact":null,"contacts":[{"id":family.mia_contact,"kind":"email","value":"mia@example.org",
        "safe":false,"verifiedAt":"2026-05-30T10:00:00.000Z"},{"kind":"email","value":"other@example.org","safe":true}]}),
    );
    dispatch(&manager, &id, "secure_email").problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    dispatch(&manager, &id, "in_person_handover").problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    reach(
        &app,
        &family.mia,
        &json!({"contacts":[{"id":family.mia_contact,"kind":"email","value":"mia@example.org","safe":true,
        "verifiedAt":"2026-05-30T10:00:00.000Z"}]}),
    );
    dispatch(&manager, &id, "secure_email").ok(200);
}

#[test]
fn an_answer_without_notes_leaves_each_case_by_the_same_exit() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let contact = Family::verify(&app, &family.mia);
    // Of one case nothing is held, of the other nothing goes.
    let (case, tired) = second(&app, &family);
    let id = log(&app, &family, json!({}));
    deliver(&manager, &id, &contact).ok(200);
    put(&manager, &id, &[withhold(&tired)]).ok(200);
    build(&manager, &id).ok(202);
    reach(&app, &family.mia, &json!({"safeContact":{"avoidChannels":["secure_email"]}}));
    let refused = dispatch(&manager, &id, "secure_email").problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    let entry = manager.get(&format!("/disclosure-log/entries/{}", refused.body["refusalIndex"])).ok(200);
    assert_eq!((&entry.body["body"]["kind"], &entry.body["body"]["rules"]), (&json!("disclosure_refused"), &json!(["unsafe_contact"])));
    reach(&app, &family.mia, &json!({"safeContact":null}));
    let sent = dispatch(&manager, &id, "secure_email").ok(200);
    let made: Vec<Reply> = sent.body["disclosureIds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| app.adviser().get(&format!("/disclosures/{}", id.as_str().unwrap())).ok(200))
        .collect();
    assert_eq!(made.iter().map(|made| made.str("caseId")).collect::<Vec<_>>(), [family.case.clone(), case]);
    for made in made {
        let told = ["noteIds", "subjectIds", "informationCategories", "recipient"].map(|name| made.body[name].clone());
        assert_eq!(told, [json!([]), json!([family.mia]), json!(["contact_details"]), json!({"personId":family.mia})]);
    }
    assert_eq!(left(&app).iter().filter(|entry| entry["body"]["kind"] == "disclosure_made").count(), 2);
}

#[test]
fn no_answer_leaves_a_case_that_is_somebodys_own_by_now() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (hers, manager) = (app.as_staff(Role::Adviser, "hers"), app.manager());
    let deputy = app.as_staff(Role::ServiceManager, "deputy").with("Access-Reason", "subject_access_request");
    let contact = Family::verify(&app, &family.mia);
    let own = crate::apart::with_subject(&hers, &family.ana, false);
    let id = log(&app, &family, for_child(&family.mia, &family.ana));
    deliver(&manager, &id, &contact).ok(200);
    ready(&manager, &id);
    let part = hers.get(&format!("/cases/{}/participants", own.id())).ok(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    hers.if_match(1).patch(&format!("/participants/{part}"), &json!({"servedSeparately":true})).ok(200);
    let sent = dispatch(&deputy, &id, "secure_email").ok(200);
    assert_eq!(sent.body["disclosureIds"].as_array().unwrap().len(), 1);
    assert_eq!(hers.get(&format!("/cases/{}/disclosures", own.id())).ok(200).body["items"], json!([]));
}

#[test]
fn whoever_asks_for_another_shows_that_they_may() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201);
    let solicitor = json!({"kind":"professional","fullName":"Io Reed","pseudonymous":false,
        "contacts":[{"kind":"email","value":"io@example.org","safe":true}]});
    let solicitor = app.adviser().post("/people", &solicitor).ok(201).id();
    let asked = |requester: &str, capacity: &str| {
        let mut body = json!({"subjectId":family.ana,"requesterId":requester,"capacity":capacity});
        if capacity == "solicitor" {
            app.adviser()
                .post("/subject-access-requests", &family.subject_access(body.clone()))
                .problem(422, "rule-violated")
                .rule_at("#/actingForId", "acting_for_missing");
            body["actingForId"] = json!(family.finn);
        }
        let id = log(&app, &family, body);
        deliver(&manager, &id, &Family::verify(&app, requester)).ok(200);
        id
    };
    let missing = |id: &str| dispatch(&manager, id, "secure_email").problem(409, "invalid-state").rule("authority_missing");
    // A solicitor without authority, before and while it is asked for; a grandmother; the child, whom nobody has assessed.
    let by_solicitor = asked(&solicitor, "solicitor");
    event(&manager, &by_solicitor, "authority_asked", "2026-05-30").ok(200);
    missing(&by_solicitor);
    let by_nell = asked(&family.nell, "parent");
    ready(&manager, &by_nell);
    missing(&by_nell);
    reach(&app, &family.ana, &json!({"contacts":[{"kind":"email","value":"ana@example.org","safe":true}]}));
    let by_ana = asked(&family.ana, "subject");
    ready(&manager, &by_ana);
    missing(&by_ana);
    // A parent of a child who does not decide.
    let by_finn = asked(&family.finn, "parent");
    ready(&manager, &by_finn);
    dispatch(&manager, &by_finn, "secure_email").ok(200);
    // Once she can decide this, she asks for herself, and her mother with her authority, or if it is clearly in her interests.
    let by_mia = asked(&family.mia, "parent");
    ready(&manager, &by_mia);
    let assessed = json!({"decisionKind":"subject_access","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-30","reasons":"Told it back."});
    app.adviser().post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    missing(&by_mia);
    dispatch(&manager, &by_ana, "secure_email").ok(200);
    let version = read(&manager, &by_mia).version();
    manager.if_match(version).patch(&path(&by_mia), &json!({"bestInterests":"Only she can act on it."})).ok(200);
    dispatch(&manager, &by_mia, "secure_email").ok(200);
    event(&manager, &by_solicitor, "authority_received", "2026-06-01").ok(200);
    ready(&manager, &by_solicitor);
    // The father for whom they act may not ask himself by now.
    missing(&by_solicitor);
    let version = read(&manager, &by_solicitor).version();
    manager.if_match(version).patch(&path(&by_solicitor), &json!({"bestInterests":"Only he can act on it."})).ok(200);
    let told = words(&manager, &by_solicitor);
    assert!(told.contains("What we hold about Ana Marsh") && told.contains("To Io Reed"), "{told}");
    assert!(
        !told.contains("12 March 2014") && !told.contains("SEND team North"),
        "what nobody decided about is told to nobody else: {told}"
    );
    let sent = dispatch(&manager, &by_solicitor, "secure_email").ok(200);
    let made = app.adviser().get(&format!("/disclosures/{}", sent.body["disclosureIds"][0].as_str().unwrap())).ok(200);
    assert_eq!(made.body["recipient"], json!({"personId":solicitor}));
}

#[test]
fn a_child_who_said_no_is_assessed_first_unless_it_is_clearly_best_for_them() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let contact = Family::verify(&app, &family.mia);
    let asked = || {
        let id = log(&app, &family, for_child(&family.mia, &family.ana));
        deliver(&manager, &id, &contact).ok(200);
        ready(&manager, &id);
        id
    };
    let missing = |id: &str| dispatch(&manager, id, "secure_email").problem(409, "invalid-state").rule("authority_missing");
    let best = |id: &str| {
        let change = json!({"deliveryContactId":contact,"bestInterests":"She must know it to keep her safe."});
        manager.if_match(read(&manager, id).version()).patch(&path(id), &change).ok(200);
    };
    let refusal = |change: Value| {
        let mut no = json!({"decision":"refused","granterId":family.ana,"subjectIds":[family.ana],"method":"written_signed",
            "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-05-02T10:00:00.000Z"});
        crate::family::merge(&mut no, change);
        app.adviser().post(&format!("/cases/{}/consents", family.case), &no).ok(201).id()
    };
    // What she says to others, or of one purpose, is no word about her mother.
    refusal(json!({"recipients":[{"personId":family.finn}]}));
    refusal(json!({"purposes":["quality_survey"]}));
    refusal(json!({"granterId":family.finn,"recipients":[{"personId":family.mia}]}));
    dispatch(&manager, &asked(), "secure_email").ok(200);
    // She has said no to her mother; and, once she took that back, to everybody.
    for to in [json!([{"personId":family.mia}]), Value::Null] {
        let no = refusal(json!({"recipients":to}));
        let id = asked();
        missing(&id);
        family.withdraw(&app, &no, json!({"withdrawnById":family.ana})).ok(200);
        dispatch(&manager, &id, "secure_email").ok(200);
    }
    // Words of hers that she wished to be kept do not go either, while nobody knows whether she decides; without them the rest does.
    let kept = json!({"keepConfidential":true,"wishByPersonId":family.ana,"wishOn":"2026-05-20"});
    let secret = family.note(&app, &family.ana, &[&family.ana], "views_and_wishes", kept);
    let (with, without) = (asked(), asked());
    missing(&with);
    let items: Vec<Value> = held(&manager, &without)
        .iter()
        .map(|item| if item["id"] == *secret { withhold(&secret) } else { include(item["id"].as_str().unwrap()) })
        .collect();
    put(&manager, &without, &items).ok(200);
    build(&manager, &without).ok(202);
    dispatch(&manager, &without, "secure_email").ok(200);
    best(&with);
    build(&manager, &with).ok(202);
    dispatch(&manager, &with, "secure_email").ok(200);
    // Of a child who cannot decide a no is a wish (R6).
    refusal(json!({}));
    let id = asked();
    missing(&id);
    let assessed = json!({"decisionKind":"subject_access","understands":false,"retains":true,"weighs":true,"communicates":true,
        "outcome":"cannot_decide","assessedOn":"2026-05-30","reasons":"Could not tell it back."});
    app.adviser().post(&format!("/people/{}/capacity-records", family.ana), &assessed).ok(201);
    dispatch(&manager, &id, "secure_email").ok(200);
}

#[test]
fn a_manager_who_is_the_subject_or_close_to_them_does_nothing_about_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, deputy) = (app.manager(), app.as_staff(Role::ServiceManager, "deputy"));
    let (note, contact) = (family.n1(&app), Family::verify(&app, &family.mia));
    let herself = manager.get("/me").ok(200).id();
    let id = log(&app, &family, json!({"conflictedStaffIds":[herself]}));
    let base = path(&id);
    let shut = |version: i64| {
        let session = manager.if_match(version);
        let refusal = json!({"reason":"No.","rightsNoticeOn":"2026-06-01"});
        for reply in [
            session.get(&format!("{base}/candidate-items")),
            session.put(&format!("{base}/items"), &json!({"items":[include(&note)]})),
            session.patch(&base, &json!({"conflictedStaffIds":[]})),
            session.post(&format!("{base}/refusal"), &refusal),
        ] {
            reply.problem(409, "same-person").rule("conflicted_decider");
        }
    };
    shut(1);
    event(&manager, &id, "clarification_asked", "2026-06-01").problem(409, "same-person").rule("conflicted_decider");
    build(&manager, &id).problem(409, "same-person").rule("conflicted_decider");
    deliver(&deputy, &id, &contact).ok(200);
    ready(&deputy, &id);
    shut(4);
    manager.get(&format!("{base}/bundle")).problem(409, "same-person").rule("conflicted_decider");
    dispatch(&manager, &id, "secure_email").problem(409, "same-person").rule("conflicted_decider");
    assert_eq!(read(&manager, &id).str("status"), "ready");
    let sent = dispatch(&deputy, &id, "secure_email").ok(200);
    assert_eq!(sent.body["decidedBy"]["displayName"], "deputy");
}

#[test]
fn an_open_request_keeps_what_is_held_and_goes_with_the_last_of_its_cases() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let ((case, _), contact) = (second(&app, &family), Family::verify(&app, &family.mia));
    let (asked, other) = (log(&app, &family, json!({})), log(&app, &family, for_child(&family.mia, &family.ana)));
    let close = |case: &str| {
        let version = app.adviser().get(&format!("/cases/{case}")).ok(200).version();
        app.adviser().if_match(version).post(&format!("/cases/{case}/closure"), &json!({"outcome":"agreed"})).ok(200);
    };
    close(&case);
    let held = |case: &str| app.adviser().get(&format!("/cases/{case}")).ok(200).body["retention"]["held"].clone();
    assert_eq!(held(&case), json!(true));
    propose(&app, &[&case]).problem(409, "retention-hold");
    deliver(&manager, &asked, &contact).ok(200);
    ready(&manager, &asked);
    let sent = dispatch(&manager, &asked, "secure_email").ok(200);
    assert_eq!((held(&case), held(&family.case)), (json!(false), json!(true)), "what is held of her daughter is not answered yet");
    dispose(&app, &[&case]);
    // What was decided of it went with it; the request is about the other case still.
    let rest = read(&manager, &asked);
    let (all, left) = (sent.body["disclosureIds"].as_array().unwrap(), rest.body["disclosureIds"].as_array().unwrap());
    assert_eq!((rest.str("status"), all.len(), left.len()), ("sent".to_owned(), 2, 1));
    let gone = all.iter().find(|id| !left.contains(id)).unwrap();
    manager.get(&format!("/disclosures/{}", gone.as_str().unwrap())).problem(404, "not-found");
    let refusal = json!({"reason":"She took it back.","rightsNoticeOn":"2026-06-01"});
    manager.if_match(1).post(&format!("{}/refusal", path(&other)), &refusal).ok(200);
    close(&family.case);
    dispose(&app, &[&family.case]);
    for id in [asked, other] {
        manager.get(&path(&id)).problem(404, "not-found");
    }
    assert_eq!(manager.get("/subject-access-requests?includeTotal=true").ok(200).body["page"]["total"], 0);
}
