//! Permissions and refusals on record: what may be recorded, how they end, and who finds them.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, TestApp, at};

fn record(app: &TestApp, family: &Family, change: Value) -> Reply {
    app.adviser().post(&format!("/cases/{}/consents", family.case), &family.permission(change))
}

/// A refusal of everything, with changes.
fn refusal(by: &str, subjects: &[&str], change: Value) -> Value {
    let mut body = json!({"decision":"refused","granterId":by,"subjectIds":subjects,"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-05-02T10:00:00.000Z"});
    merge(&mut body, change);
    body
}

fn read(app: &TestApp, id: &str) -> Value {
    app.adviser().get(&format!("/consents/{id}")).ok(200).body
}

fn listed(app: &TestApp, path: &str) -> Vec<String> {
    let page = app.adviser().get(path).ok(200);
    page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_permission_is_recorded_with_its_authority_and_its_last_day() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let made = record(&app, &family, json!({"expiresOn":null})).ok(201);
    assert_eq!(made.header("location"), format!("/api/v1/consents/{}", made.id()));
    assert_eq!((made.header("etag"), made.str("status")), ("\"1\"".to_owned(), "live".to_owned()));
    // The day before the same date 12 months later, until that day is over in London.
    assert_eq!((made.str("expiresOn"), made.str("expiresAt")), ("2027-02-28".to_owned(), "2027-03-01T00:00:00.000Z".to_owned()));
    assert_eq!(made.str("startsAt"), "2026-03-01T10:00:00.000Z");
    let authority = json!([{"subjectId":family.ana,"granterRelation":"parent_with_pr","endsOn":"2030-06-28"},
        {"subjectId":family.mia,"granterRelation":"self"}]);
    assert_eq!(made.body["authority"], authority);
    assert_eq!((&made.body["disclosureIds"], &made.body["allowedActions"]), (&json!([]), &json!(["withdraw", "annul"])));
    assert_eq!(read(&app, &made.id()), made.body);
    let leap = record(&app, &family, json!({"decidedAt":"2024-02-29T10:00:00.000Z","expiresOn":null})).ok(201);
    assert_eq!(leap.str("expiresOn"), "2025-02-28");
    let summer = record(&app, &family, json!({"decidedAt":"2026-05-10T10:00:00.000Z","expiresOn":"2026-08-31"})).ok(201);
    assert_eq!(summer.str("expiresAt"), "2026-08-31T23:00:00.000Z");
    family.responsibility(&app, &family.finn, &family.ana, json!({"endedOn":"2026-09-01"}));
    let ending = record(&app, &family, json!({"granterId":family.finn,"subjectIds":[family.ana]})).ok(201);
    assert_eq!(ending.body["authority"][0]["endsOn"], "2026-08-31");
}

