//! A child or person at risk (C17, section (d)): recorded by anybody at any hour, passed on or not, reviewed by a second person.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp, at};

/// What is told of a risk to Ana: all that must be known to record it, and no more.
fn told(family: &Family, change: Value) -> Value {
    let mut body = json!({"riskTypes":["emotional"],"summary":"She is afraid to go home.","knownAt":"2026-06-01T08:00:00.000Z",
        "atRiskPersonIds":[family.ana]});
    merge(&mut body, change);
    body
}

/// What a decision rests on.
fn grounds(change: Value) -> Value {
    let mut body = json!({"necessity":"Nothing the hub could do.","proportionality":"It stays here.","consentSought":"not_sought",
        "noConsentReason":"cannot_give","toldSubject":"no","toldReason":"She would be afraid."});
    merge(&mut body, change);
    body
}

fn raised_by(session: &Session<'_>, case: &str, body: &Value) -> Reply {
    session.post(&format!("/cases/{case}/safeguarding-concerns"), body)
}

fn raise(app: &TestApp, family: &Family, change: Value) -> Reply {
    raised_by(&app.adviser(), &family.case, &told(family, change)).ok(201)
}

fn outcome(session: &Session<'_>, concern: &str, version: i64, body: &Value) -> Reply {
    session.if_match(version).post(&format!("/safeguarding-concerns/{concern}/outcome"), body)
}

/// A decision not to share.
fn withhold(session: &Session<'_>, concern: &str, version: i64, change: Value) -> Reply {
    let mut body = grounds(json!({"outcome":"not_shared","reason":"Already known to the hub."}));
    merge(&mut body, change);
    outcome(session, concern, version, &body)
}

fn review(session: &Session<'_>, concern: &str, version: i64, finding: &str) -> Reply {
    outcome(session, concern, version, &json!({"finding":finding,"reason":"I have read it all."}))
}

fn annotate(session: &Session<'_>, concern: &str, body: &Value) -> Reply {
    session.post(&format!("/safeguarding-concerns/{concern}/annotations"), body)
}

fn deputy(app: &TestApp) -> Session<'_> {
    app.as_staff(Role::ServiceManager, "deputy")
}

fn log(app: &TestApp, kind: &str) -> Vec<Value> {
    app.manager().get(&format!("/disclosure-log?kind={kind}")).ok(200).body["items"].as_array().unwrap().clone()
}

