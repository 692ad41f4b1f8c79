//! What arrives from outside stays inside: referrals, from the receipt to the case (C1, C2, C7).

use std::collections::BTreeSet;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::apart::own_case;
use crate::family::{Family, merge};
use crate::harness::{Reply, Session, TestApp, at};

const NOBODY: &str = "0197a0b0-0000-7000-8000-000000000000";
const CHILD: &str = "019b0000-0000-7000-8000-000000000001";
const PARENT: &str = "019b0000-0000-7000-8000-000000000002";

/// What is changed of a body.
type Change<'a> = &'a dyn Fn(&mut Value);

/// A parent refers themselves, with these changes.
fn own(change: Value) -> Value {
    let mut body = json!({"source":"self_parent","childName":"Isla Thornbeck","parentName":"Rowan Thornbeck","contact":"+447700900123",
        "summary":"Would like help with the support plan.","riskStated":false});
    merge(&mut body, change);
    body
}

/// A school refers a family that agreed, with these changes.
fn by_school(change: Value) -> Value {
    let mut body =
        own(json!({"source":"school","referrerName":"Sam Okoro","familyAgreed":true,"familyAgreedHow":"Asked at the school gate.",
        "familyAgreedOn":"2026-05-29"}));
    merge(&mut body, change);
    body
}

fn refer(app: &TestApp, body: &Value) -> String {
    app.adviser().post("/referrals", body).ok(201).id()
}

fn read(session: &Session<'_>, id: &str) -> Reply {
    session.get(&format!("/referrals/{id}"))
}

fn decide(session: &Session<'_>, id: &str, version: i64, body: &Value) -> Reply {
    session.if_match(version).post(&format!("/referrals/{id}/decision"), body)
}

fn accept_into(case: &str) -> Value {
    json!({"decision":"accept","caseId":case})
}

/// Accepted into a new case, with people of whom there is no record yet.
fn open_new() -> Value {
    let whole = |name: &str, kind: &str| json!({"kind":kind,"fullName":name,"pseudonymous":false});
    json!({"decision":"accept","newPeople":[{"placeholder":CHILD,"person":whole("Isla Thornbeck", "child")},
        {"placeholder":PARENT,"person":whole("Rowan Thornbeck", "parent_carer")}],
        "newCase":{"interventionLevel":"l2","referralSource":"school","reasonsForContact":[{"reason":"sen_support_school","primary":true}],
        "participants":[{"personId":CHILD,"role":"subject","relation":"self","servedSeparately":false},
        {"personId":PARENT,"role":"service_user","relation":"parent","servedSeparately":false,
        "parentalResponsibility":[{"childId":CHILD,"value":"yes","evidence":"self_declared"}]}]}})
}

fn plain(reply: &Reply) -> String {
    reply.text.replace(&reply.header("x-request-id"), "")
}

fn total(session: &Session<'_>, path: &str) -> u64 {
    let sign = if path.contains('?') { '&' } else { '?' };
    let page = session.get(&format!("{path}{sign}includeTotal=true&limit=200")).ok(200);
    assert_eq!(page.body["page"]["total"], page.body["items"].as_array().unwrap().len(), "{path}: a total counts what is shown");
    page.body["page"]["total"].as_u64().unwrap()
}

/// How many people of this name anybody who does casework finds.
fn found(app: &TestApp, name: &str) -> usize {
    app.adviser().post("/people/search", &json!({"name":name})).ok(200).body["items"].as_array().unwrap().len()
}

fn restrict(app: &TestApp, case: &str, named: &[&str], conflicted: &[&str]) {
    let path = format!("/cases/{case}");
    let manager = app.manager().with("Access-Reason", "supervision");
    let version = manager.get(&path).ok(200).version();
    let body = json!({"restricted":true,"namedStaffIds":named,"conflictedStaffIds":conflicted,"reason":"A relative works here."});
    manager.if_match(version).put(&format!("{path}/restriction"), &body).ok(200);
}

