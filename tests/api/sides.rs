//! What one side of a family told is not found out by the other through what is recorded and refused there (C1).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::{Family, person};
use crate::harness::{Session, TestApp};

fn hers(app: &TestApp) -> Session<'_> {
    app.as_staff(Role::Adviser, "hers")
}

fn supervisor(app: &TestApp) -> Session<'_> {
    app.manager().with("Access-Reason", "supervision")
}

/// Tells another birth date in a case of this person's own.
fn born_on_their_own(app: &TestApp, person: &str, day: &str) {
    own_case(&hers(app), person);
    hers(app).if_match(1).patch(&format!("/people/{person}"), &json!({"dateOfBirth":day})).ok(200);
}

fn rules(session: &Session<'_>, family: &Family, ask: &Value) -> Vec<String> {
    session.post(&format!("/cases/{}/disclosures", family.case), ask).problem(409, "consent-required").rules()
}

/// The open reviews of conflicts on somebody's list, each with its case and what it is about.
fn reviews(session: &Session<'_>) -> Vec<(Value, Value)> {
    let page = session.get("/tasks?kind=conflict_review&status=open").ok(200);
    page.body["items"].as_array().unwrap().iter().map(|task| (task["caseId"].clone(), task["aboutId"].clone())).collect()
}

#[test]
fn a_permission_is_recorded_by_what_its_side_knows() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    let consents = format!("/cases/{}/consents", family.case);
    let authority = |session: &Session<'_>, permission: Value| session.post(&consents, &permission).ok(201).body["authority"].clone();
    let ana = || family.permission(json!({}));
    let before = authority(&app.adviser(), ana());
    assert_eq!(before[0]["endsOn"], "2030-06-28");
    assert_eq!(family.check(&app, &ask).ok(200).body["allowed"], true);

    // Told on her own: she has been grown for two years, so her mother cannot permit for her.
    born_on_their_own(&app, &family.ana, "2008-03-12");
    // Nor does it show if those who know of it record it: the others read it there.
    for session in [app.adviser(), supervisor(&app)] {
        assert_eq!(authority(&session, ana()), before);
    }
    // It is the decision that knows, and it does not tell.
    assert_eq!(rules(&app.adviser(), &family, &ask), ["consent_missing"]);
    assert_eq!(rules(&supervisor(&app), &family, &ask), ["granter_not_authorised"]);
    // What goes with a withdrawal is no other.
    let consent = family.permit(&app, json!({}));
    let ended = family.withdraw(&app, &consent, json!({"objects":true})).ok(200);
    let refusal = ended.body["effects"]["refusalId"].as_str().unwrap();
    assert_eq!(app.adviser().get(&format!("/consents/{refusal}")).ok(200).body["authority"], before);

    // The other way round: an adult on this side permits for himself.
    born_on_their_own(&app, &family.finn, "2014-01-05");
    let his = family.permission(json!({"granterId":family.finn,"subjectIds":[family.finn]}));
    assert_eq!(authority(&app.adviser(), his), json!([{"subjectId":family.finn,"granterRelation":"self"}]));
}

#[test]
fn a_refusal_is_told_by_what_the_caller_knows() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let ask = family.ask(&family.n1(&app), json!({}));
    family.permit(&app, json!({}));
    let path = format!("/people/{}", family.ana);
    own_case(&hers(&app), &family.ana);
    hers(&app).if_match(1).patch(&path, &json!({"pronouns":"they/them"})).ok(200);
    // By what is known here she is grown, so her father has no say; by what she told he has.
    Family::born(&app, &family.ana, "2008-03-12");
    assert_eq!(family.check(&app, &ask).ok(200).body["allowed"], true);
    family.refuse(&app, &family.finn, &[&family.ana]);
    assert_eq!(rules(&app.adviser(), &family, &ask), ["consent_missing"]);
    assert_eq!(rules(&supervisor(&app), &family, &ask), ["conflicting_refusal"]);

    // Her own no: to this side she is a child whom nobody has assessed.
    app.adviser().if_match(2).patch(&path, &json!({"dateOfBirth":"2014-03-12"})).ok(200);
    family.refuse(&app, &family.ana, &[&family.ana]);
    assert_eq!(rules(&app.adviser(), &family, &ask), ["competence_not_assessed"]);
    let assessed = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back in her own words."});
    hers(&app).post(&format!("{path}/capacity-records"), &assessed).ok(201);
    assert_eq!(rules(&app.adviser(), &family, &ask), ["competence_not_assessed"]);
    assert_eq!(rules(&supervisor(&app), &family, &ask), ["subject_refused"]);
}

