//! What is held about somebody who asks for it (C9): every version of every note, of every case of which they may be told, each decided by itself.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::asking::{build, for_child, held, include, log, path, put, read, redact, withhold};
use crate::family::{Family, merge};
use crate::harness::TestApp;

/// The items with what is said of them under this name.
fn told(items: &[Value], name: &str) -> Vec<(String, Value)> {
    items.iter().map(|item| (item["id"].as_str().unwrap().to_owned(), item[name].clone())).collect()
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[test]
fn a_joint_case_shows_whose_rights_each_item_touches_and_every_item_is_decided() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let teacher = app.adviser().post("/people", &json!({"kind":"professional","fullName":"Ada Brook","pseudonymous":false})).ok(201).id();
    let part = json!({"personId":teacher,"role":"professional","relation":"professional","servedSeparately":false});
    app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
    let note = |from: &str, about: &[&str], change: Value| family.note(&app, from, about, "family_circumstances", change);
    note(&family.finn, &[&family.ana], json!({}));
    let alone = note(&family.mia, &[&family.mia], json!({}));
    let both = note(&family.mia, &[&family.mia, &family.ana], json!({}));
    let his = note(&family.finn, &[&family.mia], json!({"keepConfidential":true,"wishOn":"2026-05-20"}));
    let grievance = note(&family.mia, &[&family.mia, &teacher], json!({"sensitivity":"sensitive"}));
    let others = note(&family.mia, &[&family.mia], json!({"namesOthers":true}));
    let source = json!({"recipientId":family.school,"receivedOn":"2026-05-20","onwardSharing":false});
    let received = note(&family.mia, &[&family.mia], json!({"kind":"information_received","provenance":source}));
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.mia],"namesOthers":false,"informationCategories":["family_circumstances"],"concern":"Said anew.",
        "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let id = log(&app, &family, json!({}));
    // A correction during the request takes nothing away.
    let anew = app.adviser().post(&format!("/notes/{alone}/correction"), &corrected).ok(201).id();
    let items = held(&manager, &id);
    let third = [
        (anew.as_str(), json!([])),
        (&received, json!(["received_in_confidence"])),
        (&others, json!(["names_others"])),
        (&grievance, json!(["names_professional"])),
        (&his, json!(["from_another", "kept_confidential"])),
        (&both, json!(["about_another"])),
        (&alone, json!([])),
    ];
    assert_eq!(told(&items, "thirdParties"), third.clone().map(|(id, third)| (id.to_owned(), third)));
    assert_eq!(told(&items, "supersededByNoteId")[6].1, anew);
    // It is read as it is decided: a page at a time, from whom, about whom, and what was said.
    let read = |name: &str| [0, 3, 6].map(|place: usize| items[place][name].clone());
    assert_eq!(read("concern"), ["Said anew.", "Speech therapy has stopped.", "Speech therapy has stopped."]);
    assert_eq!(read("actionTaken"), [Value::Null, json!("Explained section F."), json!("Explained section F.")]);
    assert_eq!(read("aboutPersonIds"), [json!([family.mia]), json!([family.mia, teacher]), json!([family.mia])]);
    assert_eq!(told(&items, "fromPersonId")[4].1, family.finn.as_str());
    let (mut paged, mut next) = (Vec::new(), format!("{}/candidate-items?limit=3", path(&id)));
    for more in [true, true, false] {
        let page = manager.get(&next).ok(200);
        paged.extend(page.body["items"].as_array().unwrap().clone());
        let cursor = page.body["page"]["nextCursor"].as_str();
        assert_eq!(cursor.is_some(), more);
        next = format!("{}/candidate-items?limit=3&cursor={}", path(&id), cursor.unwrap_or_default());
    }
    assert_eq!(paged, items);
    // Each is decided once, with what that needs.
    let all: Vec<Value> = third.iter().map(|(id, _)| include(id)).collect();
    let without = |place: usize, item: Value| {
        let mut items = all.clone();
        items[place] = item;
        put(&manager, &id, &items).problem(422, "rule-violated")
    };
    without(1, withhold(&anew)).rule_at("#/items/1/noteId", "contradicting_fields");
    without(1, include(&uuid::Uuid::now_v7().to_string())).rule_at("#/items/1/noteId", "unknown_reference");
    let bare = |note: &str, decision: &str, change: Value| {
        let mut item = json!({"noteId":note,"decision":decision});
        merge(&mut item, change);
        item
    };
    without(1, bare(&received, "include", json!({}))).rule_at("#/items/1/reason", "decision_reason_missing");
    without(0, bare(&anew, "withhold", json!({"reason":"Hers."}))).rule_at("#/items/0/exemption", "exemption_missing");
    without(0, bare(&anew, "withhold", json!({"exemption":"s2_crime"}))).rule_at("#/items/0/reason", "decision_reason_missing");
    without(0, bare(&anew, "include", json!({"exemption":"s2_crime"}))).rule_at("#/items/0/exemption", "contradicting_fields");
    without(0, bare(&anew, "include", json!({"redactedText":"Said."}))).rule_at("#/items/0/redactedText", "contradicting_fields");
    without(0, redact(&anew, " ")).rule_at("#/items/0/redactedText", "redacted_text_missing");
    build(&manager, &id).problem(409, "invalid-state").rule("sar_not_decided");
    // By as many requests as it takes: one decides what it names, and only of what the manager has seen last.
    assert_eq!(put(&manager, &id, &all[..4]).ok(200).str("status"), "running");
    build(&manager, &id).problem(409, "invalid-state").rule("sar_not_decided");
    put(&manager, &id, &[withhold(&received), include(&his)]).ok(200);
    manager.if_match(1).put(&format!("{}/items", path(&id)), &json!({"items":all})).problem(412, "stale-version");
    let stands = |note: &str| held(&manager, &id).into_iter().find(|item| item["id"] == note).unwrap()["decision"].clone();
    let each = [anew.as_str(), &received, &his, &both].map(stands);
    assert_eq!(each, [json!("include"), json!("withhold"), json!("include"), Value::Null]);
    let mut decided = all;
    decided[0] = bare(&anew, "include", json!({}));
    (decided[2], decided[3]) = (redact(&others, "Said what she wants."), withhold(&grievance));
    let running = put(&manager, &id, &decided).ok(200);
    assert_eq!(running.str("status"), "running");
    let shown = held(&manager, &id);
    assert_eq!((&shown[2]["redactedText"], &shown[3]["exemption"]), (&json!("Said what she wants."), &json!("s2_p3_rights_of_others")));
    assert_eq!(told(&shown, "decision").iter().filter(|(_, decision)| decision == "include").count(), 5);
    let ready = build(&manager, &id).ok(202);
    assert_eq!((ready.header("location"), ready.str("status")), (format!("/api/v1{}/bundle", path(&id)), "ready".to_owned()));
    // What is told afterwards is not decided.
    note(&family.mia, &[&family.mia], json!({}));
    for reply in [manager.get(&format!("{}/bundle", path(&id))), build(&manager, &id)] {
        reply.problem(409, "invalid-state").rule("sar_not_decided");
    }
    // Nor is what goes to another case, where they take part, too.
    let again: Vec<Value> = held(&manager, &id).iter().map(|item| include(item["id"].as_str().unwrap())).collect();
    put(&manager, &id, &again).ok(200);
    build(&manager, &id).ok(202);
    let (other, newest) = (Family::record(&app), ids(&held(&manager, &id))[0].to_owned());
    let moved = json!({"caseId":other.case,"reason":"Theirs.","fromPersonId":other.mia,"aboutPersonIds":[other.mia]});
    app.adviser().post(&format!("/notes/{newest}/relocation"), &moved).ok(201);
    assert!(!ids(&held(&manager, &id)).contains(&newest.as_str()), "a bare marker stays");
    build(&manager, &id).problem(409, "invalid-state").rule("sar_not_decided");
    // What was decided of it is of nothing that is held.
    put(&manager, &id, &[]).ok(200);
    build(&manager, &id).ok(202);
}

