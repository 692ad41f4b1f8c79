//! A case is opened whole: given to somebody, restricted, and kept from whoever has a conflict of interest, from its first moment (C1, C4).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp};

fn member(app: &TestApp, role: Role, name: &str) -> String {
    app.as_staff(role, name).get("/me").ok(200).id()
}

fn bo(app: &TestApp) -> String {
    person(app, &json!({"kind":"parent_carer","knownAs":"Bo","pseudonymous":false})).id()
}

fn restriction(named: &[&str], conflicted: &[&str], change: Value) -> Value {
    let mut body = json!({"restricted":true,"namedStaffIds":named,"conflictedStaffIds":conflicted,"reason":"A relative works here."});
    merge(&mut body, change);
    body
}

fn open(session: &Session<'_>, person: &str, change: Value) -> Reply {
    session.post("/cases", &Family::bare(person, change))
}

fn read(session: &Session<'_>, case: &str) -> Reply {
    session.get(&format!("/cases/{case}"))
}

#[test]
fn a_case_is_seen_by_nobody_but_those_it_is_opened_for() {
    let app = TestApp::spawn();
    let [worker, named, kin] = ["Adviser", "named", "kin"].map(|name| member(&app, Role::Adviser, name));
    let boss = member(&app, Role::ServiceManager, "boss");
    member(&app, Role::ServiceManager, "deputy");
    let manager = app.as_staff(Role::ServiceManager, "boss");
    let said = json!({"assignment":{"staffId":worker},"restriction":restriction(&[&worker, &named], &[&kin, &boss], json!({}))});
    let keyed = manager.with("Idempotency-Key", "opened-whole-0001");
    let of = bo(&app);
    // It is shown once more to whoever opened it, as after every act, and was at no moment anybody else's.
    let opened = open(&keyed, &of, said.clone()).ok(201);
    assert_eq!(
        (opened.version(), &opened.body["restricted"], &opened.body["assignedTo"]["id"], &opened.body["recordedBy"]["id"]),
        (1, &json!(true), &json!(worker), &json!(boss))
    );
    assert_eq!(opened.body["restrictions"][0]["reason"], "A relative works here.");
    let sorted = |list: &Value| {
        let mut ids: Vec<String> = serde_json::from_value(list.clone()).unwrap();
        ids.sort();
        ids
    };
    let all = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(sorted(&opened.body["namedStaffIds"]), all(vec![worker.clone(), named.clone()]));
    assert_eq!(sorted(&opened.body["conflictedStaffIds"]), all(vec![kin.clone(), boss.clone()]));
    let case = opened.id();
    for (role, name) in [(Role::Adviser, "kin"), (Role::Adviser, "anybody"), (Role::ServiceManager, "boss")] {
        let session = app.as_staff(role, name).with("Access-Reason", if role == Role::Adviser { "" } else { "supervision" });
        read(&session, &case).problem(404, "not-found");
        assert!(!session.get("/cases?limit=200").ok(200).text.contains(&case), "{name}");
    }
    let deputy = app.as_staff(Role::ServiceManager, "deputy");
    read(&deputy, &case).problem(403, "access-reason-required");
    read(&deputy.with("Access-Reason", "supervision"), &case).ok(200);
    for name in ["Adviser", "named"] {
        read(&app.as_staff(Role::Adviser, name), &case).ok(200);
    }
    // The same request again is answered as anything else in that case.
    open(&keyed, &of, said).problem(404, "not-found");
    assert_eq!(app.adviser().get("/cases?limit=200").ok(200).body["items"].as_array().unwrap().len(), 1);
    let kinds = app.adviser().get(&format!("/cases/{case}/timeline")).ok(200).body["items"].clone();
    let kinds: Vec<&str> = kinds.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    for kind in ["case_opened", "case_assigned", "restriction_changed"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    // What is written there from now on is for those it was given to; what was not said is as before.
    let plain = open(&app.adviser(), &of, json!({})).ok(201);
    assert_eq!(
        (&plain.body["assignedTo"]["id"], &plain.body["restricted"], &plain.body["restrictions"]),
        (&json!(worker), &json!(false), &json!([]))
    );
    let kept = open(&manager, &of, json!({"assignment":{"staffId":worker}})).ok(201);
    assert_eq!((&kept.body["assignedTo"]["id"], &kept.body["namedStaffIds"]), (&json!(worker), &json!([])));
}

#[test]
fn what_is_said_of_a_new_case_is_judged_as_the_same_acts_are_later() {
    let app = TestApp::spawn();
    let [worker, other] = ["Adviser", "other"].map(|name| member(&app, Role::Adviser, name));
    let (boss, auditor) = (member(&app, Role::ServiceManager, "ServiceManager"), member(&app, Role::Auditor, "auditor"));
    let nobody = uuid::Uuid::now_v7().to_string();
    let of = bo(&app);
    // An adviser gives a case to nobody else, and restricts none.
    for said in [json!({"assignment":{"staffId":other}}), json!({"restriction":restriction(&[&worker], &[], json!({}))})] {
        open(&app.adviser(), &of, said).problem(403, "forbidden");
    }
    open(&app.adviser(), &of, json!({"assignment":{"staffId":worker}})).ok(201);
    for (said, place, rule) in [
        (json!({"assignment":{"staffId":auditor}}), "#/assignment/staffId", "no_casework"),
        (json!({"assignment":{"staffId":nobody}}), "#/assignment/staffId", "unknown_reference"),
        (json!({"restriction":restriction(&[&boss, &auditor], &[], json!({}))}), "#/restriction/namedStaffIds/1", "no_casework"),
        (json!({"restriction":restriction(&[&boss], &[&nobody], json!({}))}), "#/restriction/conflictedStaffIds/0", "unknown_reference"),
        // Whoever works on it is named, and has no conflict of interest: not even whoever opens it for themselves.
        (json!({"restriction":restriction(&[&worker], &[], json!({}))}), "#/restriction/namedStaffIds", "contradicting_fields"),
        (
            json!({"restriction":restriction(&[], &[&boss], json!({"restricted":false}))}),
            "#/restriction/conflictedStaffIds/0",
            "contradicting_fields",
        ),
        (
            json!({"assignment":{"staffId":worker},"restriction":restriction(&[&worker], &[&worker], json!({}))}),
            "#/restriction/conflictedStaffIds/0",
            "contradicting_fields",
        ),
        // One manager at least sees each case.
        (
            json!({"assignment":{"staffId":worker},"restriction":restriction(&[&worker], &[&boss], json!({}))}),
            "#/restriction/conflictedStaffIds",
            "no_manager_left",
        ),
    ] {
        open(&app.manager(), &of, said.clone()).problem(422, "rule-violated").rule_at(place, rule);
    }
    open(&app.manager(), &of, json!({"restriction":{"restricted":true}}))
        .problem(400, "validation-failed")
        .rule_at("#/restriction/reason", "required");
    // Somebody with both roles is no exception.
    let both = app.with_token(Some(app.token(&[Role::Adviser, Role::ServiceManager], "both")));
    let me = both.get("/me").ok(200).id();
    let said = json!({"restriction":restriction(&[], &[&me], json!({"restricted":false}))});
    open(&both, &of, said).problem(422, "rule-violated").rule_at("#/restriction/conflictedStaffIds/0", "contradicting_fields");
    assert_eq!(app.manager().get("/cases?includeTotal=true").ok(200).body["page"]["total"], 1, "nothing was opened");
}

#[test]
fn nobody_is_put_on_both_sides_by_the_opening_of_a_case() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let [theirs, fresh, third] = ["Adviser", "fresh", "third"].map(|name| member(&app, Role::Adviser, name));
    let apart = |change: Value| {
        let mut body = Family::bare(
            &family.ana,
            json!({"participants":[{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":true}]}),
        );
        merge(&mut body, change);
        app.manager().post("/cases", &body)
    };
    let refused = |reply: Reply, place: &str| drop(reply.problem(409, "same-person").rule_at(place, "conflict_of_interest"));
    refused(apart(json!({"assignment":{"staffId":theirs}})), "#/assignment/staffId");
    let named = restriction(&[&fresh, &theirs], &[], json!({}));
    refused(apart(json!({"assignment":{"staffId":fresh},"restriction":named})), "#/restriction/namedStaffIds/1");
    let open_to_all = restriction(&[], &[], json!({"restricted":false}));
    apart(json!({"assignment":{"staffId":fresh},"restriction":open_to_all}))
        .problem(422, "rule-violated")
        .rule_at("#/restriction/restricted", "contradicting_fields");
    // Her own case is restricted, and its worker is named: whoever opened it for them is not.
    let hers = apart(json!({"assignment":{"staffId":fresh}})).ok(201);
    assert_eq!((&hers.body["restricted"], &hers.body["namedStaffIds"]), (&json!(true), &json!([fresh])));
    read(&app.as_staff(Role::Adviser, "fresh"), &hers.id()).ok(200);
    read(&app.manager(), &hers.id()).problem(403, "access-reason-required");
    read(&app.adviser(), &hers.id()).problem(404, "not-found");
    let more = restriction(&[&third, &fresh], &[], json!({}));
    let body = json!({"participants":[{"personId":family.nell,"role":"subject","relation":"self","servedSeparately":true}],
        "assignment":{"staffId":third},"restriction":more});
    let more = app.manager().post("/cases", &Family::bare(&family.nell, body)).ok(201);
    for name in ["fresh", "third"] {
        read(&app.as_staff(Role::Adviser, name), &more.id()).ok(200);
    }
    // Whoever serves a side says of nobody that they are served separately from it, for whomever.
    let own = own_case(&app.manager(), &family.sam);
    assert_eq!(own.body["restricted"], true);
    let body = Family::bare(
        &family.sam,
        json!({"participants":[{"personId":family.sam,"role":"subject","relation":"self","servedSeparately":true}],"assignment":{"staffId":fresh}}),
    );
    refused(app.manager().post("/cases", &body), "#/participants");
}

#[test]
fn a_referral_is_accepted_into_a_case_that_is_restricted_at_once() {
    let app = TestApp::spawn();
    let worker = member(&app, Role::Adviser, "Adviser");
    let of = bo(&app);
    let referral = app.adviser().post("/referrals", &json!({"source":"self_parent","summary":"Rang.","riskStated":false})).ok(201).id();
    let mut case = Family::bare(&of, json!({"assignment":{"staffId":worker},"restriction":restriction(&[&worker], &[], json!({}))}));
    let decide = |session: &Session<'_>, case: &Value| {
        let body = json!({"decision":"accept","newCase":case});
        session.if_match(1).post(&format!("/referrals/{referral}/decision"), &body)
    };
    decide(&app.adviser(), &case).problem(403, "forbidden");
    case["restriction"]["namedStaffIds"] = json!([]);
    decide(&app.manager(), &case).problem(422, "rule-violated").rule_at("#/newCase/restriction/namedStaffIds", "contradicting_fields");
    case["restriction"]["namedStaffIds"] = json!([worker]);
    let accepted = decide(&app.manager(), &case).ok(200);
    assert_eq!((accepted.str("status"), accepted.version(), &accepted.body["allowedActions"]), ("accepted".into(), 2, &json!([])));
    let case = accepted.str("caseId");
    assert_eq!(read(&app.adviser(), &case).ok(200).body["restricted"], true);
    let anybody = app.as_staff(Role::Adviser, "anybody");
    read(&anybody, &case).problem(404, "not-found");
    anybody.get(&format!("/referrals/{referral}")).problem(404, "not-found");
    app.manager().get(&format!("/referrals/{referral}")).problem(403, "access-reason-required");
}
