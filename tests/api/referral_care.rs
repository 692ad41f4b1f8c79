//! Whoever has a conflict of interest never sees a referral, and one that was accepted into the wrong case goes to the right one (C1, C7, C8).

use diesel::RunQueryDsl;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp, at, cluster};

const NOBODY: &str = "0197a0b0-0000-7000-8000-000000000000";

fn member(app: &TestApp, role: Role, name: &str) -> String {
    app.as_staff(role, name).get("/me").ok(200).id()
}

fn plain(reply: &Reply) -> String {
    reply.text.replace(&reply.header("x-request-id"), "")
}

fn told(change: Value) -> Value {
    let mut body = json!({"source":"self_parent","summary":"The lift is broken again.","riskStated":false});
    merge(&mut body, change);
    body
}

fn read(session: &Session<'_>, id: &str) -> Reply {
    session.get(&format!("/referrals/{id}"))
}

fn decide(session: &Session<'_>, id: &str, body: &Value) -> Reply {
    session.if_match(1).post(&format!("/referrals/{id}/decision"), body)
}

fn accept(session: &Session<'_>, id: &str, case: &str) -> Reply {
    decide(session, id, &json!({"decision":"accept","caseId":case}))
}

fn total(session: &Session<'_>, path: &str) -> u64 {
    session.get(&format!("{path}&includeTotal=true&limit=200")).ok(200).body["page"]["total"].as_u64().unwrap()
}

#[test]
fn whoever_has_a_conflict_of_interest_neither_sees_a_referral_nor_decides_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let kin = member(&app, Role::Adviser, "kin");
    let uncle = member(&app, Role::ServiceManager, "uncle");
    let id = app.adviser().post("/referrals", &told(json!({"conflictedStaffIds":[kin, uncle]}))).ok(201).id();
    let theirs = || [app.as_staff(Role::Adviser, "kin"), app.as_staff(Role::ServiceManager, "uncle").with("Access-Reason", "supervision")];
    for session in theirs() {
        let ways: [&dyn Fn(&str) -> Reply; 4] = [
            &|id| read(&session, id),
            &|id| session.if_match(1).patch(&format!("/referrals/{id}"), &json!({"conflictedStaffIds":[]})),
            &|id| accept(&session, id, &family.case),
            &|id| decide(&session, id, &json!({"decision":"decline","reason":"x"})),
        ];
        for way in ways {
            assert_eq!(plain(&way(&id).problem(404, "not-found")), plain(&way(NOBODY).problem(404, "not-found")));
        }
        assert_eq!(total(&session, "/referrals?status=received"), 0);
    }
    assert_eq!(total(&app.adviser(), "/referrals?status=received"), 1);
    let mut sorted = [kin.clone(), uncle.clone()];
    sorted.sort();
    assert_eq!(read(&app.adviser(), &id).ok(200).body["conflictedStaffIds"], json!(sorted));
    // Nor the case into which it is accepted, whether it was there or is opened for it.
    accept(&app.adviser(), &id, &family.case).ok(200);
    let case = app.manager().get(&format!("/cases/{}", family.case)).ok(200);
    assert_eq!(case.body["conflictedStaffIds"], json!(sorted));
    let second = app.adviser().post("/referrals", &told(json!({"conflictedStaffIds":[kin]}))).ok(201).id();
    let new = Family::bare(&person(&app, &json!({"kind":"parent_carer","knownAs":"Bo","pseudonymous":false})).id(), json!({}));
    let opened = decide(&app.adviser(), &second, &json!({"decision":"accept","newCase":new})).ok(200).str("caseId");
    assert_eq!(app.manager().get(&format!("/cases/{opened}")).ok(200).body["conflictedStaffIds"], json!([kin]));
    for session in theirs() {
        session.get(&format!("/cases/{}", family.case)).problem(404, "not-found");
        read(&session, &id).problem(404, "not-found");
    }
    // It stays hidden from them where a manager opens the case to them again, until that is said of it as well.
    let lifted = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"Not related after all."});
    app.manager().if_match(case.version()).put(&format!("/cases/{}/restriction", family.case), &lifted).ok(200);
    let session = app.as_staff(Role::Adviser, "kin");
    session.get(&format!("/cases/{}", family.case)).ok(200);
    read(&session, &id).problem(404, "not-found");
}