#[test]
fn a_case_of_ones_own_is_in_ones_own_request_and_never_in_a_parents() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = app.as_staff(Role::Adviser, "hers");
    let (manager, deputy) = (app.manager(), app.as_staff(Role::ServiceManager, "deputy").with("Access-Reason", "subject_access_request"));
    let school = family.n1(&app);
    let parents = log(&app, &family, for_child(&family.mia, &family.ana));
    let own = crate::apart::own_case(&hers, &family.ana).id();
    let said = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["views_and_wishes"],"concern":"I want to live with Nell.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let alone = hers.post(&format!("/cases/{own}/notes"), &said).ok(201).id();
    // Not by whom, not with whatever reason, not in what was logged before or after.
    let later = log(&app, &family, for_child(&family.finn, &family.ana));
    for session in [&manager, &deputy] {
        assert_eq!((ids(&held(session, &parents)), ids(&held(session, &later))), (vec![school.as_str()], vec![school.as_str()]));
    }
    // Nor to whoever acts for her mother; to whoever acts for herself, all of it.
    let acts = |other: &str| json!({"subjectId":family.ana,"requesterId":family.nell,"capacity":"solicitor","actingForId":other});
    let mothers = log(&app, &family, acts(&family.mia));
    assert_eq!(ids(&held(&deputy, &mothers)), [school.as_str()]);
    let daughters = hers.post("/subject-access-requests", &family.subject_access(acts(&family.ana))).ok(201).id();
    let told = held(&deputy, &daughters);
    assert_eq!((ids(&told), &told[0]["thirdParties"]), (vec![alone.as_str(), school.as_str()], &json!(["subjects_own_words"])));
    put(&deputy, &parents, &[include(&alone), include(&school)])
        .problem(422, "rule-violated")
        .rule_at("#/items/0/noteId", "unknown_reference");
    // Hers is seen by those who see all of it, with both.
    let asks = json!({"subjectId":family.ana,"requesterId":family.ana,"capacity":"subject"});
    let own_request = hers.post("/subject-access-requests", &family.subject_access(asks)).ok(201).id();
    assert_eq!(ids(&held(&deputy, &own_request)), [alone.as_str(), school.as_str()]);
    read(&hers, &own_request);
    app.adviser().get(&path(&own_request)).problem(404, "not-found");
    manager.get(&path(&own_request)).problem(403, "access-reason-required");
    assert_eq!(manager.get("/subject-access-requests?includeTotal=true").ok(200).body["page"]["total"], 3);
}

