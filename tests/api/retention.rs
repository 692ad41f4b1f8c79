//! How long cases are kept, what is due, and what is held back (C16).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::disposals::{conclude, deputy};
use crate::family::{Family, merge, person};
use crate::harness::{Session, TestApp, at};

#[test]
fn c16_what_is_due_is_listed_and_the_longest_class_wins_for_the_child_of_two_parents() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let anonymous = |level: &str| {
        let caller = app.adviser().post("/people", &json!({"kind":"anonymous","pseudonymous":true})).ok(201).id();
        json!({"interventionLevel":level,"referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
            "senNeeds":[],"appealTypes":[],"participants":[{"personId":caller,"role":"service_user","relation":"parent","servedSeparately":false}]})
    };
    let close = |case: &str, outcome: &str| {
        let version = app.adviser().get(&format!("/cases/{case}")).ok(200).version();
        app.adviser().if_match(version).post(&format!("/cases/{case}/closure"), &json!({"outcome":outcome})).ok(200)
    };
    // One parent asked something once, the other had casework about the same child: two cases, each with its class.
    let enquiry = app.adviser().post("/cases", &anonymous("l1")).ok(201).id();
    let unborn = person(&app, &json!({"kind":"child","fullName":"Tam Reed","pseudonymous":false})).id();
    let mut unknown = anonymous("l2");
    merge(&mut unknown, json!({"participants":[{"personId":unborn,"role":"subject","relation":"self","servedSeparately":false}]}));
    let unknown = app.adviser().post("/cases", &unknown).ok(201).id();
    let kin = app.as_staff(Role::ServiceManager, "Kin").with("Access-Reason", "retention");
    let away =
        json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[kin.get("/me").ok(200).id()],"reason":"Her cousin works here."});
    app.manager().if_match(1).put(&format!("/cases/{unknown}/restriction"), &away).ok(200);
    let closed = [close(&enquiry, "information_given"), close(&unknown, "information_given")];
    app.clock.set(at("2026-06-01T10:00:00Z"), true);
    family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    conclude(&app, &family);
    let casework = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    // A child's casework is kept until 2039; the risk that was passed on for 35 years, which wins.
    assert_eq!(casework.body["retention"], json!({"class":"rc08_safeguarding","reviewOn":"2061-06-01","held":false}));
    assert_eq!(closed[0].body["retention"], json!({"class":"rc01_anonymous_enquiry","reviewOn":"2027-06-01","held":false}));
    let due = |query: &str| -> Vec<Value> {
        let list = app.manager().get(&format!("/retention-reviews{query}")).ok(200);
        list.body["items"].as_array().unwrap().iter().map(|row| row["caseId"].clone()).collect()
    };
    assert_eq!(due(""), [json!(unknown)], "what cannot be told is looked at, too");
    assert_eq!(kin.get("/retention-reviews").ok(200).body["items"], json!([]), "but by nobody who is kept away");
    assert_eq!(due("?dueBefore=2027-06-02"), [json!(enquiry), json!(unknown)]);
    assert_eq!(due("?dueBefore=2061-06-01"), [json!(enquiry), json!(unknown)]);
    assert_eq!(due("?dueBefore=2061-06-02"), [json!(enquiry), json!(unknown), json!(family.case)]);
    let first = app.manager().get("/retention-reviews?dueBefore=2061-06-02&limit=2").ok(200);
    let cursor = first.body["page"]["nextCursor"].as_str().unwrap();
    assert_eq!(due(&format!("?dueBefore=2061-06-02&limit=2&cursor={cursor}")), [json!(family.case)]);
    app.adviser().get("/retention-reviews").problem(403, "forbidden");
    // Of a risk the data protection officer decides, too: who agreed, and when, stays with the certificate.
    let of_risk = |officer: Value, agreed_on: &str| {
        let mut body = json!({"caseIds":[family.case],"class":"rc08_safeguarding","ground":"erasure_request"});
        let agreed_on = (!agreed_on.is_empty()).then_some(agreed_on);
        merge(&mut body, json!({"officer":officer,"officerAgreedOn":agreed_on}));
        app.manager().with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body)
    };
    of_risk(Value::Null, "").problem(409, "invalid-state").rule_at("#/caseIds/0", "officer_agreement_missing");
    of_risk(json!("Robin Vale"), "").problem(422, "rule-violated").rule_at("#/officer", "contradicting_fields");
    of_risk(json!("Robin Vale"), "2026-06-02").problem(422, "rule-violated").rule_at("#/officerAgreedOn", "decided_in_future");
    let proposed = of_risk(json!("Robin Vale"), "2026-05-28").ok(201);
    let kept = app.adviser().get(&format!("/disposals/{}", proposed.id())).ok(200);
    assert_eq!((kept.str("officer"), kept.str("officerAgreedOn")), ("Robin Vale".to_owned(), "2026-05-28".to_owned()));
    // A year later the enquiry is over, and an adviser may propose what is; the other never falls to it by itself.
    app.clock.set(at("2027-06-01T09:00:00Z"), true);
    let ask = |case: &str, class: &str, ground: &str| {
        let body = json!({"caseIds":[case],"class":class,"ground":ground});
        app.manager().with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body)
    };
    assert_eq!(ask(&unknown, "rc03_child_casework", "period_over").problem(409, "invalid-state").rules(), ["period_not_over"]);
    ask(&unknown, "rc03_child_casework", "birth_date_unknown").ok(201);
    let body = json!({"caseIds":[enquiry],"class":"rc01_anonymous_enquiry","ground":"period_over"});
    let proposed = app.adviser().with("Idempotency-Key", "proposal-of-a-disposal").post("/disposals", &body).ok(201).id();
    let done = deputy(&app).with("Idempotency-Key", "approval-of-a-disposal").if_match(1);
    let done = done.post(&format!("/disposals/{proposed}/approval"), &json!({"notices":"not_required"})).ok(200);
    assert_eq!(done.body["certificate"]["backupsExpireOn"], "2027-07-06");
    app.manager().get(&format!("/cases/{enquiry}")).problem(404, "not-found");
}

