//! Who sees what: restricted cases and notes, two sides of one family kept apart, and no way from one case into another (C1, C4).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp};

fn member(app: &TestApp, role: Role, name: &str) -> String {
    app.as_staff(role, name).get("/me").ok(200).id()
}

fn total(session: &Session<'_>, path: &str) -> i64 {
    let sign = if path.contains('?') { '&' } else { '?' };
    let page = session.get(&format!("{path}{sign}includeTotal=true&limit=200")).ok(200);
    assert_eq!(page.body["page"]["total"], page.body["items"].as_array().unwrap().len(), "{path}: a total counts what is shown");
    page.body["page"]["total"].as_i64().unwrap()
}

fn restrict(app: &TestApp, case: &str, named: &[&str], conflicted: &[&str]) {
    let path = format!("/cases/{case}");
    let manager = app.manager().with("Access-Reason", "supervision");
    let version = manager.get(&path).ok(200).version();
    let body = json!({"restricted":true,"namedStaffIds":named,"conflictedStaffIds":conflicted,"reason":"A relative works here."});
    manager.if_match(version).put(&format!("{path}/restriction"), &body).ok(200);
}

#[test]
fn a_restricted_case_is_for_those_named_and_for_managers_with_a_reason() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}", family.case);
    let (worker, named) = (member(&app, Role::Adviser, "Adviser"), member(&app, Role::Adviser, "named"));
    let (conflicted, other) = (member(&app, Role::ServiceManager, "conflicted"), member(&app, Role::Adviser, "other"));
    let named_manager = member(&app, Role::ServiceManager, "named manager");
    restrict(&app, &family.case, &[&worker, &named, &named_manager], &[&conflicted, &other]);

    app.adviser().get(&path).ok(200);
    app.as_staff(Role::Adviser, "named").get(&path).ok(200);
    app.as_staff(Role::ServiceManager, "named manager").get(&path).ok(200);
    app.manager().get(&path).problem(403, "access-reason-required");
    for reason in ["curiosity", "Supervision", ""] {
        app.manager().with("Access-Reason", reason).get(&path).problem(403, "access-reason-required");
    }
    for reason in ["supervision", "absence_cover", "safeguarding", "complaint", "subject_access_request", "legal_request", "retention"] {
        app.manager().with("Access-Reason", reason).get(&path).ok(200);
    }
    // D46: whoever is not named, and the auditor. A conflict outweighs a role with a reason.
    for session in [
        app.as_staff(Role::Adviser, "somebody"),
        app.as_staff(Role::Adviser, "somebody").with("Access-Reason", "supervision"),
        app.as_staff(Role::Adviser, "other"),
        app.as_staff(Role::ServiceManager, "conflicted"),
        app.as_staff(Role::ServiceManager, "conflicted").with("Access-Reason", "supervision"),
    ] {
        session.get(&path).problem(404, "not-found");
        assert_eq!((total(&session, "/cases"), total(&session, "/consents"), total(&session, "/tasks")), (0, 0, 0));
        let note = session.post(&format!("{path}/disclosures"), &family.ask(NOBODY, json!({})));
        note.problem(404, "not-found");
    }
    app.as_role(Role::Auditor).get(&path).problem(403, "forbidden");
    assert_eq!(total(&app.manager(), "/cases"), 0, "without a reason a list is silent");
    assert_eq!(total(&app.manager().with("Access-Reason", "supervision"), "/cases"), 1);
}

const NOBODY: &str = "0197a0b0-0000-7000-8000-000000000000";

#[test]
fn a_conflicted_member_of_staff_sees_nothing_of_an_open_case_either() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let related = member(&app, Role::Adviser, "related");
    let path = format!("/cases/{}", family.case);
    app.as_staff(Role::Adviser, "related").get(&path).ok(200);
    let body = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[related],"reason":"A niece."});
    app.manager().if_match(1).put(&format!("{path}/restriction"), &body).ok(200);
    app.as_staff(Role::Adviser, "related").get(&path).problem(404, "not-found");
    let assign = json!({"staffId":related});
    let refused = app.manager().if_match(2).put(&format!("{path}/assignment"), &assign).problem(409, "same-person");
    refused.rule_at("#/staffId", "conflict_of_interest");
}

