//! Cases and their participants over HTTP: headers, filters, codes, and who finds what.

use sendiass::domain::vocabulary::Role;
use serde_json::json;

use crate::family::Family;
use crate::harness::{Session, TestApp, at};

#[test]
fn a_case_is_read_changed_closed_and_reopened_by_version() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}", family.case);
    let case = app.adviser().get(&path).ok(200);
    assert_eq!((case.header("etag").as_str(), case.str("reference").as_str()), ("\"1\"", "IASS-2026-000001"));
    assert_eq!(case.body["retention"], json!({"class": "rc03_child_casework", "reviewOn": "2039-03-12", "held": false}));

    let changed = app.adviser().if_match(case.version()).patch(&path, &json!({"settingName": null, "status": "inactive"})).ok(200);
    assert_eq!((changed.version(), changed.str("status").as_str()), (2, "inactive"));
    assert!(changed.body.get("settingName").is_none());
    let two = json!({"reasonsForContact": [{"reason": "funding", "primary": true}, {"reason": "other", "primary": true}]});
    app.adviser().if_match(changed.version()).patch(&path, &two).problem(400, "validation-failed").rule("primary_reason");
    app.adviser()
        .if_match(changed.version())
        .patch(&path, &json!({"area": "atlantis"}))
        .problem(400, "validation-failed")
        .rule_at("#/area", "enum");
    app.adviser().if_match(changed.version()).patch(&path, &json!({"status": "closed"})).problem(400, "validation-failed");
    app.adviser().if_match(case.version()).patch(&path, &json!({})).problem(412, "stale-version");
    app.adviser().post(&format!("{path}/closure"), &json!({"outcome": "agreed"})).problem(428, "precondition-required");

    let closed = app.adviser().if_match(changed.version()).post(&format!("{path}/closure"), &json!({"outcome": "agreed"})).ok(200);
    assert_eq!(
        closed.body["allowedActions"],
        json!(["reopen", "record_consent", "check_disclosure", "record_disclosure", "request_information", "raise_concern"])
    );
    app.adviser().if_match(closed.version()).patch(&path, &json!({"status": "open"})).problem(409, "invalid-state").rule("case_closed");
    let open = app.adviser().if_match(closed.version()).post(&format!("{path}/reopening"), &json!({"reason": "A new draft came."})).ok(200);
    assert_eq!((open.str("status").as_str(), &open.body["reopenings"][0]["reason"]), ("open", &json!("A new draft came.")));
}

#[test]
fn a_restricted_case_is_absent_for_others_and_asks_a_manager_for_a_reason() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}", family.case);
    let case = app.adviser().get(&path).ok(200);
    let worker = case.body["assignedTo"]["id"].clone();
    let wanted = json!({"restricted": true, "namedStaffIds": [worker], "conflictedStaffIds": [], "reason": "A relative works here."});
    app.adviser().if_match(case.version()).put(&format!("{path}/restriction"), &wanted).problem(403, "forbidden");
    app.manager().if_match(case.version()).put(&format!("{path}/restriction"), &wanted).ok(200);

    let other = || app.as_staff(Role::Adviser, "another adviser");
    other().get(&path).problem(404, "not-found");
    other().get(&format!("{path}/participants")).problem(404, "not-found");
    assert_eq!(other().get("/cases?includeTotal=true").ok(200).body["page"]["total"], 0);
    app.manager().get(&path).problem(403, "access-reason-required");
    app.manager().with("Access-Reason", "supervision").get(&path).ok(200);
    assert_eq!(app.adviser().get("/cases?assignedTo=me&status=open&sort=openedAt").ok(200).body["items"][0]["id"], family.case);
    app.adviser().get("/cases?assignedTo=everybody").problem(400, "validation-failed");
}

#[test]
fn a_participant_is_listed_changed_and_ended_but_never_removed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let list = format!("/cases/{}/participants", family.case);
    let page = app.adviser().get(&format!("{list}?limit=2&includeTotal=true")).ok(200);
    assert_eq!((page.body["items"].as_array().unwrap().len(), &page.body["page"]["total"]), (2, &json!(5)));
    let nell = &family.participants.iter().find(|(person, _)| *person == family.nell).unwrap().1;
    let ended = json!({"endedOn": "2026-05-31", "parentalResponsibility": []});
    app.adviser().patch(&format!("/participants/{nell}"), &ended).problem(428, "precondition-required");
    let first = format!("/participants/{nell}");
    // Whoever changes what they have not seen is told that first.
    app.adviser().if_match(7).patch(&first, &json!({"endedOn": "2026-06-02"})).problem(412, "stale-version");
    for (change, place, rule) in [
        (json!({"endedOn": "2026-06-02"}), "#/endedOn", "date_in_future"),
        (
            json!({"parentalResponsibility": [{"childId": family.ana, "value": "yes", "fromOn": "2026-05-02", "endedOn": "2026-05-01"}]}),
            "#/parentalResponsibility/0/endedOn",
            "contradicting_fields",
        ),
    ] {
        app.adviser().if_match(1).patch(&first, &change).problem(422, "rule-violated").rule_at(place, rule);
    }
    let nell = app.adviser().with("If-Match", "\"1\"").patch(&first, &ended).ok(200);
    assert_eq!((nell.version(), nell.str("endedOn").as_str()), (2, "2026-05-31"));
    let again = json!({"personId": family.nell, "role": "supporter", "relation": "grandparent", "servedSeparately": false});
    let back = app.adviser().post(&list, &again).ok(201);
    assert_eq!(back.header("location"), format!("/api/v1/participants/{}", back.id()));
    app.adviser().post(&list, &again).problem(422, "rule-violated").rule_at("#/personId", "contradicting_fields");
    // Nor do they come back as a second.
    let two = app.adviser().if_match(2).patch(&first, &json!({"endedOn": null}));
    two.problem(422, "rule-violated").rule_at("#/endedOn", "contradicting_fields");
}