fn ids(page: &Reply) -> Vec<String> {
    page.body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

fn tasks(app: &TestApp, about: &str) -> Vec<(String, String)> {
    let list = app.manager().get("/tasks?status=open&limit=200").ok(200);
    let about = list.body["items"].as_array().unwrap().iter().filter(|task| task["aboutId"] == *about).cloned();
    let word = |task: &Value, name: &str| task[name].as_str().unwrap().to_owned();
    let mut kinds: Vec<_> = about.map(|task| (word(&task, "kind"), word(&task, "dueOn"))).collect();
    kinds.sort();
    kinds
}

fn due(kind: &str, day: &str) -> (String, String) {
    (kind.to_owned(), day.to_owned())
}

#[test]
fn a_concern_is_recorded_by_any_adviser_at_any_hour_and_put_to_a_manager() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    // The evening before Christmas: the next working day is the Tuesday after, because Boxing Day is moved to the Monday.
    app.clock.set(at("2026-12-24T23:40:00Z"), true);
    let anybody = app.as_staff(Role::Adviser, "alone at night");
    let concern = raised_by(&anybody, &family.case, &told(&family, json!({}))).ok(201);
    assert_eq!(concern.header("location"), format!("/api/v1/safeguarding-concerns/{}", concern.id()));
    assert_eq!(
        (concern.header("etag"), concern.str("status"), concern.str("reviewDueOn")),
        ("\"1\"".into(), "raised".into(), "2026-12-29".into())
    );
    assert_eq!(concern.body["allowedActions"], json!(["annotate", "record_disclosure"]));
    assert_eq!(tasks(&app, &concern.id()), [due("safeguarding_decision", "2026-12-29")]);
    let read = anybody.get(&format!("/safeguarding-concerns/{}", concern.id())).ok(200);
    assert_eq!(read.body, concern.body);
    assert_eq!(
        app.manager().get(&format!("/safeguarding-concerns/{}", concern.id())).ok(200).body["allowedActions"],
        json!(["annotate", "record_disclosure", "decide"])
    );
    // Before Easter: Good Friday and Easter Monday are none.
    app.clock.set(at("2027-03-25T12:00:00Z"), true);
    assert_eq!(raise(&app, &family, json!({})).str("reviewDueOn"), "2027-03-30");
    for (what, pointer) in [("riskTypes", "#/riskTypes"), ("summary", "#/summary"), ("knownAt", "#/knownAt")] {
        let nothing = told(&family, json!({what:null}));
        raised_by(&app.adviser(), &family.case, &nothing).problem(400, "validation-failed").rule_at(pointer, "required");
    }
    raised_by(&app.adviser(), &family.case, &told(&family, json!({"riskTypes":[]}))).problem(400, "validation-failed");
    let stranger = uuid::Uuid::now_v7();
    // Nobody is refused for a slip; what is odd is told.
    let odd = json!({"atRiskPersonIds":[family.ana, stranger],"aboutStaffIds":[stranger],"withholdFromPersonIds":[stranger],
        "withholdUntilOn":"2020-01-01","knownAt":"2027-03-25T12:05:00.000Z"});
    let odd = raise(&app, &family, odd);
    let remarks: Vec<(&Value, &Value)> = odd.body["remarks"].as_array().unwrap().iter().map(|it| (&it["pointer"], &it["rule"])).collect();
    let told_of = [
        ("#/atRiskPersonIds/1", "unknown_reference"),
        ("#/aboutStaffIds/0", "unknown_reference"),
        ("#/withholdFromPersonIds/0", "not_participant"),
    ];
    let told_of = told_of.map(|(pointer, rule)| (json!(pointer), json!(rule)));
    assert_eq!(remarks, told_of.iter().map(|(pointer, rule)| (pointer, rule)).collect::<Vec<_>>());
    assert_eq!((odd.str("knownAt"), odd.str("withholdUntilOn")), ("2027-03-25T12:00:00.000Z".into(), "2027-06-25".into()));
    assert!(concern.body.get("remarks").is_none());
    // Whom nobody knows is nobody, where a decision needs somebody.
    let nobody = raise(&app, &family, json!({"atRiskPersonIds":[stranger]})).id();
    withhold(&app.manager(), &nobody, 1, json!({}))
        .problem(422, "rule-violated")
        .rule_at("#/atRiskPersonIds", "safeguarding_fields_missing");
    app.as_role(Role::Auditor).get(&format!("/safeguarding-concerns/{}", concern.id())).problem(403, "forbidden");
}

#[test]
fn everything_that_may_be_told_of_a_concern_is_kept_as_it_was_told() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let all = json!({"riskTypes":["emotional","adult_at_risk"],"atRiskDescription":"The boy next door.","necessity":"Tonight.","proportionality":"One word.",
        "consentSought":"sought_refused","noConsentReason":"would_prejudice_protection","toldSubject":"later","toldReason":"When she is safe.",
        "withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-07-01"});
    let concern = raise(&app, &family, all.clone());
    for (name, value) in told(&family, all).as_object().unwrap() {
        assert_eq!(&concern.body[name], value, "{name}");
    }
    // Nothing is withheld for ever, nor for no time.
    assert_eq!(raise(&app, &family, json!({"withholdFromPersonIds":[family.mia]})).str("withholdUntilOn"), "2026-09-01");
}

