//! Who learns what of a request about somebody who has a case of their own (C1, C9): whoever recorded it, whoever works there, whoever asks.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::{own_case, with_subject};
use crate::asking::{build, deliver, dispatch, event, for_child, held, include, left, log, path, put, read, withhold, words};
use crate::family::Family;
use crate::harness::{Session, TestApp};

/// A note of this person in a case of theirs, and that it was passed on because of a risk of which they know.
fn said(session: &Session<'_>, family: &Family, case: &str, person: &str, words: &str) -> String {
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":person,
        "aboutPersonIds":[person],"namesOthers":false,"informationCategories":["views_and_wishes"],"concern":words,
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let note = session.post(&format!("/cases/{case}/notes"), &note).ok(201).id();
    let risk = family
        .risk(&note, json!({"subjectIds":[person],"toldSubject":"yes","toldReason":null,"informationCategories":["views_and_wishes"]}));
    session.post(&format!("/cases/{case}/disclosures"), &risk).ok(201);
    note
}

fn all(session: &Session<'_>, id: &str) -> Vec<Value> {
    held(session, id).iter().map(|item| include(item["id"].as_str().unwrap())).collect()
}

#[test]
fn whoever_recorded_a_request_sees_its_clock_and_how_it_stands_and_no_more() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let (manager, uncle) = (app.manager().with("Access-Reason", "subject_access_request"), app.as_staff(Role::ServiceManager, "uncle"));
    let own = own_case(&hers, &family.ana);
    let away = uncle.get("/me").ok(200).id();
    let body = json!({"restricted":true,"namedStaffIds":[own.body["assignedTo"]["id"]],"conflictedStaffIds":[away],"reason":"A relative."});
    let version = hers.get(&format!("/cases/{}", own.id())).ok(200).version();
    manager.if_match(version).put(&format!("/cases/{}/restriction", own.id()), &body).ok(200);
    let asks = family.subject_access(json!({"subjectId":family.ana,"requesterId":family.ana,"capacity":"subject"}));
    let uncle = uncle.with("Access-Reason", "subject_access_request");
    for recorder in [&app.adviser(), &uncle] {
        let taken = recorder.post("/subject-access-requests", &asks).ok(201);
        let id = taken.id();
        event(&manager, &id, "clarification_asked", "2026-06-01").ok(200);
        event(&manager, &id, "clarification_received", "2026-06-01").ok(200);
        let seen = read(recorder, &id);
        assert_eq!(["status", "dueOn", "subjectId"].map(|name| seen.str(name)), ["running", "2026-06-29", &family.ana]);
        assert_eq!(seen.body["clockEvents"].as_array().unwrap().len(), 2);
        for reply in [&taken, &seen] {
            assert_eq!(reply.body["allowedActions"], json!([]), "{}", reply.text);
            for untold in ["scope", "reason", "conflictedStaffIds\":[\"", &own.id()] {
                assert!(!reply.text.contains(untold), "{untold} is in {}", reply.text);
            }
        }
        // Nobody else does who does not see all it is about, and the recorder does nothing more about it.
        for other in [app.as_staff(Role::Adviser, "another"), app.as_staff(Role::ServiceManager, "uncle")] {
            if recorder.get("/me").ok(200).id() != other.get("/me").ok(200).id() {
                other.get(&path(&id)).problem(404, "not-found");
            }
        }
        if recorder.get("/me").ok(200).id() == away {
            recorder.get(&format!("{}/candidate-items", path(&id))).problem(404, "not-found");
            recorder.if_match(3).patch(&path(&id), &json!({"bestInterests":"Hers."})).problem(404, "not-found");
            assert_eq!(recorder.get("/subject-access-requests").ok(200).body["items"], json!([]));
        }
        assert_eq!(read(&manager, &id).body["allowedActions"].as_array().unwrap().len(), 5);
    }
    // Whoever would see it for a reason is asked for one once it is recorded.
    let taken = app.manager().post("/subject-access-requests", &asks).ok(201);
    assert_eq!((&taken.body["allowedActions"], taken.body.get("scope")), (&json!([]), None));
    app.manager().get(&path(&taken.id())).problem(403, "access-reason-required");
}