#[test]
fn a_permission_that_could_not_count_is_not_recorded() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let stranger = person(&app, &json!({"kind":"parent_carer","fullName":"Someone Else","pseudonymous":false})).id();
    let one = |change: Value, place: &str, rule: &str| {
        let refused = record(&app, &family, change).problem(422, "rule-violated").rule_at(place, rule);
        assert_eq!(refused.rules(), [rule], "{}", refused.text);
    };
    one(json!({"decidedAt":"2026-06-01T09:01:00.001Z","expiresOn":null}), "#/decidedAt", "decided_in_future");
    one(json!({"method":"verbal_phone"}), "#/evidence/wordsUsed", "verbal_words_missing");
    one(
        json!({"method":"interpreter_or_bsl","evidence":{"noticeVersion":"leaflet-3","wordsUsed":" "}}),
        "#/evidence/wordsUsed",
        "verbal_words_missing",
    );
    one(json!({"granterId":family.nell,"subjectIds":[family.ana]}), "#/subjectIds/0", "granter_not_authorised");
    one(json!({"granterId":family.ana,"subjectIds":[family.ana]}), "#/subjectIds/0", "granter_not_authorised");
    one(json!({"subjectIds":[family.ana, family.finn]}), "#/subjectIds/1", "granter_not_authorised");
    one(
        json!({"recipients":[{"recipientId":family.school},{"recipientId":family.council}]}),
        "#/recipients/1/teamId",
        "recipient_too_broad",
    );
    one(json!({"expiresOn":"2027-03-01"}), "#/expiresOn", "expiry_too_late");
    one(json!({"recipients":[]}), "#/recipients", "contradicting_fields");
    one(json!({"purposes":[]}), "#/purposes", "contradicting_fields");
    one(json!({"purposes":["safeguarding"]}), "#/purposes/0", "contradicting_fields");
    one(json!({"directions":[]}), "#/directions", "contradicting_fields");
    one(json!({"informationCategories":[]}), "#/informationCategories", "contradicting_fields");
    one(json!({"conditions":[{"kind":"not_before"}]}), "#/conditions/0", "contradicting_fields");
    one(json!({"recipients":[{"recipientId":family.school,"personId":family.nell}]}), "#/recipients/0", "contradicting_fields");
    one(json!({"subjectIds":[family.ana, stranger]}), "#/subjectIds/1", "not_participant");
    record(&app, &family, json!({"granterId":stranger})).problem(422, "rule-violated").rule_at("#/granterId", "granter_not_participant");
    // All faults are told at once.
    let three = json!({"decidedAt":"2026-06-02T09:00:00.000Z","expiresOn":"2027-06-03","method":"verbal_phone"});
    let refused = record(&app, &family, three).problem(422, "rule-violated");
    assert_eq!(refused.rules(), ["decided_in_future", "verbal_words_missing", "expiry_too_late"]);
    record(&app, &family, json!({"conditions":[{"kind":"if_the_weather_is_fine"}]})).problem(400, "validation-failed");
    assert!(listed(&app, &format!("/cases/{}/consents", family.case)).is_empty());
    // Spoken permission is valid with the words used.
    let words = json!({"method":"verbal_phone","evidence":{"noticeVersion":"leaflet-3","wordsUsed":"Yes, tell them."}});
    record(&app, &family, words).ok(201);
}

#[test]
fn somebody_whose_part_has_ended_permits_nothing_more() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/participants/{}", family.participant(&family.mia));
    app.adviser().if_match(1).patch(&path, &json!({"endedOn":"2026-05-01"})).ok(200);
    record(&app, &family, json!({"decidedAt":"2026-05-01T10:00:00.000Z"})).problem(422, "rule-violated").rule("granter_not_participant");
    record(&app, &family, json!({"decidedAt":"2026-04-30T10:00:00.000Z"})).ok(201);
}

#[test]
fn a_refusal_can_always_be_recorded() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}/consents", family.case);
    let kept = |by: &str, subjects: &[&str], change: Value| app.adviser().post(&path, &refusal(by, subjects, change)).ok(201);
    // Without authority, by a child, and on a case that is closed.
    assert_eq!(kept(&family.nell, &[&family.ana], json!({})).body["authority"], json!([]));
    kept(&family.ana, &[&family.ana], json!({}));
    kept(&family.sam, &[&family.ana, &family.mia], json!({}));
    let broad = kept(&family.mia, &[&family.mia], json!({"recipients":[{"recipientId":family.council}]}));
    assert!(broad.body.get("expiresOn").is_none() && broad.body.get("expiresAt").is_none(), "refusals do not expire: {}", broad.text);
    family.close(&app);
    assert_eq!(read(&app, &broad.id())["status"], "live");
    kept(&family.finn, &[&family.ana], json!({}));
    record(&app, &family, json!({})).problem(409, "invalid-state").rule_at("#/decision", "case_closed");
    // What a refusal cannot have is a condition or a last day.
    let bound = refusal(&family.mia, &[&family.ana], json!({"conditions":[{"kind":"once_only"}],"expiresOn":"2026-12-31"}));
    let refused = app.adviser().post(&path, &bound).problem(422, "rule-violated");
    assert_eq!(refused.rules(), ["contradicting_fields", "contradicting_fields"]);
    app.clock.set(at("2036-06-01T09:00:00Z"), true);
    assert_eq!(read(&app, &broad.id())["status"], "live");
}