#[test]
fn a_receipt_is_all_that_anybody_gets_and_stays_as_it_was() {
    let app = TestApp::spawn();
    let machine = || app.as_role(Role::MachineIntake);
    for (i, session) in [machine(), app.adviser(), app.manager()].into_iter().enumerate() {
        let session = session.with("Idempotency-Key", &format!("web-form-{i}-0000001"));
        let body = by_school(json!({"receivedAt":"2026-05-29T15:20:00.000Z"}));
        let first = session.post("/referrals", &body).ok(201);
        let told: BTreeSet<&str> = first.body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(told, BTreeSet::from(["id", "reference", "receivedAt"]));
        assert_eq!(first.str("receivedAt"), "2026-05-29T15:20:00.000Z");
        assert_eq!((first.header("etag"), first.header("location")), (String::new(), format!("/api/v1/referrals/{}", first.id())));
        let declined = json!({"decision":"decline","reason":"Lives elsewhere."});
        decide(&app.adviser(), &first.id(), 1, &declined).ok(200);
        let again = session.post("/referrals", &body).ok(201);
        assert_eq!((again.header("idempotency-replayed"), again.header("etag"), &again.body), ("true".into(), String::new(), &first.body));
        session.post("/referrals", &own(json!({}))).problem(422, "idempotency-key-reused");
    }
    for session in [machine(), app.adviser()] {
        session.send(&Method::POST, "/referrals", Some(own(json!({})).to_string())).problem(400, "idempotency-key-required");
    }
    // A machine creates, and nothing else.
    let made = machine().post("/referrals", &own(json!({}))).ok(201).id();
    for path in ["/referrals".to_owned(), format!("/referrals/{made}"), "/cases".to_owned(), "/people/search".to_owned()] {
        let method = if path == "/people/search" { Method::POST } else { Method::GET };
        machine().send(&method, &path, None).problem(403, "forbidden");
    }
    decide(&machine(), &made, 1, &json!({"decision":"decline","reason":"No."})).problem(403, "forbidden");
    machine().if_match(1).patch(&format!("/referrals/{made}"), &json!({"riskStated":true})).problem(403, "forbidden");
    for path in ["/me", "/reference-data", "/"] {
        machine().get(path).ok(200);
    }
    assert_eq!(read(&app.adviser(), &made).ok(200).body["recordedBy"]["displayName"], "MachineIntake");
}