#[test]
fn nobody_works_on_the_case_of_a_referral_they_are_kept_away_from() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let [worker, other] = ["Adviser", "other"].map(|name| member(&app, Role::Adviser, name));
    let boss = member(&app, Role::ServiceManager, "ServiceManager");
    let (one, new) = (|| app.as_staff(Role::Adviser, "other"), Family::bare(&family.mia, json!({"assignment":{"staffId":worker}})));
    let id = one().post("/referrals", &told(json!({"conflictedStaffIds":[worker]}))).ok(201).id();
    accept(&one(), &id, &family.case).problem(409, "same-person").rule_at("#/caseId", "conflict_of_interest");
    decide(&app.manager(), &id, &json!({"decision":"accept","newCase":new}))
        .problem(409, "same-person")
        .rule_at("#/newCase/assignment/staffId", "conflict_of_interest");
    let named = json!({"restricted":true,"namedStaffIds":[boss, worker],"conflictedStaffIds":[],"reason":"Few are to know."});
    let new = Family::bare(&family.mia, json!({"restriction":named}));
    decide(&app.manager(), &id, &json!({"decision":"accept","newCase":new}))
        .problem(409, "same-person")
        .rule_at("#/newCase/restriction/namedStaffIds/1", "conflict_of_interest");
    // One manager at least sees what is in the case; of two of them each may be kept away from one.
    let deputy = member(&app, Role::ServiceManager, "deputy");
    let (_, case) = Family::opened(&app, &one(), json!({}));
    let away = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[deputy],"reason":"Related."});
    app.manager().if_match(1).put(&format!("/cases/{case}/restriction"), &away).ok(200);
    let id = one().post("/referrals", &told(json!({"conflictedStaffIds":[boss]}))).ok(201).id();
    accept(&one(), &id, &case).problem(422, "rule-violated").rule_at("#/caseId", "no_manager_left");
    let away = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[boss],"reason":"Related."});
    let body = json!({"decision":"accept","newCase":Family::bare(&family.mia, json!({"assignment":{"staffId":other},"restriction":away}))});
    let third = one().post("/referrals", &told(json!({"conflictedStaffIds":[deputy]}))).ok(201).id();
    decide(&app.manager(), &third, &body)
        .problem(422, "rule-violated")
        .rule_at("#/newCase/restriction/conflictedStaffIds", "no_manager_left");
    assert_eq!(read(&one(), &id).ok(200).str("status"), "received");
}

#[test]
fn who_is_kept_away_is_said_by_anybody_and_taken_back_by_a_manager() {
    let app = TestApp::spawn();
    let [kin, aunt] = ["kin", "aunt"].map(|name| member(&app, Role::Adviser, name));
    let (boss, auditor) = (member(&app, Role::ServiceManager, "ServiceManager"), member(&app, Role::Auditor, "auditor"));
    let refer = |away: Value| app.adviser().post("/referrals", &told(json!({"conflictedStaffIds":away})));
    let place = "#/conflictedStaffIds/0";
    refer(json!([NOBODY])).problem(422, "rule-violated").rule_at(place, "unknown_reference");
    refer(json!([auditor])).problem(422, "rule-violated").rule_at(place, "no_casework");
    refer(json!([boss])).problem(422, "rule-violated").rule_at("#/conflictedStaffIds", "no_manager_left");
    let id = refer(json!([kin])).ok(201).id();
    let change = |session: Session<'_>, version: i64, away: Value| {
        session.if_match(version).patch(&format!("/referrals/{id}"), &json!({"conflictedStaffIds":away}))
    };
    let mut both = [kin.clone(), aunt.clone()];
    both.sort();
    assert_eq!(change(app.adviser(), 1, json!(both)).ok(200).body["conflictedStaffIds"], json!(both));
    // What else is changed leaves it as it is.
    app.adviser().if_match(2).patch(&format!("/referrals/{id}"), &json!({"contact":"bo@example.org"})).ok(200);
    read(&app.as_staff(Role::Adviser, "kin"), &id).problem(404, "not-found");
    change(app.adviser(), 3, json!([aunt])).problem(403, "forbidden");
    change(app.manager(), 3, json!([aunt])).ok(200);
    read(&app.as_staff(Role::Adviser, "kin"), &id).ok(200);
    // Whoever names themselves has handed it on, and is shown it once more.
    let me = member(&app, Role::Adviser, "Adviser");
    change(app.adviser(), 4, json!([aunt, me])).ok(200);
    read(&app.adviser(), &id).problem(404, "not-found");
}