#[test]
fn a_permission_is_replaced_by_a_record_of_its_own() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let first = family.permit(&app, json!({}));
    let replaces = json!({"supersedesId":first,"decidedAt":"2026-05-01T10:00:00.000Z"});
    let second = record(&app, &family, replaces.clone()).ok(201);
    assert_eq!(second.str("supersedesId"), first);
    let old = read(&app, &first);
    assert_eq!((&old["status"], &old["version"], &old["allowedActions"]), (&json!("superseded"), &json!(2), &json!([])));
    assert!(record(&app, &family, replaces).problem(409, "invalid-state").body.get("allowedActions").is_none());
    family.withdraw(&app, &first, json!({})).problem(409, "invalid-state");
    let theirs = other.permit(&app, json!({}));
    record(&app, &family, json!({"supersedesId":theirs})).problem(422, "rule-violated").rule_at("#/supersedesId", "unknown_reference");
    assert_eq!(read(&app, &theirs)["status"], "live");
    // What has run out may be replaced; what was refused in the same breath replaces nothing.
    app.clock.set(at("2027-03-05T09:00:00Z"), true);
    record(&app, &family, json!({"supersedesId":second.id(),"decidedAt":"2027-03-05T09:00:01.000Z"})).problem(422, "rule-violated");
    assert_eq!(read(&app, &second.id())["status"], "expired");
    record(&app, &other, json!({"supersedesId":theirs,"decidedAt":"2027-03-05T08:00:00.000Z","expiresOn":null})).ok(201);
    assert_eq!(read(&app, &theirs)["status"], "superseded");
}

#[test]
fn whoever_gave_it_is_meant_by_it_or_decides_now_may_withdraw_and_nobody_else() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let stranger = person(&app, &json!({"kind":"parent_carer","fullName":"Someone Else","pseudonymous":false})).id();
    let given = family.permit(&app, json!({}));
    let nobody = uuid::Uuid::now_v7().to_string();
    for by in [&family.nell, &family.sam, &stranger, &nobody] {
        let refused = family.withdraw(&app, &given, json!({"withdrawnById":by})).problem(422, "rule-violated");
        refused.rule_at("#/withdrawnById", "granter_not_authorised");
        assert_eq!(read(&app, &given)["status"], "live");
    }
    for by in [&family.mia, &family.ana, &family.finn] {
        let given = family.permit(&app, json!({}));
        let withdrawn = family.withdraw(&app, &given, json!({"withdrawnById":by})).ok(200);
        assert_eq!((withdrawn.str("status"), withdrawn.header("etag")), ("withdrawn".to_owned(), "\"2\"".to_owned()));
        let how = json!({"withdrawnById":by,"method":"email","effectiveAt":"2026-06-01T09:00:00.000Z"});
        assert_eq!((&withdrawn.body["withdrawal"], &withdrawn.body["allowedActions"]), (&how, &json!([])));
    }
    family.responsibility(&app, &family.finn, &family.ana, json!({"endedOn":"2026-05-01"}));
    family.withdraw(&app, &given, json!({"withdrawnById":family.finn})).problem(422, "rule-violated");
}