#[test]
fn what_is_told_of_others_in_a_case_of_ones_own_stays_there() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let case = own_case(&hers(&app), &family.ana).id();
    let part = json!({"personId":family.mia,"role":"other_parent","relation":"parent","servedSeparately":false});
    hers(&app).post(&format!("/cases/{case}/participants"), &part).ok(201);
    let (path, assessments) = (format!("/people/{}", family.mia), format!("/people/{}/capacity-records", family.mia));
    let version = hers(&app).get(&path).ok(200).version();
    let told = json!({"safeContact":{"note":"Ana has come to us alone.","avoidChannels":[]}});
    hers(&app).if_match(version).patch(&path, &told).ok(200);
    let assessed = json!({"decisionKind":"own_case","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-01","reasons":"As Ana told us alone."});
    hers(&app).post(&assessments, &assessed).ok(201);
    assert!(hers(&app).get(&path).ok(200).text.contains("alone"));
    for page in [&path, &assessments] {
        let seen = app.adviser().get(page).ok(200);
        assert!(!seen.text.contains("alone") && !seen.text.contains("hers"), "{}", seen.text);
    }
    assert_eq!(app.adviser().get(&path).ok(200).version(), version);
}

#[test]
fn whoever_read_one_side_changes_no_other_by_its_version() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    own_case(&hers(&app), &family.ana);
    let path = format!("/people/{}", family.ana);
    let apart = hers(&app).if_match(1).patch(&path, &json!({"pronouns":"they/them"})).ok(200).version();
    app.adviser().if_match(1).patch(&path, &json!({"preferredLanguage":"cy"})).ok(200);
    assert_eq!(supervisor(&app).get(&path).ok(200).version(), apart);
    // A manager who forgets to say why would write in what the parents' adviser reads.
    let forgot = app.manager().if_match(apart).patch(&path, &json!({"communicationNeeds":"Told in confidence."}));
    let forgot = forgot.problem(412, "stale-version");
    assert_eq!(forgot.body["currentVersion"], 2);
    supervisor(&app).if_match(apart).patch(&path, &json!({"communicationNeeds":"Told in confidence."})).ok(200);
    assert!(!app.adviser().get(&path).ok(200).text.contains("confidence"));
    assert_eq!(supervisor(&app).get(&path).ok(200).version(), apart + 1);
}