#[test]
fn a_stated_risk_reaches_somebody_whoever_is_kept_away() {
    let app = TestApp::spawn();
    let (kin, boss) = (member(&app, Role::Adviser, "kin"), member(&app, Role::ServiceManager, "ServiceManager"));
    let risk = |away: Value| {
        app.as_role(Role::MachineIntake).post("/referrals", &told(json!({"riskStated":true,"conflictedStaffIds":away}))).ok(201).id()
    };
    let tasks = |session: &Session<'_>, about: &str| {
        let list = session.get("/tasks?kind=referral_risk&limit=200").ok(200);
        list.body["items"].as_array().unwrap().iter().filter(|task| task["aboutId"] == about).cloned().collect::<Vec<_>>()
    };
    // Whoever is not on record is left out, and a manager who is kept away does not learn that it waits.
    let deputy = || app.as_staff(Role::ServiceManager, "deputy");
    member(&app, Role::ServiceManager, "deputy");
    let id = risk(json!([boss, NOBODY]));
    assert_eq!(read(&deputy(), &id).ok(200).body["conflictedStaffIds"], json!([boss]));
    assert_eq!((tasks(&deputy(), &id).len(), tasks(&app.manager(), &id).len(), tasks(&app.adviser(), &id).len()), (1, 0, 0));
    let task = tasks(&deputy(), &id)[0]["id"].as_str().unwrap().to_owned();
    app.manager().if_match(1).post(&format!("/tasks/{task}/completion"), &json!({})).problem(404, "not-found");
    // Where no manager is left, those who do casework see that it waits, and do none of it.
    let second = member(&app, Role::ServiceManager, "deputy");
    let id = risk(json!([boss, second, kin]));
    assert_eq!((tasks(&deputy(), &id).len(), tasks(&app.manager(), &id).len()), (0, 0));
    let seen = tasks(&app.adviser(), &id);
    assert_eq!((seen.len(), &seen[0]["allowedActions"]), (1, &json!([])));
    assert_eq!(tasks(&app.as_staff(Role::Adviser, "kin"), &id).len(), 0);
    // And it goes into a case all the same.
    let family = Family::record(&app);
    accept(&app.adviser(), &id, &family.case).ok(200);
    let case = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    assert_eq!(case.body["conflictedStaffIds"].as_array().unwrap().len(), 3);
    assert_eq!(tasks(&app.adviser(), &id).len(), 1);
}

/// A referral that was accepted into the case of another family.
struct Astray {
    app: TestApp,
    wrong: Family,
    right: Family,
    id: String,
}

impl Astray {
    fn new() -> Self {
        let app = TestApp::spawn();
        let (wrong, right) = (Family::record(&app), Family::record(&app));
        let id = app.adviser().post("/referrals", &told(json!({"riskStated":true}))).ok(201).id();
        let reason = json!({"decision":"accept","caseId":wrong.case,"reason":"The caretaker rang, too."});
        decide(&app.adviser(), &id, &reason).ok(200);
        Self { app, wrong, right, id }
    }

    fn relocate(&self, session: &Session<'_>, version: i64, change: Value) -> Reply {
        let mut body = json!({"caseId":self.right.case,"reason":"Another family of the same name."});
        merge(&mut body, change);
        session.if_match(version).post(&format!("/referrals/{}/relocation", self.id), &body)
    }

    fn kinds(&self, family: &Family) -> Vec<(String, Value)> {
        let feed = self.app.adviser().get(&format!("/cases/{}/timeline?limit=100", family.case)).ok(200);
        let all = feed.body["items"].as_array().unwrap().iter();
        let of = all.filter(|entry| entry["kind"].as_str().unwrap().starts_with("referral_"));
        of.map(|entry| (entry["kind"].as_str().unwrap().to_owned(), entry["recordId"].clone())).collect()
    }

    /// Restricts one of the two cases to its worker.
    fn restrict(&self, family: &Family) {
        let worker = member(&self.app, Role::Adviser, "Adviser");
        let body = json!({"restricted":true,"namedStaffIds":[worker],"conflictedStaffIds":[],"reason":"Few are to know."});
        let path = format!("/cases/{}", family.case);
        let version = self.app.adviser().get(&path).ok(200).version();
        self.app.manager().if_match(version).put(&format!("{path}/restriction"), &body).ok(200);
    }
}