#[test]
fn a_withdrawal_takes_effect_at_once_once_and_asks_for_what_was_shared_back() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({}));
    let shared = [(); 2].map(|()| family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201).id());
    let first = family.withdraw(&app, &given, json!({"wordsUsed":"Please stop."})).ok(200);
    let effects = &first.body["effects"];
    assert_eq!((&effects["blockedDisclosureIds"], &effects["cancelledRequestIds"]), (&json!([]), &json!([])));
    assert!(effects.get("refusalId").is_none());
    let tasks: Vec<Value> = shared.iter().flat_map(|id| Family::tasks(&app, "recall_notice", id)).collect();
    assert_eq!(effects["recallTaskIds"], json!([tasks[0]["id"], tasks[1]["id"]]));
    // Five working days after Monday 1 June.
    assert_eq!((&tasks[0]["dueOn"], &tasks[0]["forManager"]), (&json!("2026-06-08"), &json!(false)));
    assert_eq!(Family::tasks(&app, "retention_review", &given).len(), 1);
    // Past disclosures stay.
    assert_eq!(first.body["disclosureIds"], json!(shared));
    app.clock.set(at("2026-06-03T09:00:00Z"), true);
    assert_eq!(family.withdraw(&app, &given, json!({"withdrawnById":family.finn})).ok(200).body, first.body);
    // Whoever objects as well is heard, once; and only who may.
    family.withdraw(&app, &given, json!({"withdrawnById":family.nell,"objects":true})).problem(422, "rule-violated");
    for _ in 0..2 {
        let again = family.withdraw(&app, &given, json!({"withdrawnById":family.finn,"objects":true})).ok(200);
        assert_eq!(again.body, first.body);
        assert_eq!(listed(&app, &format!("/cases/{}/consents", family.case)).len(), 2);
    }
    assert_eq!(shared.iter().flat_map(|id| Family::tasks(&app, "recall_notice", id)).count(), 2);
    family.permit(&app, json!({}));
    family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).problem(409, "consent-required").rule("conflicting_refusal");
}

#[test]
fn nobody_takes_back_the_no_of_another() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let ask = family.ask(&family.n1(&app), json!({}));
    let [finns, anas] = [&family.finn, &family.ana].map(|by| family.refuse(&app, by, &[&family.ana]).id());
    for (refusal, by) in [(&finns, &family.mia), (&finns, &family.ana), (&anas, &family.mia), (&anas, &family.finn)] {
        let refused = family.withdraw(&app, refusal, json!({"withdrawnById":by})).problem(422, "rule-violated");
        refused.rule_at("#/withdrawnById", "granter_not_authorised");
    }
    family.disclose(&app, &ask).problem(409, "consent-required").rule("competence_not_assessed");
    family.withdraw(&app, &anas, json!({"withdrawnById":family.ana})).ok(200);
    family.disclose(&app, &ask).problem(409, "consent-required").rule("conflicting_refusal");
    // Whoever decides alone by now speaks for themselves.
    Family::assess(&app, &family.ana, true, "2026-05-20");
    family.withdraw(&app, &finns, json!({"withdrawnById":family.ana})).ok(200);
}

#[test]
fn what_rests_on_a_replaced_permission_ends_with_the_one_in_its_place() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let first = family.permit(&app, json!({}));
    let shared = family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201).id();
    let second = family.permit(&app, json!({"supersedesId":first,"decidedAt":"2026-05-01T10:00:00.000Z"}));
    let third = family.permit(&app, json!({"supersedesId":second,"decidedAt":"2026-05-02T10:00:00.000Z"}));
    // To say no is to withdraw, not to replace.
    let no = json!({"supersedesId":third,"decision":"refused","expiresOn":null,"decidedAt":"2026-05-03T10:00:00.000Z"});
    record(&app, &family, no).problem(422, "rule-violated").rule_at("#/supersedesId", "contradicting_fields");
    let withdrawn = family.withdraw(&app, &third, json!({})).ok(200);
    let recalled = Family::tasks(&app, "recall_notice", &shared);
    assert_eq!((recalled.len(), &withdrawn.body["effects"]["recallTaskIds"]), (1, &json!([recalled[0]["id"]])));
}

#[test]
fn the_withdrawal_of_the_only_permission_puts_the_keeping_under_review() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let reviewed = |consent: &str| Family::tasks(&app, "retention_review", consent).len();
    let [first, second] = [(); 2].map(|()| family.permit(&app, json!({})));
    // What has run out, what was refused and what is of another family leaves nobody's permission in force.
    record(&app, &family, json!({"decidedAt":"2024-03-01T10:00:00.000Z","expiresOn":"2025-02-28"})).ok(201);
    let refused = family.refuse(&app, &family.finn, &[&family.sam]).id();
    Family::record(&app).permit(&app, json!({}));
    family.withdraw(&app, &first, json!({})).ok(200);
    assert_eq!(reviewed(&first), 0, "another is in force");
    family.withdraw(&app, &second, json!({})).ok(200);
    assert_eq!(reviewed(&second), 1);
    family.withdraw(&app, &refused, json!({"withdrawnById":family.finn})).ok(200);
    assert_eq!(reviewed(&refused), 0, "a refusal keeps nothing");
}