#[test]
fn that_somebody_has_said_no_elsewhere_is_put_to_those_who_see_both_cases() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let own = own_case(&hers(&app), &family.ana).id();
    let part = json!({"personId":family.finn,"role":"other_parent","relation":"parent","servedSeparately":false,
        "parentalResponsibility":[{"childId":family.ana,"value":"yes","evidence":"self_declared"}]});
    hers(&app).post(&format!("/cases/{own}/participants"), &part).ok(201);
    family.permit(&app, json!({}));
    let ask = family.ask(&family.n1(&app), json!({}));
    // A manager is kept away from what she has of her own.
    let kin = || app.as_staff(Role::ServiceManager, "kin").with("Access-Reason", "supervision");
    let (kins, worker) = (kin().get("/me").ok(200).id(), hers(&app).get("/me").ok(200).id());
    let path = format!("/cases/{own}");
    let version = supervisor(&app).get(&path).ok(200).version();
    let away = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[kins],"reason":"A relative works here."});
    supervisor(&app).if_match(version).put(&format!("{path}/restriction"), &away).ok(200);
    let elsewhere = (json!(own), json!(family.case));
    let refusal = json!({"decision":"refused","granterId":family.finn,"subjectIds":[family.ana],"method":"written_signed",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    let finns = hers(&app).post(&format!("{path}/consents"), &refusal).ok(201).id();
    // They are told that there is no permission, and the list tells them no more; nor does it tell the family's adviser.
    for session in [kin(), app.adviser()] {
        assert_eq!(rules(&session, &family, &ask), ["consent_missing"]);
    }
    assert_eq!((reviews(&kin()), reviews(&app.adviser())), (vec![], vec![]));
    assert_eq!(reviews(&supervisor(&app)), *std::slice::from_ref(&elsewhere));
    // Whoever may know of it leaves no other trace here, either.
    assert_eq!(rules(&supervisor(&app), &family, &ask), ["conflicting_refusal"]);
    assert_eq!((reviews(&kin()), reviews(&supervisor(&app))), (vec![], vec![elsewhere.clone()]));
    let task = supervisor(&app).get("/tasks?kind=conflict_review").ok(200).body["items"][0].clone();
    let done = format!("/tasks/{}/completion", task["id"].as_str().unwrap());
    supervisor(&app).if_match(1).post(&done, &json!({})).ok(200);
    let withdrawal = json!({"withdrawnById":family.finn,"method":"email","objects":false});
    hers(&app).post(&format!("/consents/{finns}/withdrawal"), &withdrawal).ok(200);

    // A refusal of this case that counts only by what she told on her own: by what is known here she is grown.
    let ana = format!("/people/{}", family.ana);
    let version = hers(&app).get(&ana).ok(200).version();
    hers(&app).if_match(version).patch(&ana, &json!({"pronouns":"they/them"})).ok(200);
    Family::born(&app, &family.ana, "2008-03-12");
    family.refuse(&app, &family.finn, &[&family.ana]);
    // Whoever knows of that leaves no other trace here than whoever does not.
    for (session, rule) in [(supervisor(&app), "conflicting_refusal"), (app.adviser(), "consent_missing")] {
        assert_eq!(rules(&session, &family, &ask), [rule]);
        assert_eq!((reviews(&kin()), reviews(&supervisor(&app))), (vec![], vec![elsewhere.clone()]));
    }
    // Once it counts by what is known here, too, it is a matter of this case.
    app.adviser().if_match(2).patch(&ana, &json!({"dateOfBirth":"2014-03-12"})).ok(200);
    assert_eq!(rules(&supervisor(&app), &family, &ask), ["conflicting_refusal"]);
    assert_eq!(reviews(&kin()), [(json!(family.case), json!(family.ana))]);
}

#[test]
fn a_refusal_that_counts_only_by_a_part_in_a_case_of_ones_own_is_not_told() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let ask = family.ask(&family.n1(&app), json!({}));
    family.refuse(&app, &family.nell, &[&family.ana]);
    assert_eq!(family.check(&app, &ask).ok(200).body["allowed"], true, "a grandmother without responsibility has no say");
    // What Ana told alone: that her grandmother has responsibility for her.
    let own = own_case(&hers(&app), &family.ana).id();
    let part = json!({"personId":family.nell,"role":"supporter","relation":"guardian","servedSeparately":false,
        "parentalResponsibility":[{"childId":family.ana,"value":"yes","evidence":"order_seen"}]});
    hers(&app).post(&format!("/cases/{own}/participants"), &part).ok(201);
    let kin = || app.as_staff(Role::ServiceManager, "kin").with("Access-Reason", "supervision");
    let (kins, worker) = (kin().get("/me").ok(200).id(), hers(&app).get("/me").ok(200).id());
    let version = supervisor(&app).get(&format!("/cases/{own}")).ok(200).version();
    let away = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[kins],"reason":"A relative works here."});
    supervisor(&app).if_match(version).put(&format!("/cases/{own}/restriction"), &away).ok(200);
    // Whoever may know of it and asks leaves no trace for the others, either: it is put to those who see both.
    assert_eq!(rules(&supervisor(&app), &family, &ask), ["conflicting_refusal"]);
    for session in [app.adviser(), app.manager(), kin()] {
        assert_eq!(rules(&session, &family, &ask), ["consent_missing"]);
    }
    assert_eq!((reviews(&app.adviser()), reviews(&kin())), (vec![], vec![]));
    assert_eq!(reviews(&supervisor(&app)), [(json!(own), json!(family.case))]);
    // Nor where not everybody sees this case, either.
    let (cousin, case) = (app.as_staff(Role::Adviser, "cousin").get("/me").ok(200).id(), format!("/cases/{}", family.case));
    let version = app.adviser().get(&case).ok(200).version();
    let away = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[cousin],"reason":"A relative works here."});
    app.manager().if_match(version).put(&format!("{case}/restriction"), &away).ok(200);
    for session in [supervisor(&app), app.adviser()] {
        rules(&session, &family, &ask);
        assert_eq!((reviews(&kin()), reviews(&supervisor(&app))), (vec![], vec![(json!(own), json!(family.case))]));
    }
}