#[test]
fn nothing_that_may_never_block_a_risk_blocks_recording_deciding_or_passing_it_on() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let wish = json!({"keepConfidential":true,"wishByPersonId":family.mia,"wishOn":"2026-05-20","namesOthers":true});
    let note = family.note(&app, &family.mia, &[&family.ana, &family.sam], "health", wish);
    let tell = |what: &str, note: &str| {
        let concern = raise(&app, &family, json!({})).id();
        let mut ask = family.risk(note, json!({}));
        merge(&mut ask["safeguarding"], json!({"concernId":concern,"riskTypes":null,"atRiskPersonIds":null}));
        let sent = family.disclose(&app, &ask);
        assert_eq!(sent.status, 201, "{what}: {}", sent.text);
        assert_eq!(sent.str("concernId"), concern, "{what}");
        let other = raise(&app, &family, json!({})).id();
        let kept = withhold(&app.manager(), &other, 1, json!({}));
        assert_eq!(kept.status, 200, "{what}: {}", kept.text);
    };
    tell("no permission, a wish for confidence", &note);
    let given = family.permit(&app, json!({}));
    family.withdraw(&app, &given, json!({})).ok(200);
    tell("a withdrawal", &note);
    family.permit(&app, json!({"expiresOn":"2026-05-31"}));
    tell("an expired permission", &note);
    family.refuse(&app, &family.finn, &[&family.ana, &family.sam]);
    Family::assess(&app, &family.ana, true, "2026-04-01");
    family.refuse(&app, &family.ana, &[&family.ana]);
    tell("a refusal, and parents who disagree", &note);
    family.responsibility(&app, &family.mia, &family.ana, json!({"value":"unknown"}));
    app.adviser().if_match(1).patch(&format!("/people/{}", family.ana), &json!({"dateOfBirth":null})).ok(200);
    tell("unknown responsibility and birth date", &note);
    // An open review is that of the concerns before; a changed version that of the case.
    assert!(!app.manager().get("/tasks?kind=safeguarding_review&status=open").ok(200).body["items"].as_array().unwrap().is_empty());
    let mut corrected = app.adviser().get(&format!("/notes/{note}")).ok(200).body;
    merge(
        &mut corrected,
        json!({"id":null,"caseId":null,"recordedAt":null,"recordedBy":null,"allowedActions":null,"correctionReason":"A word."}),
    );
    app.adviser().post(&format!("/notes/{note}/correction"), &corrected).ok(201);
    tell("a note that was corrected", &note);
    app.clock.set(at("2026-06-06T03:00:00Z"), true);
    tell("a weekend night, with no manager on duty", &note);
    family.close(&app);
    tell("a closed case", &note);
    app.clock.set(at("9999-12-31T12:00:00Z"), true);
    tell("a day after which there is none", &note);
}

#[test]
fn what_may_refuse_a_risk_is_a_token_a_scope_a_missing_fact_or_who_would_be_told() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let body = told(&family, json!({}));
    raised_by(&app.with_token(None), &family.case, &body).problem(401, "unauthenticated");
    for role in [Role::Auditor, Role::Analyst, Role::Administrator] {
        raised_by(&app.as_role(role), &family.case, &body).problem(403, "forbidden");
    }
    raised_by(&app.adviser(), &uuid::Uuid::now_v7().to_string(), &body).problem(404, "not-found");
    let concern = raise(&app, &family, json!({})).id();
    let worker = app.adviser().get("/me").ok(200).id();
    let restriction = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"A relative works here."});
    let version = app.adviser().get(&format!("/cases/{}", family.case)).ok(200).version();
    app.manager().if_match(version).put(&format!("/cases/{}/restriction", family.case), &restriction).ok(200);
    let stranger = app.as_staff(Role::Adviser, "stranger");
    raised_by(&stranger, &family.case, &body).problem(404, "not-found");
    stranger.get(&format!("/safeguarding-concerns/{concern}")).problem(404, "not-found");
    annotate(&stranger, &concern, &json!({"kind":"information","note":"x"})).problem(404, "not-found");
    assert_eq!(ids(&stranger.get("/safeguarding-concerns").ok(200)), Vec::<String>::new());
    withhold(&app.manager(), &concern, 1, json!({})).problem(403, "access-reason-required");
    withhold(&app.adviser(), &concern, 1, json!({})).problem(403, "forbidden");
    let boss = app.manager().with("Access-Reason", "safeguarding");
    boss.post(&format!("/safeguarding-concerns/{concern}/outcome"), &json!({"outcome":"not_shared","reason":"x"}))
        .problem(428, "precondition-required");
    withhold(&boss, &concern, 7, json!({})).problem(412, "stale-version");
    // Every fact that passing on needs is needed to decide not to, each by itself, and nothing is recorded without.
    let missing = [
        ("#/necessity", json!({"necessity":null})),
        ("#/proportionality", json!({"proportionality":" "})),
        ("#/consentSought", json!({"consentSought":null})),
        ("#/noConsentReason", json!({"noConsentReason":null})),
        ("#/toldSubject", json!({"toldSubject":null})),
        ("#/toldReason", json!({"toldReason":null})),
    ];
    for (pointer, change) in missing {
        let refused = withhold(&boss, &concern, 1, change).problem(422, "rule-violated").rule_at(pointer, "safeguarding_fields_missing");
        assert_eq!(refused.rules().len(), 1, "{}", refused.text);
    }
    let nobody = raised_by(&app.adviser(), &family.case, &told(&family, json!({"atRiskPersonIds":null}))).ok(201).id();
    withhold(&boss, &nobody, 1, json!({})).problem(422, "rule-violated").rule_at("#/atRiskPersonIds", "safeguarding_fields_missing");
    withhold(&boss, &nobody, 1, json!({"atRiskDescription":"The boy next door."})).ok(200);
    outcome(&boss, &concern, 1, &grounds(json!({"outcome":"not_shared"})))
        .problem(400, "validation-failed")
        .rule_at("#/reason", "required");
    for (body, pointer) in [
        (json!({"outcome":"shared","reason":"x"}), "#/outcome"),
        (json!({"reason":"x"}), "#/outcome"),
        (json!({"outcome":"not_shared","finding":"upheld","reason":"x"}), "#/outcome"),
        (json!({"finding":"upheld","reason":"x","necessity":"x"}), "#/finding"),
    ] {
        outcome(&boss, &concern, 1, &body).problem(422, "rule-violated").rule_at(pointer, "contradicting_fields");
    }
    let to_school = family.risk(&family.n1(&app), json!({"recipient":{"recipientId":family.school}}));
    family.disclose(&app, &to_school).problem(422, "rule-violated").rule_at("#/recipient", "recipient_without_safeguarding_function");
    assert_eq!(app.adviser().get(&format!("/safeguarding-concerns/{concern}")).ok(200).body["status"], "raised");
}