#[test]
fn a_professional_says_how_and_when_the_family_agreed() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let post = |body: &Value| app.as_role(Role::MachineIntake).post("/referrals", body);
    let missing = |body: &Value| {
        let refused = post(body).problem(422, "rule-violated");
        assert!(refused.rules().iter().all(|rule| rule == "referral_agreement_missing"), "{}", refused.text);
        refused.body["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ["#/familyAgreed", "#/familyAgreedHow", "#/familyAgreedOn"];
    for source in [
        "school",
        "early_years",
        "college",
        "la_send_team",
        "social_care",
        "health",
        "voluntary_sector",
        "parent_carer_forum",
        "other_iass",
    ] {
        assert_eq!(missing(&own(json!({"source":source}))), all, "{source}");
        post(&by_school(json!({"source":source}))).ok(201);
    }
    for source in ["self_parent", "self_young_person", "local_offer_website", "word_of_mouth", "unknown"] {
        post(&own(json!({"source":source}))).ok(201);
        // Whoever names an outside body as the referrer is one, whatever the source.
        assert_eq!(missing(&own(json!({"source":source,"referrerRecipientId":family.council}))), all, "{source}");
    }
    // The family was never told.
    assert_eq!(missing(&by_school(json!({"familyAgreed":false}))), ["#/familyAgreed"]);
    assert_eq!(missing(&by_school(json!({"familyAgreedHow":" "}))), ["#/familyAgreedHow"]);
    assert_eq!(missing(&by_school(json!({"familyAgreedOn":null}))), ["#/familyAgreedOn"]);
    post(&by_school(json!({"familyAgreedOn":"2026-06-02"}))).problem(422, "rule-violated").rule_at("#/familyAgreedOn", "decided_in_future");
    post(&by_school(json!({"referrerRecipientId":NOBODY})))
        .problem(422, "rule-violated")
        .rule_at("#/referrerRecipientId", "unknown_reference");
    post(&own(json!({"receivedAt":"2026-06-01T09:01:00.001Z"}))).problem(422, "rule-violated").rule_at("#/receivedAt", "decided_in_future");
    // A correction does not lose it, and may complete it.
    let id = post(&by_school(json!({}))).ok(201).id();
    let change = |version: i64, body: Value| app.adviser().if_match(version).patch(&format!("/referrals/{id}"), &body);
    // Whoever changes what they have not seen is told that first.
    change(7, json!({"familyAgreedHow":null})).problem(412, "stale-version");
    change(1, json!({"familyAgreedHow":null})).problem(422, "rule-violated").rule_at("#/familyAgreedHow", "referral_agreement_missing");
    let changed = change(1, json!({"familyAgreedHow":"In writing.","contact":null})).ok(200);
    assert_eq!((changed.version(), changed.str("familyAgreedHow"), changed.body.get("contact")), (2, "In writing.".into(), None));
}

#[test]
fn a_stated_risk_is_kept_in_any_case_and_told_to_a_manager() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let as_manager = |about: &str| Family::tasks(&app, "referral_risk", about);
    let bare = json!({"source":"school","riskStated":true});
    let odd = json!({"source":"school","riskStated":true,"referrerRecipientId":NOBODY,"familyAgreed":false,"familyAgreedOn":"2030-01-01",
        "receivedAt":"2026-06-02T09:00:00.000Z","summary":"A bruise."});
    for body in [&bare, &odd] {
        let receipt = app.as_role(Role::MachineIntake).post("/referrals", body).ok(201);
        assert_eq!(receipt.str("receivedAt"), "2026-06-01T09:00:00.000Z");
        let tasks = as_manager(&receipt.id());
        assert_eq!(tasks.len(), 1);
        assert_eq!((&tasks[0]["forManager"], &tasks[0]["dueOn"]), (&json!(true), &json!("2026-06-01")));
        assert_eq!(app.adviser().get("/tasks?kind=referral_risk").ok(200).body["items"], json!([]));
        let kept = read(&app.manager(), &receipt.id()).ok(200);
        assert_eq!((kept.body.get("referrerRecipientId"), kept.body.get("summary")), (None, body.get("summary")));
    }
    assert_eq!(as_manager(&refer(&app, &own(json!({})))).len(), 0);
    // A body that is on record is kept.
    let told = refer(&app, &json!({"source":"school","riskStated":true,"referrerRecipientId":family.school}));
    assert_eq!(read(&app.adviser(), &told).ok(200).str("referrerRecipientId"), family.school);
    // What is learnt later counts as well, and once.
    let id = refer(&app, &by_school(json!({})));
    let change = |version: i64, body: Value| app.adviser().if_match(version).patch(&format!("/referrals/{id}"), &body);
    change(1, json!({"riskStated":true,"familyAgreed":null})).ok(200);
    let [task] = &as_manager(&id)[..] else { panic!("one task") };
    change(2, json!({"summary":"More of it."})).ok(200);
    let done = format!("/tasks/{}/completion", task["id"].as_str().unwrap());
    app.manager().if_match(1).send(&Method::POST, &done, None).ok(200);
    change(3, json!({"summary":"And more."})).ok(200);
    assert_eq!(as_manager(&id).len(), 0, "what was looked at is not put on the list again");
    change(4, json!({"riskStated":false})).problem(422, "rule-violated").rule_at("#/familyAgreed", "referral_agreement_missing");
    // Nor is a risk taken back that the family, or anybody else, stated.
    let stated = refer(&app, &json!({"source":"self_parent","summary":"She is afraid to go home.","riskStated":true}));
    let taken_back = json!({"riskStated":false,"summary":"Would like help with the plan."});
    let session = app.adviser().if_match(1);
    session
        .patch(&format!("/referrals/{stated}"), &taken_back)
        .problem(422, "rule-violated")
        .rule_at("#/riskStated", "contradicting_fields");
    // Nothing at all is not a referral.
    app.adviser()
        .post("/referrals", &json!({"source":"unknown","riskStated":false}))
        .problem(400, "validation-failed")
        .rule("text_missing");
    let unseen = json!({"source":"unknown","summary":"\u{200b}\u{feff}","riskStated":false});
    app.adviser().post("/referrals", &unseen).problem(400, "validation-failed").rule("text_missing");
    app.adviser().post("/referrals", &json!({"source":"unknown"})).problem(400, "validation-failed").rule_at("#/riskStated", "required");
}

