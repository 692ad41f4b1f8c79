//! What cannot be, and what a clock that is a little ahead may say.

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::apart::own_case;
use crate::family::Family;
use crate::harness::{Reply, TestApp, at};

#[test]
fn nothing_lies_in_the_future_but_a_clock_may_be_a_minute_ahead() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let (now, soon, later) = ("2026-06-01T09:00:00.000Z", "2026-06-01T09:01:00.000Z", "2026-06-01T09:01:00.001Z");
    let consents = format!("/cases/{}/consents", family.case);
    let consent = |at: &str| app.adviser().post(&consents, &family.permission(json!({"decidedAt":at})));
    assert_eq!(consent(soon).ok(201).str("decidedAt"), now);
    consent(later).problem(422, "rule-violated").rule_at("#/decidedAt", "decided_in_future");
    let notes = format!("/cases/{}/notes", family.case);
    let text = |at: &str| {
        json!({"kind":"internal","channel":"phone","occurredAt":at,"fromPersonId":family.mia,"aboutPersonIds":[],"namesOthers":false,
        "informationCategories":["school_provision"],"concern":"It stopped.","factOrOpinion":"fact","sensitivity":"ordinary","keepConfidential":false})
    };
    let note = app.adviser().post(&notes, &text(soon)).ok(201);
    assert_eq!(note.str("occurredAt"), now);
    app.adviser().post(&notes, &text(later)).problem(422, "rule-violated").rule_at("#/occurredAt", "decided_in_future");
    let mut correction = text(soon);
    correction["correctionReason"] = json!("Misheard.");
    let corrected = app.adviser().post(&format!("/notes/{}/correction", note.id()), &correction).ok(201);
    assert_eq!(corrected.str("occurredAt"), now);
    let referral = |at: &str| {
        let body = json!({"source":"self_parent","summary":"Rang.","riskStated":false,"receivedAt":at});
        app.adviser().post("/referrals", &body)
    };
    assert_eq!(app.adviser().get(&format!("/referrals/{}", referral(soon).ok(201).id())).ok(200).str("receivedAt"), now);
    referral(later).problem(422, "rule-violated").rule_at("#/receivedAt", "decided_in_future");
    // A risk that is recorded first; what is passed on of one is refused for no date (C17).
    let concern = |change: Value| {
        let mut body = json!({"riskTypes":["emotional"],"atRiskPersonIds":[family.ana],"summary":"She is afraid.","knownAt":soon});
        crate::family::merge(&mut body, change);
        app.adviser().post(&format!("/cases/{}/safeguarding-concerns", family.case), &body)
    };
    assert_eq!(concern(json!({})).ok(201).str("knownAt"), now);
    assert_eq!(concern(json!({"knownAt":later})).ok(201).str("knownAt"), now);
    let withheld = |day: &str| concern(json!({"withholdFromPersonIds":[family.mia],"withholdUntilOn":day}));
    // A day that is over hides nothing: then it is hidden as long as where no day is named.
    assert_eq!(withheld("2026-06-01").ok(201).str("withholdUntilOn"), "2026-09-01");
    assert_eq!(withheld("2026-06-02").ok(201).str("withholdUntilOn"), "2026-06-02");
    let case = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    let ongoing = app.adviser().if_match(case.version()).post(&format!("/cases/{}/closure", family.case), &json!({"outcome":"ongoing"}));
    ongoing.problem(422, "rule-violated").rule_at("#/outcome", "contradicting_fields");
}