#[test]
fn a_decision_not_to_share_is_logged_and_reviewed_by_a_second_person() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let concern = raise(&app, &family, json!({"necessity":"As it was told first."})).id();
    review(&app.manager(), &concern, 1, "upheld").problem(409, "invalid-state");
    let session = app.manager().with("Idempotency-Key", "not-to-share-this-1");
    let decided = withhold(&session, &concern, 1, json!({"necessity":null})).ok(200);
    assert_eq!((decided.str("status"), decided.str("outcome"), decided.version()), ("not_shared".into(), "not_shared".into(), 2));
    assert_eq!(
        (decided.str("outcomeReason"), decided.str("decidedByRole")),
        ("Already known to the hub.".into(), "service_manager".into())
    );
    assert_eq!(decided.body["decidedBy"]["displayName"], "ServiceManager");
    assert_eq!((decided.str("necessity"), decided.str("proportionality")), ("As it was told first.".into(), "It stays here.".into()));
    let again = withhold(&session, &concern, 1, json!({"necessity":null})).ok(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(tasks(&app, &concern), [due("safeguarding_review", "2026-06-02")]);
    let [task] = &Family::tasks(&app, "safeguarding_review", &concern)[..] else { panic!("one task") };
    let own = app.manager().if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
    own.problem(409, "same-person").rule("conflicted_decider");
    // It stands in the disclosure log, and tells no more than that.
    let entries = log(&app, "decided_not_to_share");
    assert_eq!(entries.len(), 1);
    let body = &entries[0]["body"];
    assert_eq!((&body["outcome"], &body["basis"], &body["told"]), (&json!("recorded"), &json!("safeguarding"), &json!("no")));
    assert!(body["subjects"][0].is_string() && !entries[0].to_string().contains("Already known"), "{body}");
    let opened = app
        .manager()
        .with("Access-Reason", "safeguarding")
        .get(&format!("/disclosure-log/entries/{}?openings=true", entries[0]["index"]))
        .ok(200);
    assert!(opened.text.contains("Already known to the hub.") && opened.text.contains(&family.ana), "{}", opened.text);
    // Decided once, and reviewed by somebody else.
    withhold(&app.manager(), &concern, 2, json!({})).problem(409, "invalid-state");
    review(&app.manager(), &concern, 2, "upheld").problem(409, "same-person").rule_at("#/finding", "conflicted_decider");
    assert_eq!(decided.body["allowedActions"], json!(["annotate", "record_disclosure"]));
    let reviewed = review(&deputy(&app), &concern, 2, "upheld_with_learning").ok(200);
    assert_eq!((reviewed.str("status"), reviewed.version()), ("reviewed".into(), 3));
    let found = &reviewed.body["reviews"][0];
    assert_eq!(
        (&found["finding"], &found["reason"], &found["by"]["displayName"]),
        (&json!("upheld_with_learning"), &json!("I have read it all."), &json!("deputy"))
    );
    assert!(tasks(&app, &concern).is_empty());
    review(&deputy(&app), &concern, 3, "upheld").problem(409, "invalid-state");
    let timeline = app.adviser().get(&format!("/cases/{}/timeline", family.case)).ok(200);
    let kinds: Vec<&str> = timeline.body["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    for kind in ["concern_raised", "concern_decided", "concern_reviewed"] {
        assert_eq!(kinds.iter().filter(|told| **told == kind).count(), 1, "{kind}: {kinds:?}");
    }
    // What should have been passed on is put to a manager again.
    let other = raise(&app, &family, json!({})).id();
    withhold(&app.manager(), &other, 1, json!({})).ok(200);
    review(&deputy(&app), &other, 2, "not_justified").ok(200);
    assert_eq!(tasks(&app, &other), [due("safeguarding_decision", "2026-06-02")]);
    // What is found after the decision may be ticked off; what nobody decided may not.
    let complete = |about: &str| {
        let [task] = &Family::tasks(&app, "safeguarding_decision", about)[..] else { panic!("one task") };
        let done = app.manager().if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
        (task["allowedActions"].clone(), done)
    };
    let (actions, done) = complete(&raise(&app, &family, json!({})).id());
    assert_eq!((actions, &done.problem(409, "invalid-state").body["allowedActions"]), (json!([]), &json!(["decide"])));
    let (actions, done) = complete(&other);
    assert_eq!((actions, done.ok(200).str("status")), (json!(["complete"]), "done".to_owned()));
}

