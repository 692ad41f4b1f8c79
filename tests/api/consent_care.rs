//! Permissions and refusals: what one may name and replace, in which order its faults are told, and endings that are sent twice.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp, at};

const NOBODY: &str = "01a09f30-a93a-7160-8999-50d836f675cc";

fn record(app: &TestApp, family: &Family, change: Value) -> Reply {
    app.adviser().post(&format!("/cases/{}/consents", family.case), &family.permission(change))
}

fn status(app: &TestApp, id: &str) -> String {
    app.adviser().get(&format!("/consents/{id}")).ok(200).str("status")
}

#[test]
fn nobody_ends_the_word_of_another_by_replacing_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let refused = |change: Value| {
        record(&app, &family, change).problem(422, "rule-violated").rule_at("#/supersedesId", "contradicting_fields");
    };
    let finns = family.permit(&app, json!({"granterId":family.finn,"subjectIds":[family.ana]}));
    refused(json!({"supersedesId":finns}));
    refused(json!({"supersedesId":finns,"decision":"refused","recipients":[],"expiresOn":null}));
    assert_eq!(status(&app, &finns), "live");
    // Nor their own refusal, which a later permission answers by its date.
    let no = family.refuse(&app, &family.mia, &[&family.ana]).id();
    refused(json!({"supersedesId":no}));
    assert_eq!(status(&app, &no), "live");
    // Nor what was said about somebody of whom nothing is said now.
    let both = family.permit(&app, json!({}));
    refused(json!({"supersedesId":both,"subjectIds":[family.ana]}));
    assert_eq!(status(&app, &both), "live");
    record(&app, &family, json!({"supersedesId":both,"subjectIds":[family.sam, family.mia, family.ana]})).ok(201);
    assert_eq!(status(&app, &both), "superseded");
}

#[test]
fn what_a_permission_rests_on_is_on_record() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let resting = |what: Value| {
        let mut evidence = json!({"noticeVersion":"leaflet-3"});
        crate::family::merge(&mut evidence, what);
        record(&app, &family, json!({"evidence":evidence}))
    };
    let unknown = |what: Value, place: &str| {
        resting(what).problem(422, "rule-violated").rule_at(place, "unknown_reference");
    };
    let assessed = |who: &str| {
        let body = json!({"decisionKind":"own_case","understands":true,"retains":true,"weighs":true,"communicates":true,
            "outcome":"can_decide","assessedOn":"2026-02-01","reasons":"Told it back."});
        app.adviser().post(&format!("/people/{who}/capacity-records"), &body).ok(201).id()
    };
    let stranger = person(&app, &json!({"kind":"parent_carer","fullName":"Someone Else","pseudonymous":false})).id();
    unknown(json!({"witnessId":NOBODY}), "#/evidence/witnessId");
    unknown(json!({"capacityRecordId":NOBODY}), "#/evidence/capacityRecordId");
    unknown(json!({"capacityRecordId":assessed(&stranger)}), "#/evidence/capacityRecordId");
    unknown(json!({"capacityRecordId":assessed(&family.nell)}), "#/evidence/capacityRecordId");
    let me = app.adviser().get("/me").ok(200);
    let witness = &app.adviser().get(&format!("/cases/{}", family.case)).ok(200).body["assignedTo"]["id"];
    assert!(witness.is_string(), "{}", me.text);
    resting(json!({"witnessId":witness,"capacityRecordId":assessed(&family.ana)})).ok(201);
    resting(json!({"capacityRecordId":assessed(&family.mia)})).ok(201);
}

#[test]
fn the_faults_of_a_permission_are_told_before_the_state_of_its_case() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let old = family.permit(&app, json!({"granterId":family.finn,"subjectIds":[family.ana]}));
    family.close(&app);
    record(&app, &family, json!({"noteIds":[NOBODY]})).problem(422, "rule-violated").rule_at("#/noteIds/0", "unknown_reference");
    record(&app, &family, json!({"granterId":NOBODY})).problem(422, "rule-violated").rule_at("#/granterId", "granter_not_participant");
    record(&app, &family, json!({"purposes":[]})).problem(422, "rule-violated").rule_at("#/purposes", "contradicting_fields");
    record(&app, &family, json!({"supersedesId":NOBODY})).problem(422, "rule-violated").rule_at("#/supersedesId", "unknown_reference");
    record(&app, &family, json!({"supersedesId":old})).problem(422, "rule-violated").rule_at("#/supersedesId", "contradicting_fields");
    record(&app, &family, json!({})).problem(409, "invalid-state").rule_at("#/decision", "case_closed");
}

