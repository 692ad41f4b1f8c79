//! Who may be put on a case, what is offered on it, and in which order a request is judged (C1, C4, R19).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::{Family, merge, person};
use crate::harness::{Reply, Session, TestApp};

fn member(app: &TestApp, role: Role, name: &str) -> String {
    app.as_staff(role, name).get("/me").ok(200).id()
}

fn plain(reply: &Reply) -> String {
    reply.text.replace(&reply.header("x-request-id"), "")
}

#[test]
fn nobody_is_put_on_a_case_who_does_no_casework() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (worker, path) = (member(&app, Role::Adviser, "Adviser"), format!("/cases/{}", family.case));
    let manager = app.manager();
    let assign =
        |staff: &str| manager.if_match(manager.get(&path).ok(200).version()).put(&format!("{path}/assignment"), &json!({"staffId":staff}));
    let restrict = |named: &[&str], conflicted: &[&str]| {
        let reasoned = manager.with("Access-Reason", "supervision");
        let body = json!({"restricted":false,"namedStaffIds":named,"conflictedStaffIds":conflicted,"reason":"Cover."});
        reasoned.if_match(reasoned.get(&path).ok(200).version()).put(&format!("{path}/restriction"), &body)
    };
    for role in [Role::Auditor, Role::Analyst, Role::Administrator, Role::MachineAudit] {
        let other = member(&app, role, &format!("only {role:?}"));
        assign(&other).problem(422, "rule-violated").rule_at("#/staffId", "no_casework");
        restrict(&[&worker, &other], &[]).problem(422, "rule-violated").rule_at("#/namedStaffIds/1", "no_casework");
        restrict(&[], &[&other]).problem(422, "rule-violated").rule_at("#/conflictedStaffIds/0", "no_casework");
    }
    assert_eq!(manager.get(&path).ok(200).version(), 1);
    // Roles change: it is the last token that counts.
    let rowan = member(&app, Role::Auditor, "rowan");
    assign(&rowan).problem(422, "rule-violated");
    assert_eq!(member(&app, Role::Adviser, "rowan"), rowan);
    assign(&rowan).ok(200);
    assign(&worker).ok(200);
    restrict(&[], &[&rowan]).ok(200);
    member(&app, Role::Auditor, "rowan");
    assign(&rowan).problem(422, "rule-violated").rule_at("#/staffId", "no_casework");
    // A conflict of interest is kept although they could not be entered now.
    assert_eq!(restrict(&[&worker], &[&rowan]).ok(200).body["conflictedStaffIds"], json!([rowan]));
    member(&app, Role::Adviser, "rowan");
    app.as_staff(Role::Adviser, "rowan").get(&path).problem(404, "not-found");
}

#[test]
fn of_one_child_one_thing_is_said() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let twice = json!([{"childId":family.ana,"value":"yes"},{"childId":family.sam,"value":"yes"},{"childId":family.ana,"value":"no"}]);
    let place = "parentalResponsibility/2/childId";
    let part = format!("/participants/{}", family.participant(&family.mia));
    app.adviser()
        .if_match(1)
        .patch(&part, &json!({"parentalResponsibility":twice}))
        .problem(422, "rule-violated")
        .rule_at(&format!("#/{place}"), "contradicting_fields");
    let una = crate::family::person(&app, &json!({"kind":"parent_carer","knownAs":"Una","pseudonymous":false})).id();
    let new = json!({"personId":una,"role":"supporter","relation":"other","servedSeparately":false,"parentalResponsibility":twice});
    app.adviser()
        .post(&format!("/cases/{}/participants", family.case), &new)
        .problem(422, "rule-violated")
        .rule_at(&format!("#/{place}"), "contradicting_fields");
    let case = json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[new,{"personId":family.ana,"role":"subject","relation":"self","servedSeparately":false},
        {"personId":family.sam,"role":"sibling","relation":"sibling","servedSeparately":false}]});
    app.adviser().post("/cases", &case).problem(422, "rule-violated").rule_at(&format!("#/participants/0/{place}"), "contradicting_fields");
}

