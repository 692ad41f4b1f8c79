//! What ends a proposal: work that goes on, whoever gives it up, and another who approves it first.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use super::{approve, deputy, key, reason};
use crate::apart::with_subject;
use crate::family::{Family, person};
use crate::harness::{Reply, Session, TestApp};

fn propose(app: &TestApp, cases: &[&str]) -> Reply {
    let body = json!({"caseIds":cases,"class":"rc06_parent_only","ground":"erasure_request"});
    app.manager().with("Idempotency-Key", &key()).post("/disposals", &body)
}

fn cancel(session: &Session<'_>, disposal: &str, version: i64) -> Reply {
    session.if_match(version).send(&Method::POST, &format!("/disposals/{disposal}/cancellation"), None)
}

/// A closed case of nobody in particular, who takes part in it, and that nothing is proposed of.
fn closed(app: &TestApp) -> (String, String) {
    let (disposal, case) = Family::proposed(app);
    cancel(&app.manager(), &disposal, 1).ok(200);
    let caller = app.adviser().get(&format!("/cases/{case}")).ok(200).body["participants"][0]["personId"].as_str().unwrap().to_owned();
    (case, caller)
}

#[test]
fn a_case_in_which_work_goes_on_leaves_what_is_proposed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let [(one, _), (other, caller)] = [closed(&app), closed(&app)];
    let proposed = propose(&app, &[&one, &other]).ok(201);
    let disposal = format!("/disposals/{}", proposed.id());
    let version = app.adviser().get(&format!("/cases/{one}")).ok(200).version();
    app.adviser().if_match(version).post(&format!("/cases/{one}/reopening"), &json!({"reason":"They came back."})).ok(200);
    let left = app.manager().get(&disposal).ok(200);
    assert_eq!((&left.body["status"], &left.body["count"], left.version()), (&json!("proposed"), &json!(1), 2));
    let cases = app.manager().get(&format!("{disposal}/cases")).ok(200);
    assert_eq!(cases.body["items"].as_array().unwrap().iter().map(|row| &row["caseId"]).collect::<Vec<_>>(), [&json!(other)]);
    // Whoever approves what they saw before is told that it is another.
    approve(&deputy(&app), &proposed.id(), 1).problem(412, "stale-version");
    // Whatever is recorded in the last of them gives it up.
    let asked = family.asked_from_outside(json!({}));
    let permitted = json!({"decision":"refused","granterId":caller,"subjectIds":[caller],"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-06-01T08:00:00.000Z"});
    let legal = family.legal_request(json!({"caseId":other}));
    let mut given_up = proposed.id();
    let mut consent = String::new();
    for (path, body) in [
        (format!("/cases/{other}/information-requests"), asked),
        (format!("/cases/{other}/consents"), permitted),
        ("withdrawal".to_owned(), json!({"withdrawnById":caller,"method":"email","objects":false})),
        ("/legal-requests".to_owned(), legal),
    ] {
        let made = match path.as_str() {
            "withdrawal" => app.adviser().post(&format!("/consents/{consent}/withdrawal"), &body).ok(200),
            path => app.adviser().with("Idempotency-Key", &key()).post(path, &body).ok(201),
        };
        if path.ends_with("/consents") {
            consent = made.id();
        }
        let gone = app.manager().get(&format!("/disposals/{given_up}")).ok(200);
        assert_eq!((&gone.body["status"], &gone.body["allowedActions"]), (&json!("cancelled"), &json!([])), "{path}");
        assert_eq!(gone.body["cancelledBy"]["displayName"], app.adviser().get("/me").ok(200).body["displayName"]);
        approve(&deputy(&app), &given_up, gone.version()).problem(409, "invalid-state");
        let again = app.manager().get(&format!("/cases/{other}")).ok(200).body["retention"]["class"].clone();
        let body =
            json!({"caseIds":[other],"class":again,"ground":"erasure_request","officer":"Robin Vale","officerAgreedOn":"2026-05-28"});
        let again = app.manager().with("Idempotency-Key", &key()).post("/disposals", &body);
        // A request for proceedings stands in the way by itself.
        if path == "/legal-requests" {
            assert_eq!(again.problem(409, "invalid-state").rules(), ["unsettled"]);
        } else {
            given_up = again.ok(201).id();
        }
    }
    let (case, _) = closed(&app);
    let proposed = propose(&app, &[&case]).ok(201).id();
    let risk = json!({"riskTypes":["neglect"],"summary":"What was said.","knownAt":"2026-06-01T08:00:00.000Z"});
    app.adviser().post(&format!("/cases/{case}/safeguarding-concerns"), &risk).ok(201);
    assert_eq!(app.manager().get(&format!("/disposals/{proposed}")).ok(200).body["status"], "cancelled");
}