#[test]
fn a_withdrawal_names_what_else_the_same_person_permits() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let [first, second] = [(); 2].map(|()| family.permit(&app, json!({})));
    family.permit(&app, json!({"granterId":family.finn,"subjectIds":[family.ana]}));
    let left = |consent: &str| family.withdraw(&app, consent, json!({})).ok(200).body["effects"]["liveConsentIds"].clone();
    assert_eq!(left(&first), json!([second]));
    assert_eq!(left(&second), json!([]));
    // Repeated, it answers what it answered.
    assert_eq!(left(&first), json!([second]));
}

#[test]
fn whoever_objects_when_withdrawing_refuses_the_same_from_then_on() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({"conditions":[{"kind":"once_only"}]}));
    // That he refused something else says nothing of this.
    family.refuse(&app, &family.finn, &[&family.sam]);
    let withdrawn = family.withdraw(&app, &given, json!({"withdrawnById":family.finn,"objects":true})).ok(200);
    let refused = read(&app, withdrawn.body["effects"]["refusalId"].as_str().unwrap());
    let before = read(&app, &given);
    for same in ["subjectIds", "recipients", "purposes", "directions", "informationCategories"] {
        assert_eq!(refused[same], before[same], "{same}");
    }
    assert_eq!((&refused["decision"], &refused["granterId"], &refused["status"]), (&json!("refused"), &json!(family.finn), &json!("live")));
    assert_eq!((&refused["decidedAt"], &refused["conditions"]), (&json!("2026-06-01T09:00:00.000Z"), &json!([])));
    let anew = family.permit(&app, json!({"decidedAt":"2026-06-01T08:00:00.000Z"}));
    let ask = family.ask(&family.n1(&app), json!({}));
    family.disclose(&app, &ask).problem(409, "consent-required").rule("conflicting_refusal");
    // A refusal is withdrawn as a permission is.
    family.withdraw(&app, refused["id"].as_str().unwrap(), json!({"withdrawnById":family.finn})).ok(200);
    assert_eq!(family.disclose(&app, &ask).ok(201).body["consents"][0]["consentId"], anew);
}

#[test]
fn an_error_is_marked_as_one_with_its_reason_and_reviewed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let annul = |id: &str| app.adviser().post(&format!("/consents/{id}/annulment"), &json!({"reason":"Recorded on the wrong case."}));
    let given = family.permit(&app, json!({}));
    app.adviser()
        .post(&format!("/consents/{given}/annulment"), &json!({}))
        .problem(400, "validation-failed")
        .rule_at("#/reason", "required");
    let marked = annul(&given).ok(200);
    assert_eq!((marked.str("status"), marked.version()), ("entered_in_error".to_owned(), 2));
    assert_eq!(marked.body["annulment"]["reason"], "Recorded on the wrong case.");
    let review = Family::tasks(&app, "annulment_review", &given);
    assert_eq!((review.len(), &review[0]["forManager"], &review[0]["allowedActions"]), (1, &json!(true), &json!(["complete"])));
    assert!(annul(&given).problem(409, "invalid-state").body.get("allowedActions").is_none(), "nothing can be done with it");
    family.withdraw(&app, &given, json!({})).problem(409, "invalid-state");
    let withdrawn = family.permit(&app, json!({}));
    family.withdraw(&app, &withdrawn, json!({})).ok(200);
    annul(&withdrawn).problem(409, "invalid-state");
    assert_eq!(read(&app, &withdrawn)["status"], "withdrawn");
    // A no counts no longer at once, and whoever marked it does not review that.
    let no = family.refuse(&app, &family.finn, &[&family.ana]).id();
    app.manager().post(&format!("/consents/{no}/annulment"), &json!({"reason":"He said it of somebody else."})).ok(200);
    let review = Family::tasks(&app, "annulment_review", &no).remove(0);
    let path = format!("/tasks/{}/completion", review["id"].as_str().unwrap());
    assert_eq!(review["allowedActions"], json!([]));
    app.manager().if_match(1).post(&path, &json!({})).problem(409, "same-person").rule("conflicted_decider");
    app.as_staff(Role::ServiceManager, "deputy").if_match(1).post(&path, &json!({})).ok(200);
}