#[test]
fn a_referral_goes_from_the_wrong_case_to_the_right_one_and_leaves_a_trace() {
    let astray = Astray::new();
    let Astray { app, wrong, right, id } = &astray;
    assert_eq!(astray.kinds(wrong), [("referral_accepted".to_owned(), json!(id))]);
    app.clock.set(at("2026-06-01T11:00:00Z"), true);
    let keyed = app.adviser().with("Idempotency-Key", "moved-once-000001");
    let moved = astray.relocate(&keyed, 2, json!({})).ok(200);
    assert_eq!((moved.version(), moved.str("caseId"), moved.str("summary")), (3, right.case.clone(), "The lift is broken again.".into()));
    assert_eq!(
        (moved.str("decidedAt"), moved.str("decisionReason")),
        ("2026-06-01T09:00:00.000Z".into(), "The caretaker rang, too.".into())
    );
    let trace = &moved.body["relocations"];
    assert_eq!(trace.as_array().unwrap().len(), 1);
    assert_eq!((&trace[0]["at"], &trace[0]["by"]["displayName"]), (&json!("2026-06-01T11:00:00.000Z"), &json!("Adviser")));
    assert_eq!((&trace[0]["fromCaseId"], &trace[0]["reason"]), (&json!(wrong.case), &json!("Another family of the same name.")));
    let again = astray.relocate(&keyed, 2, json!({})).ok(200);
    assert_eq!((again.header("idempotency-replayed"), &again.body), ("true".into(), &moved.body));
    // The one case keeps that something went, and the other that it came.
    assert_eq!(astray.kinds(wrong), [("referral_relocated".to_owned(), json!(wrong.case))]);
    assert_eq!(astray.kinds(right), [("referral_received".to_owned(), json!(id))]);
    assert_eq!(total(&app.adviser(), &format!("/referrals?caseId={}", wrong.case)), 0);
    assert_eq!(total(&app.adviser(), &format!("/referrals?caseId={}", right.case)), 1);
    // So does what is to be done about it.
    assert_eq!(Family::tasks(app, "referral_risk", id)[0]["caseId"], json!(right.case));

    // Whoever sees one of the two cases is told nothing of the other.
    astray.restrict(wrong);
    let anybody = || app.as_staff(Role::Adviser, "anybody");
    let seen = read(&anybody(), id).ok(200);
    assert_eq!((seen.body["relocations"][0].get("fromCaseId"), seen.text.contains(&wrong.case)), (None, false));
    astray.restrict(right);
    read(&anybody(), id).problem(404, "not-found");
    // No word of it is under a key of the wrong case: with that gone, all of it is read.
    let owner = if cluster::is_postgres() { format!("uuid_send('{}')", wrong.case) } else { format!("X'{}'", wrong.case.replace('-', "")) };
    let now = cluster::by_engine("1", "now()");
    let destroyed = format!("UPDATE sealing_key SET wrapped = NULL, destroyed_at = {now} WHERE owner_kind = 'case' AND owner_id = {owner}");
    assert_eq!(diesel::sql_query(destroyed).execute(&mut app.sabotage()).unwrap(), 2);
    let Astray { app, wrong, id, .. } = astray;
    let (folder, scratch) = app.stopped();
    let app = TestApp::spawn_on(folder, scratch, |_| ());
    assert_ne!(app.adviser().get(&format!("/cases/{}", wrong.case)).status, 200, "what is told in the wrong case is gone");
    let whole = read(&app.adviser(), &id).ok(200);
    assert_eq!((&whole.body["relocations"], &whole.body["summary"]), (&moved.body["relocations"], &moved.body["summary"]));
}