#[test]
fn passing_on_decides_a_concern_and_what_was_not_justified_is_recalled() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let concern = raise(&app, &family, json!({})).id();
    let mut ask = family.risk(&family.n1(&app), json!({}));
    merge(&mut ask["safeguarding"], json!({"concernId":concern,"riskTypes":null,"atRiskPersonIds":null}));
    let sent = app.manager().post(&format!("/cases/{}/disclosures", family.case), &ask).ok(201);
    assert_eq!(tasks(&app, &concern), [due("safeguarding_review", "2026-06-02")]);
    let shared = app.manager().get(&format!("/safeguarding-concerns/{concern}")).ok(200);
    assert_eq!((shared.str("status"), shared.str("outcome")), ("shared".into(), "shared".into()));
    assert_eq!((&shared.body["disclosureIds"], &shared.body["riskTypes"]), (&json!([sent.id()]), &json!(["emotional"])));
    assert_eq!(
        (shared.str("necessity"), shared.str("summary")),
        ("Only the hub can check tonight.".into(), "She is afraid to go home.".into())
    );
    withhold(&app.manager(), &concern, 2, json!({})).problem(409, "invalid-state");
    review(&app.manager(), &concern, 2, "upheld").problem(409, "same-person");
    review(&deputy(&app), &concern, 2, "not_justified").ok(200);
    assert_eq!(tasks(&app, &concern), [due("breach_assessment", "2026-06-02")]);
    assert_eq!(tasks(&app, &sent.id()), [due("recall_notice", "2026-06-08")]);
    // More is said, and passed on: that is a decision of its own, which its own decider does not review.
    let mut more = family.risk(&family.n1(&app), json!({}));
    merge(&mut more["safeguarding"], json!({"concernId":concern}));
    deputy(&app).post(&format!("/cases/{}/disclosures", family.case), &more).ok(201);
    review(&deputy(&app), &concern, 4, "upheld").problem(409, "same-person");
    // While that waits for its review, more may join it; whoever decided any of it reviews none of it.
    app.manager().post(&format!("/cases/{}/disclosures", family.case), &more).ok(201);
    for session in [app.manager(), deputy(&app)] {
        review(&session, &concern, 5, "upheld").problem(409, "same-person");
    }
    let upheld = review(&app.as_staff(Role::ServiceManager, "third"), &concern, 5, "upheld").ok(200);
    assert_eq!((upheld.body["reviews"].as_array().unwrap().len(), upheld.body["disclosureIds"].as_array().unwrap().len()), (2, 3));
}