#[test]
fn what_is_restricted_asks_for_a_reason_and_what_hides_a_case_keeps_from_deciding() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (manager, uncle) = (app.manager(), app.as_staff(Role::ServiceManager, "uncle"));
    let away = uncle.get("/me").ok(200).id();
    let id = log(&app, &family, json!({}));
    let closed = family.note(&app, &family.mia, &[&family.mia], "views_and_wishes", json!({"sensitivity":"restricted"}));
    let items = |session: &crate::harness::Session<'_>| session.get(&format!("{}/candidate-items", path(&id)));
    items(&manager).problem(403, "access-reason-required");
    put(&manager, &id, &[]).problem(403, "access-reason-required");
    let because = manager.with("Access-Reason", "subject_access_request");
    assert_eq!(ids(&held(&because, &id)), [closed.as_str()]);
    assert_eq!(items(&uncle.with("Access-Reason", "subject_access_request")).ok(200).body["items"][0]["id"], closed.as_str());
    // Another case that she takes part in since, from which a manager is kept away: the rest is not theirs to decide either.
    let second = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.mia,"role":"service_user","relation":"parent","servedSeparately":false}]});
    let second = app.adviser().post("/cases", &second).ok(201);
    let body = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[away],"reason":"A relative."});
    manager.if_match(second.version()).put(&format!("/cases/{}/restriction", second.id()), &body).ok(200);
    let uncle = uncle.with("Access-Reason", "subject_access_request");
    items(&uncle).problem(404, "not-found");
    put(&uncle, &id, &[include(&closed)]).problem(404, "not-found");
    let at = uncle.if_match(1);
    let refusal = json!({"reason":"No.","rightsNoticeOn":"2026-06-01"});
    for reply in [
        at.patch(&path(&id), &json!({"bestInterests":"Hers."})),
        at.post(&format!("{}/refusal", path(&id)), &refusal),
        at.post(&format!("{}/clock-events", path(&id)), &json!({"kind":"clarification_asked","happenedOn":"2026-06-01"})),
        build(&uncle, &id),
    ] {
        reply.problem(404, "not-found");
    }
    put(&because, &id, &[include(&closed)]).ok(200);
    // From then on it is about that case, too.
    uncle.get(&path(&id)).problem(404, "not-found");
}

#[test]
fn what_is_kept_from_somebody_because_of_a_risk_does_not_go_before_its_day() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let manager = app.manager();
    let note = family.note(&app, &family.mia, &[&family.mia, &family.ana], "family_circumstances", json!({}));
    let withheld = json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-06-20"});
    family.disclose(&app, &family.risk(&note, withheld)).ok(201);
    let (hers, his) = (log(&app, &family, json!({})), log(&app, &family, for_child(&family.finn, &family.ana)));
    assert_eq!(held(&manager, &hers)[0]["withheldUntilOn"], "2026-06-20");
    let corrected = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.mia,family.ana],"namesOthers":false,"informationCategories":["family_circumstances"],"concern":"Said anew.",
        "factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false,"correctionReason":"Misheard."});
    let anew = app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201).id();
    assert_eq!(held(&manager, &hers)[0]["withheldUntilOn"], "2026-06-20", "a correction, too");
    assert_eq!(held(&manager, &his)[0].get("withheldUntilOn"), None, "from others nothing is kept");
    for item in [include(&note), redact(&note, "Said.")] {
        put(&manager, &hers, &[item, withhold(&anew)]).problem(422, "rule-violated").rule_at("#/items/0/decision", "withheld_for_now");
    }
    // Nor where it was the correction that was passed on.
    let second = family.note(&app, &family.mia, &[&family.mia, &family.ana], "family_circumstances", json!({}));
    let newest = app.adviser().post(&format!("/notes/{second}/correction"), &corrected).ok(201).id();
    let withheld = json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-06-20"});
    family.disclose(&app, &family.risk(&newest, withheld)).ok(201);
    assert!(held(&manager, &hers).iter().all(|item| item["withheldUntilOn"] == "2026-06-20"));
    let all = [&note, &anew, &second, &newest];
    put(&manager, &hers, &all.map(|note| withhold(note))).ok(200);
    app.clock.set(crate::harness::at("2026-06-20T23:00:00Z"), true);
    put(&manager, &hers, &all.map(|note| include(note))).ok(200);
    build(&manager, &hers).ok(202);
}