#[test]
fn a_hold_is_looked_at_again_on_its_day_and_a_no_is_kept_although_nothing_rested_on_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}", family.case);
    // Nobody relied on it: it is kept from when it was said, or taken back.
    let level = json!({"interventionLevel":"l1","senProvision":"k"});
    let version = app.adviser().get(&path).ok(200).version();
    app.adviser().if_match(version).patch(&path, &level).ok(200);
    let kept = || app.adviser().get(&path).ok(200).body["retention"].clone();
    assert_eq!(kept()["class"], "rc02_information_only");
    let refused = family.refuse(&app, &family.finn, &[&family.ana]).id();
    assert_eq!(kept(), json!({"class":"rc09_consent_record","reviewOn":"2032-06-01","held":false}));
    app.clock.set(at("2026-09-01T09:00:00Z"), true);
    family.withdraw(&app, &refused, json!({"withdrawnById":family.finn})).ok(200);
    assert_eq!(kept()["reviewOn"], "2032-09-01");
    // A hold.
    let hold = json!({"reason":"litigation","note":"Judicial review.","reviewOn":"2027-01-01"});
    let hold = app.manager().post(&format!("{path}/retention-holds"), &hold).ok(201).id();
    let tasks = || Family::tasks(&app, "hold_review", &hold);
    assert_eq!(tasks(), Vec::<Value>::new(), "its day is far");
    app.clock.set(at("2026-12-04T09:00:00Z"), true);
    let task = tasks().pop().unwrap();
    assert_eq!((&task["dueOn"], &task["forManager"], &task["allowedActions"]), (&json!("2027-01-01"), &json!(true), &json!([])));
    let done = app.manager().if_match(1).post(&format!("/tasks/{}/completion", task["id"].as_str().unwrap()), &json!({}));
    done.problem(409, "invalid-state");
    app.manager().if_match(1).post(&format!("/retention-holds/{hold}/release"), &json!({"reason":"The claim was withdrawn."})).ok(200);
    assert_eq!(tasks(), Vec::<Value>::new());
}

#[test]
fn what_is_asked_in_a_case_of_ones_own_holds_the_case_of_the_others_and_does_not_show_there() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    deputy(&app).get("/me").ok(200);
    let (boss, hers) = (app.manager().with("Access-Reason", "retention"), app.as_staff(Role::Adviser, "hers"));
    let kin = app.as_staff(Role::ServiceManager, "kin").with("Access-Reason", "retention");
    let [kins, worker] = [&kin, &hers].map(|session| session.get("/me").ok(200).id());
    let own = own_case(&hers, &family.ana);
    let away = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[kins],"reason":"A niece."});
    boss.if_match(own.version()).put(&format!("/cases/{}/restriction", own.id()), &away).ok(200);
    conclude(&app, &family);
    let asks = json!({"subjectId":family.ana,"requesterId":family.ana});
    let sar = hers.post("/subject-access-requests", &family.subject_access(asks)).ok(201).id();
    let retention = |session: &Session<'_>| session.get(&format!("/cases/{}", family.case)).ok(200).body["retention"].clone();
    let sides = [app.adviser(), app.manager(), kin.clone(), hers, boss.clone()];
    assert_eq!(sides.each_ref().map(|session| retention(session)["held"] == true), [false, false, false, true, true]);
    // It is held all the same, and whoever may not know by what leaves it to another.
    let propose = |session: &Session<'_>| {
        let body = json!({"caseIds":[family.case],"class":retention(session)["class"],"ground":"erasure_request"});
        session.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()).post("/disposals", &body)
    };
    propose(&kin).problem(409, "same-person").rule_at("#", "conflicted_decider");
    propose(&app.manager()).problem(403, "access-reason-required");
    propose(&boss).problem(409, "retention-hold").rule_at("#/caseIds/0", "on_hold");
    let refusal = json!({"reason":"Withdrawn.","rightsNoticeOn":"2026-05-30"});
    boss.if_match(1).post(&format!("/subject-access-requests/{sar}/refusal"), &refusal).ok(200);
    propose(&kin).ok(201);
}