#[test]
fn a_concern_stays_open_until_the_person_is_told_or_the_reason_is_renewed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let later = || json!({"toldSubject":"later","toldReason":"When she is safe."});
    let not_told = |concern: &str, version: i64| {
        let refused = review(&deputy(&app), concern, version, "upheld");
        refused.problem(409, "invalid-state").rule_at("#/finding", "person_not_told");
    };
    let kept = raise(&app, &family, json!({})).id();
    withhold(&app.manager(), &kept, 1, later()).ok(200);
    assert_eq!(tasks(&app, &kept), [due("safeguarding_review", "2026-06-02"), due("tell_subject", "2026-06-02")]);
    not_told(&kept, 2);
    annotate(&app.adviser(), &kept, &json!({"kind":"reason_renewed"})).problem(400, "validation-failed").rule_at("#/note", "required");
    let renewed = annotate(&app.adviser(), &kept, &json!({"kind":"reason_renewed","note":"He is at home."})).ok(201);
    assert_eq!(renewed.header("location"), format!("/api/v1/safeguarding-concerns/{kept}"));
    // The reason holds, so that she is still to be told one day.
    assert_eq!(tasks(&app, &kept).len(), 2);
    let reviewed = review(&deputy(&app), &kept, 3, "upheld").ok(200);
    assert_eq!(reviewed.body["annotations"][0]["note"], "He is at home.");
    assert_eq!(log(&app, "subject_notified").len(), 0);
    // Told by way of the concern.
    let other = raise(&app, &family, json!({})).id();
    withhold(&app.manager(), &other, 1, later()).ok(200);
    annotate(&app.adviser(), &other, &json!({"kind":"subject_told"})).ok(201);
    assert_eq!(tasks(&app, &other), [due("safeguarding_review", "2026-06-02")]);
    review(&deputy(&app), &other, 3, "upheld").ok(200);
    let notified = log(&app, "subject_notified");
    assert_eq!((notified.len(), notified[0]["body"]["rel"].is_string()), (1, true));
    // Told by way of what was passed on.
    let sent = app.manager().post(&format!("/cases/{}/disclosures", family.case), &family.risk(&family.n1(&app), later())).ok(201);
    let (concern, told) = (sent.str("concernId"), json!({"kind":"subject_told"}));
    not_told(&concern, 1);
    assert_eq!(tasks(&app, &sent.id()), [due("tell_subject", "2026-06-02")]);
    app.adviser().post(&format!("/disclosures/{}/annotations", sent.id()), &told).ok(201);
    assert!(tasks(&app, &sent.id()).is_empty());
    review(&deputy(&app), &concern, 1, "upheld").ok(200);
}

#[test]
fn a_concern_that_turns_out_to_be_unfounded_is_annotated_and_not_deleted() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let sent = family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    let concern = sent.str("concernId");
    let note = json!({"kind":"found_unfounded","note":"The hub saw the family."});
    let session = app.adviser().with("Idempotency-Key", "unfounded-and-known");
    let made = annotate(&session, &concern, &note).ok(201);
    assert_eq!(annotate(&session, &concern, &note).ok(201).id(), made.id());
    let after = app.adviser().get(&format!("/safeguarding-concerns/{concern}")).ok(200);
    assert_eq!((after.str("status"), after.str("summary"), after.version()), ("shared".into(), "Told the hub what was said.".into(), 2));
    assert_eq!(after.body["annotations"], json!([made.body]));
    let corrected = log(&app, "disclosure_corrected");
    assert_eq!(corrected.len(), 1);
    assert_eq!(app.adviser().get(&format!("/disclosures/{}", sent.id())).ok(200).body["logEntries"].as_array().unwrap().len(), 2);
    // While nothing was decided there is no entry to correct.
    let raised = raise(&app, &family, json!({})).id();
    annotate(&app.adviser(), &raised, &note).ok(201);
    annotate(&app.adviser(), &raised, &json!({"kind":"information","note":"She rang again."})).ok(201);
    assert_eq!(log(&app, "disclosure_corrected").len(), 1);
}

#[test]
fn a_case_is_not_closed_while_a_concern_awaits_its_decision() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let concern = raise(&app, &family, json!({})).id();
    let close = || {
        let version = app.adviser().get(&format!("/cases/{}", family.case)).ok(200).version();
        app.adviser().if_match(version).post(&format!("/cases/{}/closure", family.case), &json!({"outcome":"agreed"}))
    };
    close().problem(409, "invalid-state").rule("not_decided");
    withhold(&app.manager(), &concern, 1, json!({})).ok(200);
    let closed = close().ok(200);
    assert!(closed.body["allowedActions"].as_array().unwrap().contains(&json!("raise_concern")));
    // It is reviewed all the same.
    review(&deputy(&app), &concern, 2, "upheld").ok(200);
}