#[test]
fn permissions_are_found_by_person_body_day_and_end() {
    let app = TestApp::spawn();
    let (family, other) = (Family::record(&app), Family::record(&app));
    let council = family.permit(&app, json!({}));
    let school = family.permit(
        &app,
        json!({"subjectIds":[family.mia],"recipients":[{"recipientId":family.school}],
        "decidedAt":"2026-05-01T10:00:00.000Z","expiresOn":"2026-06-30"}),
    );
    let later = family.permit(&app, json!({"startsAt":"2026-09-01T00:00:00.000Z"}));
    let theirs = other.permit(&app, json!({}));
    let no = family.refuse(&app, &family.finn, &[&family.ana]).id();
    let at_case = format!("/cases/{}/consents", family.case);
    assert_eq!(listed(&app, &at_case), [&no, &later, &school, &council].map(String::clone));
    assert_eq!(listed(&app, "/consents"), [&no, &theirs, &later, &school, &council].map(String::clone));
    assert_eq!(listed(&app, &format!("/consents?subjectId={}", family.ana)), [&no, &later, &council].map(String::clone));
    assert_eq!(listed(&app, &format!("/consents?recipientId={}", family.school)), std::slice::from_ref(&school));
    let active = |path: &str, at: &str| listed(&app, &format!("{path}?activeAt={at}"));
    assert_eq!(active(&at_case, "2026-06-01T09:00:00Z"), [&no, &school, &council].map(String::clone));
    assert_eq!(active(&at_case, "2026-06-30T22:59:59Z"), [&no, &school, &council].map(String::clone));
    assert_eq!(active(&at_case, "2026-06-30T23:00:00Z"), [&no, &council].map(String::clone));
    assert_eq!(active(&at_case, "2026-02-28T09:00:00Z"), Vec::<String>::new());
    family.withdraw(&app, &council, json!({})).ok(200);
    assert_eq!(active(&at_case, "2026-06-01T08:59:59Z"), [&no, &school, &council].map(String::clone));
    assert_eq!(active(&at_case, "2026-06-01T09:00:00Z"), [&no, &school].map(String::clone));
    assert_eq!(listed(&app, &format!("{at_case}?expiresBefore=2026-07-01")), std::slice::from_ref(&school));
    assert!(listed(&app, &format!("{at_case}?expiresBefore=2026-06-30")).is_empty());
    let total = app.adviser().get(&format!("{at_case}?includeTotal=true&limit=1")).ok(200);
    assert_eq!((&total.body["page"]["total"], total.body["items"].as_array().unwrap().len()), (&json!(4), 1));
}