#[test]
fn a_refusal_that_counts_only_by_what_whoever_said_no_told_alone_is_put_to_those_who_see_that() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let ask = family.ask(&family.n1(&app), json!({}));
    let una = person(&app, &json!({"kind":"parent_carer","fullName":"Una Marsh","pseudonymous":false})).id();
    let part = |relation: &str, apart: bool| json!({"personId":una,"role":"service_user","relation":relation,"servedSeparately":apart});
    app.adviser().post(&format!("/cases/{}/participants", family.case), &part("other", false)).ok(201);
    family.refuse(&app, &una, &[&family.ana]);
    assert_eq!(family.check(&app, &ask).ok(200).body["allowed"], true, "she has no say, as far as is known");
    let own = hers(&app).post("/cases", &Family::bare(&una, json!({"participants":[part("guardian", true)]}))).ok(201).id();
    for (session, rule) in [(app.adviser(), "consent_missing"), (supervisor(&app), "conflicting_refusal")] {
        assert_eq!(rules(&session, &family, &ask), [rule]);
        let task = supervisor(&app).get("/tasks?kind=conflict_review&status=open").ok(200).body["items"][0].clone();
        assert_eq!((&task["caseId"], &task["aboutId"]), (&json!(own), &json!(family.case)), "{rule}");
        supervisor(&app).if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({})).ok(200);
    }
    assert_eq!(reviews(&app.manager()), []);
}

#[test]
fn an_assessment_is_looked_at_again_by_those_of_its_side() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let records = format!("/people/{}/capacity-records", family.ana);
    let assess = |session: &Session<'_>| {
        let body = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
            "outcome":"can_decide","assessedOn":"2026-05-02","reasons":"Told it back.","reviewOn":"2026-06-15"});
        session.post(&records, &body).ok(201).id()
    };
    let reviews = |session: &Session<'_>| {
        let list = session.get("/tasks?kind=capacity_review&status=open&limit=200").ok(200);
        list.body["items"].as_array().unwrap().iter().map(|task| (task["aboutId"].clone(), task["caseId"].clone())).collect::<Vec<_>>()
    };
    // A newer case of hers that few see: the review is put where whoever assessed her sees it.
    let worker = app.as_staff(Role::Adviser, "few").get("/me").ok(200).id();
    let said = json!({"assignment":{"staffId":worker},"restriction":{"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],
        "reason":"A relative works here."}});
    app.manager().post("/cases", &Family::bare(&family.ana, said)).ok(201);
    let first = assess(&app.adviser());
    let open = vec![(json!(first), json!(family.case))];
    assert_eq!(reviews(&app.adviser()), open);
    // What is assessed in a case of her own is no review of that, and the other way round.
    let case = own_case(&hers(&app), &family.ana).id();
    let own = assess(&hers(&app));
    assert_eq!(reviews(&app.adviser()), open);
    let second = assess(&app.adviser());
    assert_eq!(reviews(&app.adviser()), [(json!(second), json!(family.case))]);
    assert!(reviews(&hers(&app)).contains(&(json!(own), json!(case))));
}