#[test]
fn a_concern_about_staff_hides_the_case_from_them_and_goes_to_another_manager() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (boss, other) = (app.manager(), deputy(&app));
    let accused = boss.get("/me").ok(200).id();
    other.get("/me").ok(200);
    let about = json!({"riskTypes":["staff_allegation"],"aboutStaffIds":[accused]});
    boss.get(&format!("/cases/{}", family.case)).ok(200);
    let concern = raise(&app, &family, about).id();
    // Not with a reason either, nor by any other way.
    for session in [boss.clone(), boss.with("Access-Reason", "safeguarding")] {
        for path in [format!("/cases/{}", family.case), format!("/safeguarding-concerns/{concern}"), format!("/people/{}", family.ana)] {
            session.get(&path).problem(404, "not-found");
        }
        assert_eq!(ids(&session.get("/safeguarding-concerns").ok(200)), Vec::<String>::new());
        assert_eq!(session.get("/tasks?limit=200").ok(200).body["items"], json!([]));
        withhold(&session, &concern, 1, json!({})).problem(404, "not-found");
    }
    let list = other.get("/tasks?kind=safeguarding_decision&status=open").ok(200);
    assert_eq!(list.body["items"][0]["aboutId"], *concern);
    withhold(&other, &concern, 1, json!({})).ok(200);
    // Whoever works on the case does not work on it any longer, also where a risk is passed on at once.
    let third = app.as_staff(Role::Adviser, "third");
    let worker = app.adviser().get("/me").ok(200).id();
    let mut ask = family.risk(&family.n1(&app), json!({}));
    merge(&mut ask["safeguarding"], json!({"riskTypes":["staff_allegation"],"aboutStaffIds":[worker]}));
    third.post(&format!("/cases/{}/disclosures", family.case), &ask).ok(201);
    app.adviser().get(&format!("/cases/{}", family.case)).problem(404, "not-found");
    let case = third.get(&format!("/cases/{}", family.case)).ok(200);
    let mut away = vec![accused, worker];
    away.sort();
    assert_eq!(case.body["conflictedStaffIds"], json!(away));
    // Whoever reports themselves is left to the manager.
    let me = third.get("/me").ok(200).id();
    let own = raised_by(&third, &family.case, &told(&family, json!({"riskTypes":["staff_allegation"],"aboutStaffIds":[me]}))).ok(201);
    third.get(&format!("/safeguarding-concerns/{}", own.id())).ok(200);
    // Not even a manager decides about themselves.
    let me = other.get("/me").ok(200).id();
    let own = raised_by(&other, &family.case, &told(&family, json!({"riskTypes":["staff_allegation"],"aboutStaffIds":[me]}))).ok(201);
    assert_eq!(own.body["allowedActions"], json!(["annotate", "record_disclosure"]));
    withhold(&other, &own.id(), 1, json!({})).problem(409, "same-person").rule("conflicted_decider");
}