#[test]
fn permissions_are_found_by_the_authority_with_which_they_end_as_they_are_shown() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    Family::born(&app, &family.ana, "2010-08-31");
    let anas = family.permit(&app, json!({"subjectIds":[family.ana]}));
    let both = family.permit(&app, json!({}));
    let no = family.refuse(&app, &family.finn, &[&family.ana]).id();
    let found = |query: &str| listed(&app, &format!("/cases/{}/consents?{query}", family.case));
    assert_eq!(found("expiresBefore=2026-06-26"), Vec::<String>::new());
    assert_eq!(found("expiresBefore=2026-06-27"), std::slice::from_ref(&anas));
    assert_eq!(found("expiresBefore=2027-03-01"), [&both, &anas].map(String::clone));
    assert_eq!(found("activeAt=2026-06-26T22:59:59Z"), [&no, &both, &anas].map(String::clone));
    assert_eq!(found("activeAt=2026-06-26T23:00:00Z"), [&no, &both].map(String::clone));
    app.clock.set(at("2026-06-26T23:00:00Z"), true);
    let path = format!("/cases/{}/consents?activeAt=2026-06-26T23:00:00Z&includeTotal=true&limit=1", family.case);
    let first = app.adviser().get(&path).ok(200);
    assert_eq!((&first.body["page"]["total"], &first.body["items"][0]["id"]), (&json!(2), &json!(no)));
    let next = app.adviser().get(&format!("{path}&cursor={}", first.body["page"]["nextCursor"].as_str().unwrap())).ok(200);
    let rows: Vec<_> = next.body["items"].as_array().unwrap().iter().map(|row| (&row["id"], &row["status"])).collect();
    assert_eq!((rows, &next.body["page"]["total"]), (vec![(&json!(both), &json!("live"))], &json!(2)));
    assert!(next.body["page"]["nextCursor"].is_null(), "{}", next.text);
}

#[test]
fn closing_the_case_ends_its_permissions_and_reopening_revives_none() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({}));
    family.close(&app);
    assert_eq!(read(&app, &given)["status"], "expired");
    family.reopen(&app);
    let ended = read(&app, &given);
    assert_eq!((&ended["status"], &ended["allowedActions"]), (&json!("expired"), &json!([])));
    let ask = family.ask(&family.n1(&app), json!({}));
    family.disclose(&app, &ask).problem(409, "consent-required").rule("consent_expired");
    // Permission after that is a new record.
    family.permit(&app, json!({}));
    family.disclose(&app, &ask).ok(201);
}

#[test]
fn a_young_person_alone_decides_once_the_age_out_day_is_over() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    Family::born(&app, &family.ana, "2010-08-31");
    let parents = family.permit(&app, json!({}));
    assert_eq!(read(&app, &parents)["authority"][0]["endsOn"], "2026-06-26");
    app.clock.set(at("2026-07-01T09:00:00Z"), true);
    // D13: a parent's word of after that day is not recorded; that of before it is, and no longer counts.
    let late = json!({"subjectIds":[family.ana],"decidedAt":"2026-06-29T10:00:00.000Z"});
    record(&app, &family, late).problem(422, "rule-violated").rule_at("#/subjectIds/0", "granter_not_authorised");
    record(&app, &family, json!({"subjectIds":[family.ana],"decidedAt":"2026-06-26T22:59:59.000Z"})).ok(201);
    let own = json!({"granterId":family.ana,"subjectIds":[family.ana],"decidedAt":"2026-06-29T10:00:00.000Z"});
    let own = record(&app, &family, own).ok(201);
    assert_eq!(own.body["authority"], json!([{"subjectId":family.ana,"granterRelation":"self"}]));
    for parent in [&family.mia, &family.finn] {
        family.withdraw(&app, &own.id(), json!({"withdrawnById":parent})).problem(422, "rule-violated");
    }
    family.withdraw(&app, &parents, json!({"withdrawnById":family.ana})).ok(200);
    family.withdraw(&app, &own.id(), json!({"withdrawnById":family.ana})).ok(200);
}

#[test]
fn the_same_key_records_a_permission_once() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}/consents", family.case);
    let keyed = app.adviser().with("Idempotency-Key", "permission-000001");
    let first = keyed.post(&path, &family.permission(json!({}))).ok(201);
    assert_eq!(keyed.post(&path, &family.permission(json!({}))).ok(201).id(), first.id());
    keyed.post(&path, &family.permission(json!({"purposes":["tribunal"]}))).problem(422, "idempotency-key-reused");
    assert_eq!(listed(&app, &path).len(), 1);
    // The replay shows the record as it is by now.
    family.withdraw(&app, &first.id(), json!({})).ok(200);
    let replay = keyed.post(&path, &family.permission(json!({}))).ok(201);
    assert_eq!((replay.str("status"), replay.header("idempotency-replayed")), ("withdrawn".to_owned(), "true".to_owned()));
}