#[test]
fn a_restricted_note_is_absent_for_all_but_those_who_work_on_the_case() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.n1(&app);
    let secret = family.note(&app, &family.mia, &[&family.ana], "school_provision", json!({"sensitivity":"restricted"}));
    family.permit(&app, json!({"noteIds":[secret]}));
    let list = format!("/cases/{}/notes", family.case);
    let other = || app.as_staff(Role::Adviser, "another adviser");
    assert_eq!((total(&app.adviser(), &list), total(&other(), &list), total(&app.manager(), &list)), (2, 1, 1));
    assert_eq!(total(&app.manager().with("Access-Reason", "complaint"), &list), 2);
    let path = format!("/notes/{secret}");
    app.adviser().get(&path).ok(200);
    let (hidden, missing) =
        (other().get(&path).problem(404, "not-found"), other().get(&format!("/notes/{NOBODY}")).problem(404, "not-found"));
    let plain = |reply: &Reply| reply.text.replace(&reply.header("x-request-id"), "");
    assert_eq!(plain(&hidden), plain(&missing));
    app.manager().get(&path).problem(403, "access-reason-required");
    app.manager().with("Access-Reason", "complaint").get(&path).ok(200);
    // What one cannot read one cannot pass on, correct, or permit by name.
    let ask = family.ask(&secret, json!({}));
    other().post(&format!("/cases/{}/disclosures", family.case), &ask).problem(404, "not-found");
    other().post(&format!("/cases/{}/disclosure-checks", family.case), &ask).problem(404, "not-found");
    let named = family.permission(json!({"noteIds":[secret]}));
    let unknown = family.permission(json!({"noteIds":[NOBODY]}));
    let consents = format!("/cases/{}/consents", family.case);
    let (one, two) =
        (other().post(&consents, &named).problem(422, "rule-violated"), other().post(&consents, &unknown).problem(422, "rule-violated"));
    assert_eq!(one.body["errors"], two.body["errors"]);
    family.disclose(&app, &ask).ok(201);
}

/// Ana has come on her own: a case of hers, with an adviser of her own.
fn own_case(app: &TestApp, family: &Family) -> String {
    let case = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true}]});
    let made = app.as_staff(Role::Adviser, "hers").post("/cases", &case).ok(201);
    assert_eq!(made.body["restricted"], true);
    made.id()
}

#[test]
fn what_a_young_person_brings_alone_is_absent_from_the_parents_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (hers, theirs) = (own_case(&app, &family), family.case.clone());
    let own = || app.as_staff(Role::Adviser, "hers");
    let note = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.ana,
        "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["health"],"concern":"A word of her own.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let note = own().post(&format!("/cases/{hers}/notes"), &note).ok(201).id();
    let body = json!({"decision":"refused","granterId":family.ana,"subjectIds":[family.ana],"method":"email","evidence":{"noticeVersion":"leaflet-3"},
        "decidedAt":"2026-05-20T10:00:00.000Z"});
    let refusal = own().post(&format!("/cases/{hers}/consents"), &body).ok(201).id();
    let told = own().post(&format!("/cases/{hers}/disclosures"), &family.risk(&note, json!({}))).ok(201).id();

    assert_eq!((total(&own(), "/cases"), total(&app.adviser(), "/cases")), (2, 1));
    assert_eq!(app.adviser().get("/cases").ok(200).body["items"][0]["id"], theirs);
    for path in [
        format!("/cases/{hers}"),
        format!("/cases/{hers}/participants"),
        format!("/cases/{hers}/notes"),
        format!("/cases/{hers}/consents"),
        format!("/cases/{hers}/disclosures"),
        format!("/notes/{note}"),
        format!("/consents/{refusal}"),
        format!("/disclosures/{told}"),
    ] {
        app.adviser().get(&path).problem(404, "not-found");
        own().get(&path).ok(200);
    }
    for path in [
        "/consents".to_owned(),
        format!("/consents?subjectId={}", family.ana),
        "/tasks".to_owned(),
        format!("/cases/{theirs}/disclosures?subjectId={}", family.ana),
    ] {
        assert_eq!(total(&app.adviser(), &path), 0, "{path}");
    }
    assert_eq!((total(&own(), "/consents"), total(&own(), &format!("/cases/{hers}/disclosures"))), (1, 1));
    // Her refusal counts in every case, and looks like no permission where it cannot be seen.
    family.permit(&app, json!({}));
    let ask = family.ask(&family.n1(&app), json!({}));
    let refused = family.disclose(&app, &ask).problem(409, "consent-required").rule("consent_missing");
    assert_eq!(refused.rules(), ["consent_missing"]);
    assert_eq!(family.check(&app, &ask).ok(200).body["reasons"][0]["rule"], "consent_missing");
}