#[test]
fn what_is_withheld_from_somebody_is_not_in_their_accounting_until_then() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let words = family.note(&app, &family.mia, &[&family.mia, &family.ana], "family_circumstances", json!({}));
    let hidden = json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-06-10"});
    let sent = family.disclose(&app, &family.risk(&words, hidden)).ok(201);
    let accounting = |person: &str| ids(&app.adviser().get(&format!("/cases/{}/disclosures?subjectId={person}", family.case)).ok(200));
    assert_eq!((accounting(&family.mia), accounting(&family.ana)), (vec![], vec![sent.id()]));
    let concern = app.adviser().get(&format!("/safeguarding-concerns/{}", sent.str("concernId"))).ok(200);
    assert_eq!((&concern.body["withholdFromPersonIds"], &concern.body["withholdUntilOn"]), (&json!([family.mia]), &json!("2026-06-10")));
    app.clock.set(at("2026-06-10T22:59:59Z"), true);
    assert_eq!(accounting(&family.mia), Vec::<String>::new());
    app.clock.set(at("2026-06-10T23:00:00Z"), true);
    assert_eq!(accounting(&family.mia), [sent.id()]);
    // So is what joins a concern that was withheld from them, whether or not that is said again.
    let told = raise(&app, &family, json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":"2026-07-01"})).id();
    let mut joins = family.risk(&words, json!({}));
    merge(&mut joins["safeguarding"], json!({"concernId":told}));
    let joined = family.disclose(&app, &joins).ok(201).id();
    assert_eq!((accounting(&family.mia), accounting(&family.ana)), (vec![sent.id()], vec![joined.clone(), sent.id()]));
    app.clock.set(at("2026-07-02T09:00:00Z"), true);
    assert_eq!(accounting(&family.mia), [joined.clone(), sent.id()]);
    // And what is withheld only when it is passed on.
    let mut joins = family.risk(&words, json!({"withholdFromPersonIds":[family.mia]}));
    merge(&mut joins["safeguarding"], json!({"concernId":raise(&app, &family, json!({})).id()}));
    let late = family.disclose(&app, &joins).ok(201).id();
    assert_eq!(accounting(&family.mia), [joined.clone(), sent.id()]);
    // The case itself and the log tell of it all the while.
    assert_eq!(ids(&app.adviser().get(&format!("/cases/{}/disclosures", family.case)).ok(200)), [late, joined, sent.id()]);
}

#[test]
fn concerns_are_listed_by_how_they_stand_whose_they_are_and_what_is_due() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let concerns: Vec<String> = (0..3).map(|_| raise(&app, &family, json!({})).id()).collect();
    withhold(&app.manager(), &concerns[0], 1, json!({})).ok(200);
    review(&deputy(&app), &concerns[0], 2, "upheld").ok(200);
    withhold(&app.manager(), &concerns[1], 1, json!({})).ok(200);
    let listed = |query: &str| ids(&app.adviser().get(&format!("/safeguarding-concerns?limit=100{query}")).ok(200));
    let newest_first: Vec<String> = concerns.iter().rev().cloned().collect();
    assert_eq!(listed(""), newest_first);
    assert_eq!(listed("&status=raised"), concerns[2..]);
    assert_eq!(listed("&status=not_shared,reviewed"), [concerns[1].clone(), concerns[0].clone()]);
    assert_eq!(listed("&reviewDueBefore=2026-06-03"), [concerns[2].clone(), concerns[1].clone()]);
    assert_eq!(listed("&reviewDueBefore=2026-06-02"), Vec::<String>::new());
    assert_eq!(listed("&assignedTo=me"), newest_first);
    assert_eq!(ids(&app.manager().get("/safeguarding-concerns?assignedTo=me").ok(200)), Vec::<String>::new());
    let page = app.adviser().get("/safeguarding-concerns?limit=2&includeTotal=true").ok(200);
    assert_eq!((ids(&page), &page.body["page"]["total"]), (newest_first[..2].to_vec(), &json!(3)));
    let item = &page.body["items"][1];
    assert_eq!(
        (&item["status"], &item["riskTypes"], &item["reviewDueOn"]),
        (&json!("not_shared"), &json!(["emotional"]), &json!("2026-06-02"))
    );
    assert!(!page.text.contains("afraid"), "{}", page.text);
    let next = page.body["page"]["nextCursor"].as_str().unwrap();
    assert_eq!(
        ids(&app.adviser().get(&format!("/safeguarding-concerns?limit=2&includeTotal=true&cursor={next}")).ok(200)),
        newest_first[2..]
    );
    app.adviser().get("/safeguarding-concerns?due=1").problem(400, "unknown-parameter");
    // Those of a case of somebody's own are for those who see that case.
    let hers = app.as_staff(Role::Adviser, "hers");
    let own = crate::apart::own_case(&hers, &family.sam).id();
    let secret = raised_by(&hers, &own, &told(&family, json!({}))).ok(201).id();
    assert_eq!(listed(""), newest_first);
    assert_eq!(ids(&hers.get("/safeguarding-concerns?assignedTo=me").ok(200)), std::slice::from_ref(&secret));
    app.adviser().get(&format!("/safeguarding-concerns/{secret}")).problem(404, "not-found");
    // Somebody at risk need not take part in the case; whom the caller may not see they cannot name.
    let passer = person(&app, &json!({"kind":"child","fullName":"Kai Other","pseudonymous":false})).id();
    raise(&app, &family, json!({"atRiskPersonIds":[passer]}));
}