#[test]
fn whoever_is_served_separately_is_served_alone_and_by_nobody_who_writes_in_the_case_of_the_others() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let part = |person: &str, role: &str, relation: &str, apart: bool| json!({"personId":person,"role":role,"relation":relation,"servedSeparately":apart});
    let set = |person: &str, version: i64, change: &Value| {
        app.adviser().if_match(version).patch(&format!("/participants/{}", family.participant(person)), change)
    };
    // In a case in which her mother is served nobody is served separately, however they come there.
    let apart = json!({"servedSeparately":true});
    set(&family.ana, 1, &apart).problem(422, "rule-violated").rule_at("#/servedSeparately", "contradicting_fields");
    let both = json!({"interventionLevel":"l2","referralSource":"self_young_person","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[part(&family.mia, "service_user", "parent", false), part(&family.ana, "subject", "self", true)]});
    let both = app.as_staff(Role::Adviser, "hers").post("/cases", &both);
    both.problem(422, "rule-violated").rule_at("#/participants/1/servedSeparately", "contradicting_fields");
    let hers = || app.as_staff(Role::Adviser, "hers");
    let own = own_case(&hers(), &family.ana).id();
    let join = |role: &str| hers().post(&format!("/cases/{own}/participants"), &part(&family.mia, role, "parent", false));
    join("service_user").problem(422, "rule-violated").rule_at("#/role", "contradicting_fields");
    join("supporter").ok(201);
    // Her worker sees the case of the others, and does not write in it; a risk is passed on all the same.
    let text = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":family.mia,
        "aboutPersonIds":[family.mia],"namesOthers":false,"informationCategories":["school_provision"],"concern":"It stopped.",
        "factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
    let written = hers().post(&format!("/cases/{}/notes", family.case), &text);
    written.problem(409, "same-person").rule_at("#", "conflict_of_interest");
    let note = family.n1(&app);
    hers().post(&format!("/cases/{}/disclosures", family.case), &family.risk(&note, json!({}))).ok(201);
    hers().post(&format!("/cases/{own}/notes"), &text).ok(201);
    // Nor by way of a correction, a note that stands elsewhere, or the words of the case.
    let conflict = |reply: Reply| drop(reply.problem(409, "same-person").rule_at("#", "conflict_of_interest"));
    let mut correction = text.clone();
    correction["correctionReason"] = json!("Misheard.");
    let theirs = family.n1(&app);
    conflict(hers().post(&format!("/notes/{theirs}/correction"), &correction));
    let case = json!({"interventionLevel":"l1","referralSource":"self_parent","reasonsForContact":[{"reason":"complaint","primary":true}],
        "senNeeds":[],"appealTypes":[],"participants":[part(&family.mia, "service_user", "parent", false)]});
    let case = hers().post("/cases", &case).ok(201).id();
    let elsewhere = hers().post(&format!("/cases/{case}/notes"), &text).ok(201).id();
    let goes = |note: &str, to: &str| hers().post(&format!("/notes/{note}/relocation"), &json!({"caseId":to,"reason":"It belongs there."}));
    conflict(goes(&elsewhere, &family.case));
    let path = format!("/cases/{}", family.case);
    conflict(hers().if_match(hers().get(&path).ok(200).version()).patch(&path, &json!({"summary":"As Ana tells it."})));
    // Out of the case of the others it goes.
    goes(&theirs, &own).ok(201);
    // Once her mother has left.
    let case = app.adviser().get(&format!("/cases/{}", family.case)).ok(200);
    set(&family.mia, 1, &json!({"endedOn":"2026-06-01"})).ok(200);
    let worker = case.body["assignedTo"]["id"].clone();
    assert_eq!(set(&family.sam, 1, &apart).ok(200).body["servedSeparately"], true);
    assert_eq!(app.adviser().get(&format!("/cases/{}", family.case)).ok(200).body["namedStaffIds"], json!([worker]));
    let back = set(&family.mia, 2, &json!({"endedOn":null}));
    back.problem(422, "rule-violated").rule_at("#/role", "contradicting_fields");
}

#[test]
fn a_permission_stands_by_the_birth_date_that_is_on_record_now() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let id = family.permit(&app, json!({"subjectIds":[family.ana]}));
    let shown = || {
        let one = app.adviser().get(&format!("/consents/{id}")).ok(200).body;
        let list = app.adviser().get("/consents").ok(200).body["items"][0].clone();
        assert_eq!((&list["id"], &list["status"]), (&one["id"], &one["status"]));
        (one["status"].clone(), one["authority"].clone())
    };
    let until = |day: &str| json!([{"subjectId":family.ana,"granterRelation":"parent_with_pr","endsOn":day}]);
    assert_eq!(shown(), (json!("live"), until("2030-06-28")));
    // She is older than was thought: her mother speaks for her until the end of this June.
    Family::born(&app, &family.ana, "2010-01-15");
    assert_eq!(shown(), (json!("live"), until("2026-06-26")));
    app.clock.set(at("2026-06-26T23:00:00Z"), true);
    assert_eq!(shown(), (json!("expired"), until("2026-06-26")));
    // And still older: never since it was given.
    let version = app.adviser().get(&format!("/people/{}", family.ana)).ok(200).version();
    let older = json!({"dateOfBirth":"2008-01-15"});
    app.adviser().if_match(version).patch(&format!("/people/{}", family.ana), &older).ok(200);
    assert_eq!(shown(), (json!("expired"), json!([])));
    // It may come back with the next correction, so whoever gave it takes it back all the same.
    let read = app.adviser().get(&format!("/consents/{id}")).ok(200);
    assert_eq!(read.body["allowedActions"], json!(["withdraw", "annul"]));
    family.withdraw(&app, &id, json!({})).ok(200);
    assert_eq!(shown(), (json!("withdrawn"), until("2030-06-28")));
}