#[test]
fn a_task_that_is_not_listed_is_not_there_to_be_done() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let told = family.disclose(&app, &family.risk(&family.n1(&app), json!({}))).ok(201);
    let review = Family::tasks(&app, "safeguarding_review", &told.str("concernId"))[0]["id"].as_str().unwrap().to_owned();
    let done = |id: &str| app.adviser().if_match(1).post(&format!("/tasks/{id}/completion"), &json!({})).problem(404, "not-found");
    assert_eq!(plain(&done(&review)), plain(&done(&uuid::Uuid::now_v7().to_string())));
    assert_eq!(Family::tasks(&app, "safeguarding_review", &told.str("concernId"))[0]["status"], "open");
}

#[test]
fn a_closed_case_offers_what_may_be_done_with_it() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let path = format!("/cases/{}", family.case);
    let act = |session: Session<'_>, act: &str, body: Value| {
        session.if_match(session.get(&path).ok(200).version()).post(&format!("{path}/{act}"), &body)
    };
    act(app.adviser(), "reopening", json!({"reason":"It is open."})).problem(409, "invalid-state");
    act(app.adviser(), "closure", json!({"outcome":"ongoing"})).problem(422, "rule-violated").rule_at("#/outcome", "contradicting_fields");
    family.close(&app);
    let case = app.adviser().get(&path).ok(200);
    assert_eq!(
        case.body["allowedActions"],
        json!(["reopen", "record_consent", "check_disclosure", "record_disclosure", "request_information", "raise_concern"])
    );
    let named = json!({"restricted":false,"namedStaffIds":[],"conflictedStaffIds":[],"reason":"Nobody is related."});
    let una = person(&app, &json!({"kind":"parent_carer","knownAs":"Una","pseudonymous":false})).id();
    let joins = json!({"personId":una,"role":"supporter","relation":"other","servedSeparately":false});
    let part = format!("/participants/{}", family.participant(&family.nell));
    for refused in [
        act(app.adviser(), "closure", json!({"outcome":"agreed"})),
        app.manager().if_match(case.version()).put(&format!("{path}/restriction"), &named),
        app.adviser().post(&format!("{path}/participants"), &joins),
        app.adviser().if_match(1).patch(&part, &json!({"relation":"other"})),
    ] {
        refused.problem(409, "invalid-state").rule("case_closed");
    }
    assert_eq!(app.adviser().get(&path).ok(200).body, case.body);
    // A refusal is heard whenever it is said; a permission needs work that goes on.
    family.refuse(&app, &family.mia, &[&family.mia]);
    let given = family.permission(json!({}));
    let refused = app.adviser().post(&format!("/cases/{}/consents", family.case), &given).problem(409, "invalid-state");
    refused.rule_at("#/decision", "case_closed");
}

#[test]
fn what_is_wrong_with_a_request_comes_before_what_is_wrong_with_its_time() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let note = family.n1(&app);
    let words = |change: Value| {
        let mut body = json!({"kind":"liaison","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
            "aboutPersonIds":[family.ana],"namesOthers":false,"informationCategories":["health"],"concern":"X.","factOrOpinion":"fact",
            "sensitivity":"ordinary","keepConfidential":false});
        merge(&mut body, change);
        body
    };
    let sound = json!({"kind":"discussion","correctionReason":"A slip."});
    let correction = format!("/notes/{note}/correction");
    app.adviser().post(&correction, &words(sound.clone())).ok(201);
    let unsound = words(json!({"correctionReason":"A slip."}));
    app.adviser().post(&correction, &unsound).problem(422, "rule-violated").rule("disclosure_required");
    app.adviser().post(&correction, &words(sound)).problem(409, "invalid-state").rule("note_superseded");
    family.close(&app);
    let notes = format!("/cases/{}/notes", family.case);
    app.adviser().post(&notes, &words(json!({}))).problem(422, "rule-violated").rule("disclosure_required");
    app.adviser().post(&notes, &words(json!({"kind":"discussion"}))).problem(409, "invalid-state").rule("case_closed");
    let path = format!("/cases/{}", family.case);
    let put = |staff: &str| {
        app.manager().if_match(app.manager().get(&path).ok(200).version()).put(&format!("{path}/assignment"), &json!({"staffId":staff}))
    };
    put(&uuid::Uuid::now_v7().to_string()).problem(422, "rule-violated");
    put(&member(&app, Role::Auditor, "auditor")).problem(422, "rule-violated");
    put(&member(&app, Role::Adviser, "Adviser")).problem(409, "invalid-state");
}