#[test]
fn the_day_of_review_tells_of_no_restricted_note_and_never_moves_back() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let parents = json!({"interventionLevel":"l1","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.mia,"role":"service_user","relation":"parent","servedSeparately":false}]});
    let case = app.adviser().post("/cases", &parents).ok(201);
    let review = || app.adviser().get(&format!("/cases/{}", case.id())).ok(200).body["retention"]["reviewOn"].clone();
    let opened = case.body["retention"]["reviewOn"].clone();
    assert_eq!(opened, "2029-06-01");
    let write = |session: Session<'_>, day: &str, sensitivity: &str| {
        let note = json!({"kind":"discussion","channel":"phone","occurredAt":format!("{day}T10:00:00.000Z"),"fromPersonId":family.mia,
            "aboutPersonIds":[family.mia],"namesOthers":false,"informationCategories":["health"],"concern":"X.","factOrOpinion":"fact",
            "sensitivity":sensitivity,"keepConfidential":false});
        session.post(&format!("/cases/{}/notes", case.id()), &note).ok(201).id()
    };
    write(app.adviser(), "2026-01-05", "ordinary");
    assert_eq!(review(), opened, "a note of what was long ago takes nothing away");
    app.clock.set(at("2026-09-01T10:00:00Z"), true);
    write(app.manager(), "2026-08-20", "restricted");
    assert_eq!(review(), opened, "a restricted note is not told of");
    let moved = write(app.adviser(), "2026-08-25", "ordinary");
    assert_eq!(review(), "2029-08-25");
    let away = json!({"caseId":family.case,"reason":"The other case."});
    app.adviser().post(&format!("/notes/{moved}/relocation"), &away).ok(201);
    assert_eq!(review(), opened, "the note was never of this case");
}

#[test]
fn the_case_of_somebody_is_found_by_who_they_are_or_by_its_reference() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let list = |session: &Session<'_>, query: &str| {
        let page = session.get(&format!("/cases?includeTotal=true&sort=openedAt&{query}")).ok(200).body;
        let ids: Vec<String> = page["items"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(page["page"]["total"], ids.len(), "{query}");
        ids
    };
    let of = |session: &Session<'_>, person: &str| list(session, &format!("personId={person}"));
    let anybody = app.as_staff(Role::Adviser, "anybody");
    assert_eq!(of(&anybody, &family.mia), *std::slice::from_ref(&family.case));
    assert_eq!(list(&anybody, "reference=IASS-2026-000002"), *std::slice::from_ref(&other.case));
    let both = [family.case.clone(), other.case.clone()];
    for query in ["interventionLevel=l2,l3", "area=south", "restricted=false"] {
        assert_eq!(list(&anybody, query), both, "{query}");
    }
    for query in [
        "interventionLevel=l1",
        "area=north",
        "restricted=true",
        "reference=IASS-2026-000009",
        "personId=0197a0b0-0000-7000-8000-000000000000",
    ] {
        assert_eq!(list(&anybody, query), [""; 0], "{query}");
    }
    // Whoever is one with them is meant, too, as far as the caller sees them.
    let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id();
    let case = json!({"interventionLevel":"l1","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":caller,"role":"service_user","relation":"other","servedSeparately":false}]});
    let hers = app.as_staff(Role::Adviser, "hers");
    let case = hers.post("/cases", &case).ok(201);
    let merge = json!({"mergedPersonId":caller,"reason":"Gave a name."});
    app.manager().if_match(1).post(&format!("/people/{}/merges", family.mia), &merge).ok(201);
    let found = [family.case.clone(), case.id()];
    assert_eq!([of(&anybody, &family.mia), of(&anybody, &caller)], [found.clone(), found.clone()]);
    let worker = hers.get("/me").ok(200).id();
    let named = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A relative works here."});
    let (path, boss) = (format!("/cases/{}", case.id()), app.manager().with("Access-Reason", "supervision"));
    let restricted = boss.if_match(case.version()).put(&format!("{path}/restriction"), &named).ok(200);
    assert_eq!((of(&anybody, &family.mia), of(&anybody, &caller)), (vec![family.case.clone()], vec![]));
    assert_eq!(list(&anybody, &format!("reference={}", case.str("reference"))), [""; 0]);
    assert_eq!((of(&hers, &caller), of(&boss, &caller)), (found.to_vec(), found.to_vec()));
    // Why it was restricted is told to those who see it.
    let told = &hers.get(&path).ok(200).body["restrictions"];
    assert_eq!(
        (told, told[0]["reason"].as_str(), told[0]["by"]["displayName"].as_str()),
        (&restricted.body["restrictions"], Some("A relative works here."), Some("ServiceManager"))
    );
}