#[test]
fn a_permission_counts_in_its_own_case_only_and_a_refusal_in_every_case() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let holds = json!([{"childId":family.ana,"value":"yes"}]);
    let second = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"transport","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[
            {"personId":family.ana,"role":"subject","relation":"self","servedSeparately":false},
            {"personId":family.mia,"role":"service_user","relation":"parent","servedSeparately":false,"parentalResponsibility":holds}]});
    let first = family.case.clone();
    let second = Family { case: app.adviser().post("/cases", &second).ok(201).id(), ..family };
    second.permit(&app, json!({}));
    let family = Family { case: first, ..second };
    let ask = family.ask(&family.n1(&app), json!({}));
    family.disclose(&app, &ask).problem(409, "consent-required").rule("consent_missing");
    family.permit(&app, json!({}));
    family.disclose(&app, &ask).ok(201);
    let elsewhere = json!({"decision":"refused","granterId":family.mia,"subjectIds":[family.mia],"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    let other = app.adviser().get("/cases").ok(200).body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].clone())
        .find(|id| *id != *family.case)
        .unwrap();
    app.adviser().post(&format!("/cases/{}/consents", other.as_str().unwrap()), &elsewhere).ok(201);
    family.disclose(&app, &ask).problem(409, "consent-required").rule("subject_refused");
}

#[test]
fn somebody_known_only_to_another_side_is_found_by_nobody_else() {
    let app = TestApp::spawn();
    let new = json!({"kind":"young_person","fullName":"Quill Harrow","pseudonymous":false,"dateOfBirth":"2008-01-10",
        "contacts":[{"kind":"email","value":"quill@example.org","safe":true}]});
    let hers = || app.as_staff(Role::Adviser, "hers");
    let quill = hers().post("/people", &new).ok(201).id();
    let search = |session: &Session<'_>, by: Value| session.post("/people/search", &by).ok(200).body["items"].as_array().unwrap().len();
    let ways = [json!({"name":"Quill Harrow"}), json!({"dateOfBirth":"2008-01-10"}), json!({"contact":"quill@example.org"})];
    for by in &ways {
        assert_eq!(search(&app.adviser(), by.clone()), 1, "a person of no case yet");
    }
    let case = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":quill,"role":"subject","relation":"self","servedSeparately":true}]});
    hers().post("/cases", &case).ok(201);
    for by in &ways {
        assert_eq!((search(&app.adviser(), by.clone()), search(&hers(), by.clone())), (0, 1), "{by}");
    }
    let path = format!("/people/{quill}");
    app.adviser().get(&path).problem(404, "not-found");
    app.adviser().if_match(1).patch(&path, &json!({"pronouns":"x"})).problem(404, "not-found");
    app.adviser().get(&format!("{path}/capacity-records")).problem(404, "not-found");
    // She cannot be drawn into a case by somebody who may not know her.
    let family = Family::record(&app);
    let part = json!({"personId":quill,"role":"sibling","relation":"sibling","servedSeparately":false});
    let unknown = json!({"personId":NOBODY,"role":"sibling","relation":"sibling","servedSeparately":false});
    let join = |body: &Value| app.adviser().post(&format!("/cases/{}/participants", family.case), body).problem(422, "rule-violated");
    assert_eq!(join(&part).body["errors"], join(&unknown).body["errors"]);
    let mut again = case.clone();
    merge(&mut again, json!({}));
    app.adviser().post("/cases", &again).problem(422, "rule-violated").rule_at("#/participants/0/personId", "unknown_reference");
}

#[test]
fn the_staff_of_one_side_are_not_assigned_to_the_other() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = own_case(&app, &family);
    let (one, other) = (member(&app, Role::Adviser, "Adviser"), member(&app, Role::Adviser, "hers"));
    let manager = app.manager().with("Access-Reason", "absence_cover");
    for (case, staff) in [(&hers, &one), (&family.case, &other)] {
        let path = format!("/cases/{case}");
        let before = manager.get(&path).ok(200);
        let refused = manager.if_match(before.version()).put(&format!("{path}/assignment"), &json!({"staffId":staff}));
        refused.problem(409, "same-person").rule_at("#/staffId", "conflict_of_interest");
        assert_eq!(manager.get(&path).ok(200).body, before.body);
    }
    // Nor named there, which would open it to them just as well.
    let before = manager.get(&format!("/cases/{hers}")).ok(200);
    let naming = json!({"restricted":true,"namedStaffIds":[other, one],"conflictedStaffIds":[],"reason":"Cover."});
    let refused = manager.if_match(before.version()).put(&format!("/cases/{hers}/restriction"), &naming);
    refused.problem(409, "same-person").rule_at("#/namedStaffIds/1", "conflict_of_interest");
    let fresh = member(&app, Role::Adviser, "fresh");
    let version = manager.get(&format!("/cases/{}", family.case)).ok(200).version();
    manager.if_match(version).put(&format!("/cases/{}/assignment", family.case), &json!({"staffId":fresh})).ok(200);
}