#[test]
fn a_permission_that_ends_before_it_starts_is_not_recorded() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let starting = |last: &str| record(&app, &family, json!({"startsAt":"2026-07-01T09:00:00.000Z","expiresOn":last}));
    starting("2026-06-30").problem(422, "rule-violated").rule_at("#/expiresOn", "contradicting_fields");
    starting("2026-07-01").ok(201);
    record(&app, &family, json!({"expiresOn":"2026-02-28"})).problem(422, "rule-violated").rule_at("#/expiresOn", "contradicting_fields");
}

#[test]
fn a_withdrawal_with_an_objection_never_fails_for_its_form() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({}));
    let path = format!("/participants/{}", family.participant(&family.mia));
    app.adviser().if_match(1).patch(&path, &json!({"endedOn":"2026-05-01"})).ok(200);
    // By telephone, without the words, by somebody who takes part no longer.
    let withdrawn = family.withdraw(&app, &given, json!({"method":"verbal_phone","objects":true})).ok(200);
    let refusal = app.adviser().get(&format!("/consents/{}", withdrawn.body["effects"]["refusalId"].as_str().unwrap())).ok(200);
    assert_eq!((refusal.str("decision"), refusal.str("status")), ("refused".to_owned(), "live".to_owned()));
    assert_eq!(refusal.str("granterId"), family.mia);
    assert_eq!(withdrawn.str("status"), "withdrawn");
}

#[test]
fn an_ending_that_is_sent_twice_takes_effect_once() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let endings = [
        ("withdrawal", json!({"withdrawnById":family.mia,"method":"email"}), json!({"withdrawnById":family.finn,"method":"email"})),
        ("annulment", json!({"reason":"The wrong case."}), json!({"reason":"Another family."})),
    ];
    for (ending, body, other) in endings {
        let path = format!("/consents/{}/{ending}", family.permit(&app, json!({})));
        let keyed = |key: &str| app.adviser().with("Idempotency-Key", key);
        keyed("too-short").post(&path, &body).problem(400, "malformed-request");
        let key = format!("ending-by-{ending}");
        let first = keyed(&key).post(&path, &body).ok(200);
        let again = keyed(&key).post(&path, &body).ok(200);
        assert_eq!((again.header("idempotency-replayed"), &again.body), ("true".to_owned(), &first.body), "{ending}");
        keyed(&key).post(&path, &other).problem(422, "idempotency-key-reused");
    }
}

#[test]
fn a_permission_about_to_end_is_on_the_work_list_until_it_is_given_again_or_ends() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let ending = |purpose: &str| family.permit(&app, json!({"purposes":[purpose],"expiresOn":"2026-07-10"}));
    let given = ["liaison", "mediation", "tribunal", "complaint", "attend_meeting"].map(ending);
    family.permit(&app, json!({"expiresOn":"2026-05-31"}));
    family.refuse(&app, &family.finn, &[&family.sam]);
    let listed = || app.adviser().get("/tasks?kind=permission_ending&status=open&includeTotal=true").ok(200);
    app.clock.set(at("2026-06-11T22:59:59Z"), true);
    assert_eq!((&listed().body["items"], &listed().body["page"]["total"]), (&json!([]), &json!(0)));
    app.clock.set(at("2026-06-11T23:00:00Z"), true);
    assert_eq!(listed().body["page"]["total"], 5);
    let open = |consent: &str| Family::tasks(&app, "permission_ending", consent);
    let task = &open(&given[0])[0];
    assert_eq!(
        (&task["dueOn"], &task["caseId"], &task["forManager"], &task["allowedActions"]),
        (&json!("2026-07-10"), &json!(family.case), &json!(false), &json!(["complete"]))
    );
    // Each act by which it is given again, or ends, does it; or a word that they do not wish to.
    let [again, withdrawn, wrong, by_hand, closed] = &given;
    family.permit(&app, json!({"supersedesId":again}));
    family.withdraw(&app, withdrawn, json!({})).ok(200);
    app.adviser().post(&format!("/consents/{wrong}/annulment"), &json!({"reason":"Another family."})).ok(200);
    let task = open(by_hand)[0]["id"].as_str().unwrap().to_owned();
    app.adviser().if_match(1).post(&format!("/tasks/{task}/completion"), &json!({})).ok(200);
    assert_eq!(listed().body["items"].as_array().unwrap().iter().map(|task| &task["aboutId"]).collect::<Vec<_>>(), [closed]);
    family.close(&app);
    assert_eq!(listed().body["page"]["total"], 0);
}