#[test]
fn a_referral_is_decided_once() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    for (body, status) in [
        (accept_into(&family.case), "accepted"),
        (json!({"decision":"decline","reason":"Lives elsewhere."}), "declined"),
        (json!({"decision":"signpost","reason":"To the neighbouring service."}), "signposted"),
        (json!({"decision":"signpost"}), "signposted"),
    ] {
        let id = refer(&app, &own(json!({})));
        let before = read(&app.adviser(), &id).ok(200);
        assert_eq!((before.str("status"), &before.body["allowedActions"]), ("received".into(), &json!(["update", "decide"])));
        decide(&app.adviser(), &id, 7, &body).problem(412, "stale-version");
        app.adviser().post(&format!("/referrals/{id}/decision"), &body).problem(428, "precondition-required");
        app.clock.set(at("2026-06-01T10:30:00Z"), true);
        let done = decide(&app.adviser(), &id, 1, &body).ok(200);
        assert_eq!((done.str("status"), done.version(), done.header("etag")), (status.into(), 2, "\"2\"".into()));
        let next = if status == "accepted" { json!(["relocate"]) } else { json!([]) };
        assert_eq!((&done.body["allowedActions"], done.str("decidedAt")), (&next, "2026-06-01T10:30:00.000Z".into()));
        assert_eq!((done.body.get("caseId"), done.body.get("decisionReason")), (body.get("caseId"), body.get("reason")));
        assert_eq!((&done.body["decidedBy"]["displayName"], done.str("summary")), (&json!("Adviser"), before.str("summary")));
        for other in [accept_into(&family.case), json!({"decision":"decline","reason":"After all."})] {
            let late = decide(&app.adviser(), &id, 2, &other).problem(409, "invalid-state");
            assert_eq!(late.body.get("allowedActions"), None, "{}", late.text);
        }
        app.adviser().if_match(2).patch(&format!("/referrals/{id}"), &json!({"summary":"x"})).problem(409, "invalid-state");
        assert_eq!(read(&app.adviser(), &id).ok(200).body, done.body);
    }
    let id = refer(&app, &own(json!({})));
    for reason in [json!(null), json!(" ")] {
        let mut body = json!({"decision":"decline"});
        merge(&mut body, json!({"reason":reason}));
        decide(&app.adviser(), &id, 1, &body).problem(422, "rule-violated").rule_at("#/reason", "decision_reason_missing");
    }
    for (body, place) in [
        (json!({"decision":"accept"}), "#/caseId"),
        (json!({"decision":"accept","caseId":family.case,"newCase":open_new()["newCase"]}), "#/caseId"),
        (json!({"decision":"decline","reason":"x","caseId":family.case}), "#/decision"),
        (json!({"decision":"signpost","newCase":open_new()["newCase"]}), "#/decision"),
        (json!({"decision":"accept","caseId":family.case,"newPeople":open_new()["newPeople"]}), "#/newPeople"),
    ] {
        decide(&app.adviser(), &id, 1, &body).problem(400, "validation-failed").rule_at(place, "referral_outcome");
    }
    // A closed case is reopened first.
    family.close(&app);
    let closed = decide(&app.adviser(), &id, 1, &accept_into(&family.case)).problem(409, "invalid-state").rule("case_closed");
    assert!(closed.body["allowedActions"].as_array().unwrap().contains(&json!("reopen")), "{}", closed.text);
    assert_eq!(read(&app.adviser(), &id).ok(200).version(), 1);
}