#[test]
fn an_id_of_another_case_in_a_body_leads_nowhere_and_changes_nothing() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let (note, their_note) = (family.n1(&app), other.n1(&app));
    let stranger = person(&app, &json!({"kind":"other","fullName":"Someone Else","pseudonymous":false})).id();
    family.permit(&app, json!({}));
    let theirs = other.permit(&app, json!({}));
    let shared = other.disclose(&app, &other.ask(&their_note, json!({}))).ok(201).id();
    let risk = other.disclose(&app, &other.risk(&their_note, json!({}))).ok(201);
    let at_case = |name: &str| format!("/cases/{}/{name}", family.case);
    let counts = || {
        ["participants", "notes", "consents", "disclosures"]
            .map(|name| (total(&app.adviser(), &at_case(name)), total(&app.adviser(), &at_case(name).replace(&family.case, &other.case))))
    };
    let log = || app.manager().get("/disclosure-log?limit=1").ok(200).body["treeSize"].clone();
    let (before, size) = (counts(), log());

    let note_of = |change: Value| {
        let mut body = json!({"kind":"liaison","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
            "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["health"],"concern":"X.","factOrOpinion":"fact",
            "sensitivity":"ordinary","keepConfidential":false});
        merge(&mut body, change);
        body
    };
    for concern in [risk.body["concernId"].clone(), json!(NOBODY)] {
        let mut joins = family.risk(&note, json!({}));
        joins["safeguarding"]["concernId"] = concern;
        family.check(&app, &joins).problem(404, "not-found");
        family.disclose(&app, &joins).problem(404, "not-found");
    }
    let beyond = json!({"noteIds":[],"informationCategories":["attendance"],"subjectIds":[other.ana]});
    let copy = json!([{"personId":other.mia,"contactId":other.mia_contact}]);
    for (name, body, place) in [
        ("disclosures", family.ask(&note, beyond), "#/subjectIds/0"),
        ("disclosures", family.ask(&note, json!({"copies":copy})), "#/copies/0/personId"),
        ("disclosures", family.ask(&note, json!({"recipient":{"personId":other.mia}})), "#/recipient/personId"),
        ("consents", family.permission(json!({"noteIds":[their_note]})), "#/noteIds/0"),
        ("consents", family.permission(json!({"subjectIds":[other.ana]})), "#/subjectIds/0"),
        ("consents", family.permission(json!({"granterId":other.mia,"subjectIds":[family.ana]})), "#/granterId"),
        ("consents", family.permission(json!({"supersedesId":theirs})), "#/supersedesId"),
        ("consents", family.permission(json!({"recipients":[{"personId":other.finn}]})), "#/recipients/0/personId"),
        ("notes", note_of(json!({"disclosureId":shared})), "#/disclosureId"),
        ("notes", note_of(json!({"disclosureId":null})), "#/disclosureId"),
        ("notes", note_of(json!({"kind":"discussion","aboutPersonIds":[other.ana]})), "#/aboutPersonIds/0"),
        ("notes", note_of(json!({"kind":"discussion","fromPersonId":stranger})), "#/fromPersonId"),
        (
            "participants",
            json!({"personId":stranger,"role":"supporter","relation":"other","servedSeparately":false,"parentalResponsibility":[{"childId":other.ana,"value":"yes"}]}),
            "#/parentalResponsibility/0/childId",
        ),
    ] {
        let refused = app.adviser().post(&at_case(name), &body);
        assert_eq!(refused.status, 422, "{name} {place}: {}", refused.text);
        let places: Vec<&str> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert!(places.contains(&place), "{place}: {}", refused.text);
    }
    app.adviser().post(&at_case("disclosures"), &family.ask(&their_note, json!({}))).problem(404, "not-found");
    app.adviser().post(&at_case("disclosures"), &family.risk(&their_note, json!({}))).problem(404, "not-found");
    let by_stranger = json!({"withdrawnById":other.finn,"method":"email"});
    app.adviser().post(&format!("/consents/{}/withdrawal", first(&app, &at_case("consents"))), &by_stranger).problem(422, "rule-violated");
    let patch = json!({"parentalResponsibility":[{"childId":other.ana,"value":"yes"}]});
    let part = format!("/participants/{}", family.participant(&family.mia));
    app.adviser().if_match(1).send(&Method::PATCH, &part, Some(patch.to_string())).problem(422, "rule-violated");
    assert_eq!(app.adviser().get(&format!("/consents/{theirs}")).ok(200).body["status"], "live");
    assert_eq!((counts(), log()), (before, size));
    // A liaison note names a disclosure of its own case.
    let own = family.disclose(&app, &family.ask(&note, json!({}))).ok(201).id();
    app.adviser().post(&at_case("notes"), &note_of(json!({"disclosureId":own,"occurredAt":"2026-06-01T09:00:00.000Z"}))).ok(201);
}

fn first(app: &TestApp, list: &str) -> String {
    app.adviser().get(list).ok(200).body["items"][0]["id"].as_str().unwrap().to_owned()
}