#[test]
fn a_referral_goes_only_where_it_can_belong() {
    let astray = Astray::new();
    let Astray { app, wrong, right, id } = &astray;
    let by = app.adviser();
    astray.relocate(&by, 7, json!({})).problem(412, "stale-version");
    astray.relocate(&by, 2, json!({"caseId":wrong.case})).problem(422, "rule-violated").rule_at("#/caseId", "contradicting_fields");
    astray.relocate(&by, 2, json!({"reason":null})).problem(400, "validation-failed").rule_at("#/reason", "required");
    right.close(app);
    astray.relocate(&by, 2, json!({})).problem(409, "invalid-state").rule("case_closed");
    right.reopen(app);
    wrong.close(app);
    astray.relocate(&by, 2, json!({})).problem(409, "invalid-state").rule("case_closed");
    assert_eq!(read(&by, id).ok(200).body["allowedActions"], json!([]));
    wrong.reopen(app);
    assert_eq!(read(&by, id).ok(200).body["allowedActions"], json!(["relocate"]));
    // Into a case that is not seen nothing goes, and it is as unknown as one that does not exist.
    astray.restrict(right);
    let anybody = app.as_staff(Role::Adviser, "anybody");
    let [hidden, missing] = [right.case.as_str(), NOBODY].map(|case| {
        plain(&astray.relocate(&anybody, 2, json!({"caseId":case})).problem(422, "rule-violated").rule_at("#/caseId", "unknown_reference"))
    });
    assert_eq!(hidden, missing);
    astray.relocate(&app.manager(), 2, json!({})).problem(403, "access-reason-required");
    // What waits, and what was turned down, is in no case.
    let waits = app.adviser().post("/referrals", &told(json!({}))).ok(201).id();
    let body = json!({"caseId":right.case,"reason":"It belongs there."});
    let relocate = |version: i64| by.if_match(version).post(&format!("/referrals/{waits}/relocation"), &body).problem(409, "invalid-state");
    relocate(1);
    decide(&by, &waits, &json!({"decision":"decline","reason":"Lives elsewhere."})).ok(200);
    relocate(2);
    // Whoever is kept away from it is kept away from where it goes.
    let worker = member(app, Role::Adviser, "Adviser");
    let one = app.as_staff(Role::Adviser, "one");
    let (_, case) = Family::opened(app, &one, json!({}));
    let away = one.post("/referrals", &told(json!({"conflictedStaffIds":[worker]}))).ok(201).id();
    accept(&one, &away, &case).ok(200);
    let body = json!({"caseId":wrong.case,"reason":"It belongs there."});
    let refused = one.if_match(2).post(&format!("/referrals/{away}/relocation"), &body).problem(409, "same-person");
    refused.rule_at("#/caseId", "conflict_of_interest");
    let (_, other) = Family::opened(app, &one, json!({}));
    let body = json!({"caseId":other,"reason":"It belongs there."});
    one.if_match(2).post(&format!("/referrals/{away}/relocation"), &body).ok(200);
    app.adviser().get(&format!("/cases/{other}")).problem(404, "not-found");
    // The database itself lets it go nowhere without a trace.
    let silent = diesel::sql_query(
        "UPDATE referral SET case_id = (SELECT id FROM case_file WHERE id <> case_id LIMIT 1) WHERE moved_at IS NULL AND status = 'accepted'",
    );
    assert!(silent.execute(&mut app.sabotage()).unwrap_err().to_string().contains("what was decided about a referral stands"));
    let forged = diesel::sql_query(
        "UPDATE referral SET moved_at = created_at, moved_by = recorded_by WHERE status = 'accepted' AND moved_at IS NULL",
    );
    assert!(forged.execute(&mut app.sabotage()).unwrap_err().to_string().contains("what was decided about a referral stands"));
}

#[test]
fn what_was_referred_to_somebody_on_their_own_goes_to_no_other_case_of_theirs() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let hers = || app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers(), &family.ana).id();
    let id = hers().post("/referrals", &told(json!({"source":"self_young_person"}))).ok(201).id();
    accept(&hers(), &id, &own).ok(200);
    let to = |session: &Session<'_>, case: &str, version: i64| {
        session.if_match(version).post(&format!("/referrals/{id}/relocation"), &json!({"caseId":case,"reason":"It belongs there."}))
    };
    let boss = app.manager().with("Access-Reason", "supervision");
    for session in [hers(), boss.clone()] {
        to(&session, &family.case, 2).problem(409, "invalid-state").rule("referral_kept_apart");
    }
    // Nor does whoever works for her write anything in the parents' case, such as another referral.
    let (_, strange) = Family::opened(&app, &app.adviser(), json!({}));
    let stray = hers().post("/referrals", &told(json!({}))).ok(201).id();
    accept(&hers(), &stray, &strange).ok(200);
    let body = json!({"caseId":family.case,"reason":"It belongs there."});
    let moved = hers().if_match(2).post(&format!("/referrals/{stray}/relocation"), &body);
    moved.problem(409, "same-person").rule_at("#", "conflict_of_interest");
    let straight = hers().post("/referrals", &told(json!({}))).ok(201).id();
    accept(&hers(), &straight, &family.case).problem(409, "same-person").rule_at("#", "conflict_of_interest");
    // What came into the parents' case by mistake leaves it for one that she works on, and no other.
    accept(&app.adviser(), &straight, &family.case).ok(200);
    let out = |to: &str| {
        let body = json!({"caseId":to,"reason":"It belongs there."});
        hers().if_match(2).post(&format!("/referrals/{straight}/relocation"), &body)
    };
    out(&strange).problem(409, "same-person").rule_at("#/caseId", "conflict_of_interest");
    out(&own).ok(200);
    app.adviser().get(&format!("/referrals/{id}")).problem(404, "not-found");
    // Another family's goes where it belongs.
    let (_, other) = Family::opened(&app, &app.adviser(), json!({}));
    to(&boss, &other, 2).ok(200);
}