#[test]
fn what_was_turned_down_is_no_more_of_everybodys_concern() {
    let app = TestApp::spawn();
    let other = || app.as_staff(Role::Adviser, "another");
    let decider = || app.as_staff(Role::Adviser, "decider");
    for decision in [json!({"decision":"decline","reason":"Lives elsewhere."}), json!({"decision":"signpost"})] {
        let id = refer(&app, &own(json!({})));
        read(&other(), &id).ok(200);
        decide(&decider(), &id, 1, &decision).ok(200);
        for session in [decider(), app.adviser(), app.manager()] {
            read(&session, &id).ok(200);
            assert!(session.get("/referrals?limit=200").ok(200).text.contains(&id));
        }
        let (gone, missing) = (read(&other(), &id), read(&other(), "0197a0b0-0000-7000-8000-000000000000"));
        assert_eq!(plain(&gone.problem(404, "not-found")), plain(&missing));
        assert!(!other().get("/referrals?limit=200").ok(200).text.contains(&id));
    }
}

#[test]
fn a_new_case_is_opened_with_the_people_named_and_with_nobody_else() {
    let app = TestApp::spawn();
    let id = refer(&app, &by_school(json!({})));
    assert_eq!((found(&app, "Isla Thornbeck"), found(&app, "Rowan Thornbeck")), (0, 0), "a referral records nobody by itself");
    let session = app.adviser().with("Idempotency-Key", "accept-once-00001");
    let done = decide(&session, &id, 1, &open_new()).ok(200);
    let again = decide(&session, &id, 1, &open_new()).ok(200);
    assert_eq!((&again.body, again.header("idempotency-replayed")), (&done.body, "true".to_owned()));
    assert_eq!((total(&app.adviser(), "/cases"), found(&app, "Isla Thornbeck"), found(&app, "Rowan Thornbeck")), (1, 1, 1));
    let case = app.adviser().get(&format!("/cases/{}", done.str("caseId"))).ok(200);
    let parts = case.body["participants"].as_array().unwrap();
    assert_eq!(parts[1]["parentalResponsibility"][0]["childId"], parts[0]["personId"]);
    assert!(parts.iter().all(|part| ![CHILD, PARENT].contains(&part["personId"].as_str().unwrap())), "{}", case.text);
    assert_eq!(case.body["assignedTo"]["displayName"], "Adviser");
    // Counted together, each with a number of its own.
    assert_eq!(
        (read(&app.adviser(), &id).ok(200).str("reference"), case.str("reference")),
        ("IASS-2026-000001".into(), "IASS-2026-000002".into())
    );

    // Somebody who gave no name, together with somebody who is on record.
    let anonymous = refer(&app, &json!({"source":"self_parent","summary":"Rang and asked about exclusions.","riskStated":false}));
    let known = parts[0]["personId"].clone();
    let mut body = open_new();
    body["newPeople"] = json!([{"placeholder":PARENT,"person":{"kind":"anonymous","pseudonymous":true}}]);
    body["newCase"]["participants"][0]["personId"] = known.clone();
    body["newCase"]["participants"][1]["parentalResponsibility"][0]["childId"] = known.clone();
    let done = decide(&app.adviser(), &anonymous, 1, &body).ok(200);
    let case = app.adviser().get(&format!("/cases/{}", done.str("caseId"))).ok(200);
    assert_eq!(case.body["participants"][0]["personId"], known);
    let caller = app.adviser().get(&format!("/people/{}", case.body["participants"][1]["personId"].as_str().unwrap())).ok(200);
    assert_eq!((&caller.body["pseudonymous"], caller.body.get("fullName")), (&json!(true), None));
}