#[test]
fn whoever_works_for_another_side_decides_nothing_and_is_not_called_close_to_them() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, his) = (app.manager(), app.as_staff(Role::ServiceManager, "his").with("Access-Reason", "subject_access_request"));
    let note = family.n1(&app);
    let id = log(&app, &family, for_child(&family.mia, &family.ana));
    let base = path(&id);
    held(&his, &id);
    own_case(&his, &family.finn);
    let at = his.if_match(1);
    for reply in [
        his.get(&format!("{base}/candidate-items")),
        at.put(&format!("{base}/items"), &json!({"items":[include(&note)]})),
        at.patch(&base, &json!({"bestInterests":"Hers."})),
        at.post(&format!("{base}/refusal"), &json!({"reason":"No.","rightsNoticeOn":"2026-06-01"})),
        event(&his, &id, "clarification_asked", "2026-06-01"),
        build(&his, &id),
    ] {
        reply.problem(409, "same-person").rule("conflict_of_interest");
    }
    put(&manager, &id, &[include(&note)]).ok(200);
}

#[test]
fn nothing_of_a_case_of_ones_own_is_in_the_answer_to_another() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (hers, manager) = (app.as_staff(Role::Adviser, "hers"), app.manager());
    let deputy = app.as_staff(Role::ServiceManager, "deputy").with("Access-Reason", "subject_access_request");
    let contact = Family::verify(&app, &family.mia);
    let shared = family.n1(&app);
    let own = own_case(&hers, &family.ana).id();
    said(&hers, &family, &own, &family.ana, "I want to live with Nell.");
    // Another case of hers, of which the mother might know when she asks, and which is her own alone by the time it is answered.
    let other = app.as_staff(Role::Adviser, "other");
    let later = with_subject(&other, &family.ana, false);
    said(&other, &family, &later.id(), &family.ana, "Lunch is lonely.");
    let id = log(&app, &family, for_child(&family.mia, &family.ana));
    let known =
        |session: &Session<'_>| held(session, &id).iter().map(|item| item["concern"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(known(&manager), ["Lunch is lonely.", "Speech therapy has stopped."]);
    deliver(&manager, &id, &contact).ok(200);
    put(&manager, &id, &all(&manager, &id)).ok(200);
    build(&manager, &id).ok(202);
    assert!(words(&manager, &id).contains("Lunch is lonely."));
    let part = other.get(&format!("/cases/{}/participants", later.id())).ok(200).body["items"][0]["id"].as_str().unwrap().to_owned();
    other.if_match(1).patch(&format!("/participants/{part}"), &json!({"servedSeparately":true})).ok(200);
    // What is decided of it is of nothing that is held any more.
    for reply in [build(&deputy, &id), deputy.get(&format!("{}/bundle/file", path(&id))), dispatch(&deputy, &id, "secure_email")] {
        reply.problem(409, "invalid-state").rule("sar_not_decided");
    }
    assert_eq!(known(&deputy), ["Speech therapy has stopped."]);
    put(&deputy, &id, &[include(&shared)]).ok(200);
    build(&deputy, &id).ok(202);
    let told = words(&deputy, &id);
    for untold in ["lonely", "Nell", "Hub", "What is on record"] {
        assert!(!told.contains(untold), "{untold} is in {told}");
    }
    assert!(told.contains("This letter has a copy of our notes. We also keep"), "{told}");
    let before = left(&app).len();
    let sent = dispatch(&deputy, &id, "secure_email").ok(200);
    assert_eq!((sent.body["disclosureIds"].as_array().unwrap().len(), left(&app).len()), (1, before + 1));
    for (worker, case) in [(&hers, &own), (&other, &later.id())] {
        let list = worker.get(&format!("/cases/{case}/disclosures")).ok(200);
        let bases: Vec<&Value> = list.body["items"].as_array().unwrap().iter().map(|row| &row["basis"]).collect();
        assert_eq!(bases, ["safeguarding"]);
    }
}

#[test]
fn a_risk_they_were_told_of_stands_in_the_answer_unless_it_is_kept_from_them() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let told = json!({"subjectIds":[family.mia],"toldSubject":"yes","toldReason":null});
    let kept = family.n1(&app);
    let mut withheld = told.clone();
    crate::family::merge(&mut withheld, json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-06-20"}));
    family.disclose(&app, &family.risk(&kept, withheld)).ok(201);
    let id = log(&app, &family, json!({}));
    let answer = |item: Value| {
        put(&manager, &id, &[item]).ok(200);
        build(&manager, &id).ok(202);
        words(&manager, &id)
    };
    assert!(answer(withhold(&kept)).contains("nothing that was passed on"), "it is kept from her, whatever she was told");
    app.clock.set(crate::harness::at("2026-06-21T09:00:00Z"), true);
    let said = answer(include(&kept));
    assert!(said.contains("Safeguarding Hub"), "{said}");
}