#[test]
fn whoever_gave_a_permission_is_asked_by_the_day_on_which_it_ends_by_what_is_known_now() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let given = family.permit(&app, json!({"expiresOn":"2026-07-10"}));
    let due = || Family::tasks(&app, "permission_ending", &given).iter().map(|task| task["dueOn"].clone()).collect::<Vec<_>>();
    assert_eq!(due(), Vec::<Value>::new(), "it is shown four weeks before");
    let born = |version: i64, day: &str| {
        app.adviser().if_match(version).patch(&format!("/people/{}", family.ana), &json!({"dateOfBirth":day})).ok(200);
    };
    born(1, "2010-08-31");
    assert_eq!(due(), ["2026-06-26"]);
    let task = &Family::tasks(&app, "permission_ending", &given)[0];
    // What is told in confidence moves nothing here, nor does what changes nothing.
    let hers = app.as_staff(Role::Adviser, "hers");
    crate::apart::own_case(&hers, &family.ana);
    let version = hers.get(&format!("/people/{}", family.ana)).ok(200).version();
    hers.if_match(version).patch(&format!("/people/{}", family.ana), &json!({"dateOfBirth":"2012-08-31"})).ok(200);
    assert_eq!(&Family::tasks(&app, "permission_ending", &given)[0], task);
    born(2, "2014-03-12");
    assert_eq!(due(), Vec::<Value>::new());
    family.responsibility(&app, &family.mia, &family.ana, json!({"endedOn":"2026-06-16"}));
    assert_eq!(due(), ["2026-06-15"]);
    // Done for that day it is done; for another it is to be done again.
    let task = Family::tasks(&app, "permission_ending", &given).remove(0);
    let path = format!("/tasks/{}/completion", task["id"].as_str().unwrap());
    app.adviser().if_match(task["version"].as_i64().unwrap()).post(&path, &json!({})).ok(200);
    app.adviser().if_match(3).patch(&format!("/people/{}", family.ana), &json!({"knownAs":"Annie"})).ok(200);
    assert_eq!(due(), Vec::<Value>::new());
    born(4, "2010-08-31");
    assert_eq!(due(), Vec::<Value>::new(), "her mother's responsibility ends before");
    let part = format!("/participants/{}", family.participant(&family.mia));
    let entry = json!([{"childId":family.ana,"value":"yes","evidence":"self_declared"}]);
    app.adviser().if_match(2).patch(&part, &json!({"parentalResponsibility":entry})).ok(200);
    assert_eq!(due(), ["2026-06-26"]);
    // By then Ana decides alone.
    born(5, "2008-03-12");
    assert_eq!(due(), Vec::<Value>::new());
    app.clock.set(at("2026-06-12T09:00:00Z"), true);
    assert_eq!(due(), ["2026-07-10"], "for herself she may");
}

#[test]
fn a_record_of_capacity_is_looked_at_again_on_its_day_and_by_another_one() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let assess = |session: &Session<'_>, kind: &str, review: Value| {
        let mut body = json!({"decisionKind":kind,"understands":true,"retains":true,"weighs":true,"communicates":true,
            "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back."});
        merge(&mut body, json!({"reviewOn":review}));
        session.post(&format!("/people/{}/capacity-records", family.ana), &body).ok(201).id()
    };
    let record = assess(&app.adviser(), "share_information", json!("2026-07-10"));
    let (hers, manager) = (app.as_staff(Role::Adviser, "hers"), app.manager());
    let own = crate::apart::own_case(&hers, &family.ana).id();
    // It belongs there, and not to the newest case that those see who see hers.
    let newer = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":false}]});
    app.as_staff(Role::Adviser, "third").post("/cases", &newer).ok(201);
    assess(&hers, "share_information", json!("2026-07-08"));
    let listed =
        |session: &Session<'_>| session.get("/tasks?kind=capacity_review&status=open").ok(200).body["items"].as_array().unwrap().clone();
    assert!(listed(&manager).is_empty());
    app.clock.set(at("2026-06-12T09:00:00Z"), true);
    let [task] = &listed(&app.adviser())[..] else { panic!("what is told in confidence is not here") };
    assert_eq!((&task["aboutId"], &task["caseId"], &task["dueOn"]), (&json!(record), &json!(family.case), &json!("2026-07-10")));
    assert_eq!(task["allowedActions"], json!(["complete"]));
    assert!(listed(&hers).iter().any(|task| task["caseId"] == own));
    assert_eq!(listed(&manager).len(), 2);
    // Another kind of decision is another matter, and so is her own side.
    assess(&app.adviser(), "own_case", json!(null));
    assert_eq!(listed(&app.adviser()).len(), 1);
    assess(&app.adviser(), "share_information", json!(null));
    assert!(listed(&app.adviser()).is_empty());
    assert_eq!(listed(&manager).len(), 1);
}