#[test]
fn what_is_wrong_with_a_new_case_leaves_nothing_behind() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let id = refer(&app, &by_school(json!({})));
    let cases = total(&app.adviser(), "/cases");
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut body = open_new();
        change(&mut body);
        decide(&app.adviser(), &id, 1, &body)
    };
    let wrong: [(Change<'_>, &str, &str); 6] = [
        (&|body| body["newPeople"][1]["placeholder"] = json!(NOBODY), "#/newPeople/1/placeholder", "contradicting_fields"),
        (&|body| body["newPeople"][1]["placeholder"] = json!(CHILD), "#/newPeople/1/placeholder", "contradicting_fields"),
        (&|body| body["newPeople"][0]["person"]["dateOfBirth"] = json!("2026-06-02"), "#/newPeople/0/person/dateOfBirth", "date_in_future"),
        (&|body| drop(body["newPeople"].as_array_mut().unwrap().pop()), "#/newCase/participants/1/personId", "unknown_reference"),
        (&|body| body["newCase"]["participants"][1]["personId"] = json!(CHILD), "#/newPeople/1/placeholder", "contradicting_fields"),
        (
            &|body| body["newCase"]["participants"][1]["parentalResponsibility"][0]["childId"] = json!(family.ana),
            "#/newCase/participants/1/parentalResponsibility/0/childId",
            "not_participant",
        ),
    ];
    for (change, place, rule) in wrong {
        changed(change).problem(422, "rule-violated").rule_at(place, rule);
    }
    changed(&|body| body["newCase"]["area"] = json!("nowhere")).problem(400, "validation-failed").rule_at("#/newCase/area", "enum");
    changed(&|body| body["newPeople"][0]["person"] = json!({"kind":"child","pseudonymous":false}))
        .problem(400, "validation-failed")
        .rule_at("#/newPeople/0/person/fullName", "name_missing");
    // Whoever works with the parents does not open the case of a child who is served apart from them.
    changed(&|body| {
        body["newCase"]["participants"][0] = json!({"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true});
        body["newCase"]["participants"][1]["parentalResponsibility"] = json!([]);
        body["newCase"]["participants"][1]["role"] = json!("supporter");
        drop(body["newPeople"].as_array_mut().unwrap().remove(0));
    })
    .problem(409, "same-person")
    .rule_at("#/newCase/participants", "conflict_of_interest");
    assert_eq!((total(&app.adviser(), "/cases"), found(&app, "Isla Thornbeck"), found(&app, "Rowan Thornbeck")), (cases, 0, 0));
    assert_eq!(read(&app.adviser(), &id).ok(200).str("status"), "received");
    // Nor does a decision that comes too late.
    decide(&app.adviser(), &id, 1, &json!({"decision":"decline","reason":"Moved away."})).ok(200);
    decide(&app.adviser(), &id, 2, &open_new()).problem(409, "invalid-state");
    assert_eq!((total(&app.adviser(), "/cases"), found(&app, "Isla Thornbeck")), (cases, 0));
}

#[test]
fn of_two_who_decide_at_once_one_is_too_late() {
    let app = TestApp::spawn();
    for _ in 0..3 {
        let (id, before) = (refer(&app, &by_school(json!({}))), total(&app.adviser(), "/cases"));
        let replies: Vec<Reply> = std::thread::scope(|scope| {
            let both = [app.adviser(), app.as_staff(Role::Adviser, "second")].map(|session| {
                let id = id.clone();
                scope.spawn(move || decide(&session, &id, 1, &open_new()))
            });
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{replies:?}");
        assert_eq!(total(&app.adviser(), "/cases"), before + 1);
    }
}

#[test]
fn an_accepted_referral_is_seen_by_those_who_see_its_case() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let member = |role: Role, name: &str| app.as_staff(role, name).get("/me").ok(200).id();
    let (worker, related) = (member(Role::Adviser, "Adviser"), member(Role::Adviser, "related"));
    let other = || app.as_staff(Role::Adviser, "other");
    let kin = || app.as_staff(Role::Adviser, "related");
    let id = refer(&app, &own(json!({"riskStated":true})));
    for session in [other(), kin(), app.manager()] {
        assert_eq!(
            (read(&session, &id).ok(200).str("summary"), total(&session, "/referrals")),
            ("Would like help with the support plan.".into(), 1)
        );
    }
    decide(&app.adviser(), &id, 1, &accept_into(&family.case)).ok(200);
    assert_eq!(total(&other(), &format!("/referrals?caseId={}", family.case)), 1);
    assert_eq!(Family::tasks(&app, "referral_risk", &id)[0]["caseId"], json!(family.case));
    restrict(&app, &family.case, &[&worker], &[&related]);
    let reason = || app.manager().with("Access-Reason", "supervision");
    for session in [app.adviser(), reason()] {
        read(&session, &id).ok(200);
        assert_eq!(total(&session, "/referrals"), 1);
    }
    // Byte for byte as what does not exist, for every way in.
    for session in [other(), kin(), kin().with("Access-Reason", "supervision")] {
        let ways: [&dyn Fn(&str) -> Reply; 3] =
            [&|id| read(&session, id), &|id| session.if_match(2).patch(&format!("/referrals/{id}"), &json!({"summary":"x"})), &|id| {
                decide(&session, id, 2, &json!({"decision":"decline","reason":"x"}))
            }];
        for way in ways {
            assert_eq!(plain(&way(&id).problem(404, "not-found")), plain(&way(NOBODY).problem(404, "not-found")));
        }
        for path in ["/referrals".to_owned(), format!("/referrals?caseId={}", family.case), "/referrals?riskStated=true".to_owned()] {
            assert_eq!(total(&session, &path), 0, "{path}");
        }
    }
    read(&app.manager(), &id).problem(403, "access-reason-required");
    assert_eq!(total(&app.manager(), "/referrals"), 0);
    // The task went with it.
    assert_eq!(Family::tasks(&app, "referral_risk", &id).len(), 0);
    let tasks = reason().get("/tasks?kind=referral_risk").ok(200);
    assert_eq!(tasks.body["items"].as_array().unwrap().len(), 1);
    // Into a case that the caller does not see nothing is accepted: it is as unknown as one that does not exist.
    let next = refer(&app, &own(json!({})));
    let [hidden, missing] = [family.case.as_str(), NOBODY].map(|case| {
        plain(&decide(&other(), &next, 1, &accept_into(case)).problem(422, "rule-violated").rule_at("#/caseId", "unknown_reference"))
    });
    assert_eq!(hidden, missing);
    decide(&app.manager(), &next, 1, &accept_into(&family.case)).problem(403, "access-reason-required");
}

#[test]
fn a_parent_who_refers_a_young_person_learns_nothing_of_a_case_of_their_own() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = || app.as_staff(Role::Adviser, "hers");
    // Ana came by herself, which her parents do not know.
    let herself = hers()
        .post("/referrals", &own(json!({"source":"self_young_person","childName":"Ana Marsh","summary":"Wants to talk alone."})))
        .ok(201)
        .id();
    let case = own_case(&hers(), &family.ana).id();
    decide(&hers(), &herself, 1, &accept_into(&case)).ok(200);
    assert_eq!((total(&hers(), "/referrals"), total(&app.adviser(), "/referrals")), (1, 0));
    read(&app.adviser(), &herself).problem(404, "not-found");
    // Her mother refers her, and it is taken like any other.
    let body = own(json!({"childName":"Ana Marsh","parentName":"Mia Marsh"}));
    let told = |reply: Reply| reply.body.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let theirs = app.adviser().post("/referrals", &body).ok(201);
    let id = theirs.id();
    assert_eq!(told(theirs), told(app.adviser().post("/referrals", &own(json!({}))).ok(201)));
    let [hidden, missing] =
        [case.as_str(), NOBODY].map(|case| plain(&decide(&app.adviser(), &id, 1, &accept_into(case)).problem(422, "rule-violated")));
    assert_eq!(hidden, missing);
    let shown = read(&app.adviser(), &id).ok(200);
    decide(&app.adviser(), &id, 1, &accept_into(&family.case)).ok(200);
    for secret in [&case, &herself] {
        for text in [&shown.text, &app.adviser().get("/referrals").ok(200).text, &app.adviser().get("/tasks").ok(200).text] {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
    }
}

#[test]
fn whoever_referred_is_told_with_permission_only() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    // The referrer is the SEND officer: an outside recipient like any other.
    let by_officer =
        by_school(json!({"source":"la_send_team","referrerRecipientId":family.council,"childName":"Ana Marsh","parentName":"Mia Marsh"}));
    let id = refer(&app, &by_officer);
    let before = app.manager().get("/disclosure-log?limit=1").ok(200).body["treeSize"].clone();
    decide(&app.adviser(), &id, 1, &accept_into(&family.case)).ok(200);
    assert_eq!(app.manager().get("/disclosure-log?limit=1").ok(200).body["treeSize"], before, "accepting tells nobody");
    let feedback = |change: Value| {
        let mut body = family.ask(
            NOBODY,
            json!({"purpose":"feedback_to_referrer","noteIds":[],"informationCategories":["referral_details"],
            "subjectIds":[family.ana, family.mia],"summary":"We have seen them."}),
        );
        merge(&mut body, change);
        family.disclose(&app, &body)
    };
    feedback(json!({})).problem(409, "consent-required").rule("consent_missing");
    family.permit(&app, json!({"informationCategories":["referral_details"]}));
    feedback(json!({})).problem(409, "consent-scope-exceeded").rule("purpose_not_covered");
    let consent = family.permit(&app, json!({"purposes":["feedback_to_referrer"],"informationCategories":["referral_details"]}));
    feedback(json!({"recipient":{"recipientId":family.school}})).problem(409, "consent-scope-exceeded").rule("recipient_not_covered");
    assert_eq!(feedback(json!({})).ok(201).body["purpose"], "feedback_to_referrer");
    family.withdraw(&app, &consent, json!({})).ok(200);
    // The older permission is for something else, and the newer is gone.
    assert_eq!(feedback(json!({})).status, 409);
}

#[test]
fn the_queue_is_filtered_and_paged() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hour = |i: usize| format!("2026-05-{:02}T08:00:00.000Z", 20 + i);
    let ids: Vec<String> = (0..5)
        .map(|i| {
            let source = if i % 2 == 0 { "self_parent" } else { "word_of_mouth" };
            refer(&app, &own(json!({"receivedAt":hour(i),"source":source,"riskStated":i == 3})))
        })
        .collect();
    decide(&app.adviser(), &ids[0], 1, &accept_into(&family.case)).ok(200);
    decide(&app.adviser(), &ids[1], 1, &json!({"decision":"decline","reason":"Lives elsewhere."})).ok(200);
    let walk = |query: &str| {
        let (mut seen, mut next) = (Vec::new(), Some(format!("/referrals?limit=2{query}")));
        while let Some(path) = next {
            let page = app.adviser().get(&path).ok(200);
            seen.extend(page.body["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            next = page.body["page"]["nextCursor"].as_str().map(|cursor| format!("/referrals?limit=2{query}&cursor={cursor}"));
        }
        seen
    };
    let of = |places: &[usize]| places.iter().map(|i| ids[*i].clone()).collect::<Vec<_>>();
    let case = format!("&caseId={}", family.case);
    let (from, to) = (format!("&receivedFrom={}", hour(2)), format!("&receivedTo={}", hour(2)));
    for (query, expected) in [
        ("", &[4, 3, 2, 1, 0][..]),
        ("&sort=-receivedAt", &[4, 3, 2, 1, 0]),
        ("&sort=receivedAt", &[0, 1, 2, 3, 4]),
        ("&status=received", &[4, 3, 2]),
        ("&status=declined,accepted", &[1, 0]),
        ("&source=word_of_mouth", &[3, 1]),
        ("&riskStated=true", &[3]),
        ("&riskStated=false&sort=receivedAt", &[0, 1, 2, 4]),
        (&case, &[0]),
        (&from, &[4, 3, 2]),
        (&to, &[1, 0]),
    ] {
        assert_eq!(walk(query), of(expected), "{query}");
        assert_eq!(total(&app.adviser(), &format!("/referrals?{}", query.trim_start_matches('&'))), expected.len() as u64, "{query}");
    }
    for query in ["status=open", "riskStated=maybe", "caseId=x", "sort=reference"] {
        app.adviser().get(&format!("/referrals?{query}")).problem(400, "validation-failed");
    }
    let items = app.adviser().get("/referrals").ok(200);
    for secret in ["Thornbeck", "+447700900123", "support plan"] {
        assert!(!items.text.contains(secret), "a list shows no text");
    }
}