#[test]
fn what_becomes_of_what_was_recorded_before_is_work_that_goes_on() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    family.permit(&app, json!({}));
    let shared = family.disclose(&app, &family.ask(&family.n1(&app), json!({}))).ok(201).id();
    let no = family.refuse(&app, &family.finn, &[&family.ana]).id();
    let question = family.asked_from_outside(json!({}));
    let asked = app.adviser().post(&format!("/cases/{}/information-requests", family.case), &question).ok(201).id();
    family.close(&app);
    for (path, body) in [
        (format!("/disclosures/{shared}/annotations"), json!({"kind":"receipt_confirmed"})),
        (format!("/information-requests/{asked}/response"), json!({"outcome":"no_permission"})),
        (format!("/consents/{no}/annulment"), json!({"reason":"He said it of somebody else."})),
    ] {
        let proposed = super::propose(&app, &[&family.case]).ok(201).id();
        assert!(app.adviser().if_match(1).post(&path, &body).status < 300, "{path}");
        assert_eq!(app.manager().get(&format!("/disposals/{proposed}")).ok(200).body["status"], "cancelled", "{path}");
    }
}

#[test]
fn a_proposal_is_given_up_by_whoever_sees_all_of_its_cases() {
    let app = TestApp::spawn();
    let (case, _) = closed(&app);
    let path = format!("/cases/{case}");
    let version = || reason(&app.manager()).get(&path).ok(200).version();
    app.adviser().if_match(version()).post(&format!("{path}/reopening"), &json!({"reason":"They came back."})).ok(200);
    let kin = app.as_staff(Role::ServiceManager, "Kin");
    let (mine, kept_away) = (app.adviser().get("/me").ok(200).id(), kin.get("/me").ok(200).id());
    let named = json!({"restricted":true,"namedStaffIds":[mine],"conflictedStaffIds":[kept_away],"reason":"Her cousin works here."});
    app.manager().if_match(version()).put(&format!("{path}/restriction"), &named).ok(200);
    app.adviser().if_match(version()).post(&format!("{path}/closure"), &json!({"outcome":"information_given"})).ok(200);
    let body = json!({"caseIds":[case],"class":"rc06_parent_only","ground":"erasure_request"});
    let disposal = reason(&app.manager()).with("Idempotency-Key", &key()).post("/disposals", &body).ok(201).id();
    cancel(&reason(&kin), &disposal, 1).problem(409, "same-person").rule("conflicted_decider");
    cancel(&app.as_staff(Role::Adviser, "Another"), &disposal, 1).problem(409, "same-person").rule("conflicted_decider");
    cancel(&app.manager(), &disposal, 1).problem(403, "access-reason-required");
    assert_eq!(app.manager().get(&format!("/disposals/{disposal}")).ok(200).body["status"], "proposed");
    let given_up = cancel(&reason(&app.manager()), &disposal, 1).ok(200);
    let newest: Value = app.as_role(Role::Auditor).get("/access-log?operation=cancelDisposal&outcome=granted").ok(200).body;
    let cases = newest["items"][0]["body"]["cases"].as_array().unwrap().len();
    assert_eq!((&given_up.body["status"], cases), (&json!("cancelled"), 1), "{newest}");
}

#[test]
fn a_review_that_is_open_holds_a_case_back_and_a_no_that_protects_nobody_elsewhere_does_not() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    family.refuse(&app, &family.finn, &[&family.ana]);
    family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    // It may be closed before what was passed on is reviewed, and not be gone.
    family.close(&app);
    assert_eq!(super::propose(&app, &[&family.case]).problem(409, "invalid-state").rules(), ["unsettled"]);
    family.reopen(&app);
    super::conclude(&app, &family);
    super::dispose(&app, &[&family.case]);
    // It protects whoever is one with her in another case (R6, R7).
    let family = Family::record(&app);
    family.refuse(&app, &family.finn, &[&family.ana]);
    let pip = person(&app, &json!({"kind":"child","knownAs":"Pip","pseudonymous":false})).id();
    with_subject(&app.adviser(), &pip, false);
    let found = json!({"mergedPersonId":pip,"reason":"The same child."});
    app.manager().if_match(1).post(&format!("/people/{}/merges", family.ana), &found).ok(201);
    super::conclude(&app, &family);
    let proposed = super::propose(&app, &[&family.case]).ok(201).id();
    assert_eq!(approve(&deputy(&app), &proposed, 1).problem(409, "invalid-state").rules(), ["still_counts"]);
}

#[test]
fn of_what_is_proposed_everybody_is_shown_the_cases_they_see() {
    let app = TestApp::spawn();
    let (seen, caller) = closed(&app);
    let worker = app.adviser().get("/me").ok(200).id();
    let said = json!({"assignment":{"staffId":worker},"restriction":{"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],
        "reason":"A relative works here."}});
    let hidden = app.manager().post("/cases", &Family::bare(&caller, said)).ok(201).id();
    app.adviser().if_match(1).post(&format!("/cases/{hidden}/closure"), &json!({"outcome":"information_given"})).ok(200);
    let boss = app.manager().with("Access-Reason", "supervision");
    let body = json!({"caseIds":[seen,hidden],"class":"rc06_parent_only","ground":"erasure_request"});
    let disposal = boss.with("Idempotency-Key", &key()).post("/disposals", &body).ok(201).id();
    let shown = |session: &Session<'_>| {
        let list = session.get(&format!("/disposals/{disposal}/cases")).ok(200);
        list.body["items"].as_array().unwrap().iter().map(|row| row["caseId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let both = vec![seen.clone(), hidden];
    for session in [app.adviser(), boss] {
        assert_eq!(shown(&session), both);
    }
    for session in [app.as_staff(Role::Adviser, "anybody"), app.manager()] {
        assert_eq!(shown(&session), std::slice::from_ref(&seen));
    }
}
