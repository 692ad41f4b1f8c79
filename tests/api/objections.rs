//! What is allowed although somebody refused it: a check shows who did, and why that does not stop it (R6, E4).

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};

use crate::family::Family;
use crate::harness::{Session, TestApp};

struct Desk {
    app: TestApp,
    family: Family,
    ask: Value,
}

impl Desk {
    fn new() -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        family.permit(&app, json!({}));
        let ask = family.ask(&family.n1(&app), json!({}));
        Self { app, family, ask }
    }

    /// The objections that are shown, and whether it may go.
    fn checked(&self, session: &Session<'_>) -> (bool, Vec<Value>) {
        let checked = session.post(&format!("/cases/{}/disclosure-checks", self.family.case), &self.ask).ok(200).body;
        (checked["allowed"] == true, checked["objections"].as_array().unwrap().clone())
    }

    /// The same, each as whose refusal of whom it is, and its code.
    fn shown(&self) -> Vec<(Value, Value, Value)> {
        let (allowed, objections) = self.checked(&self.app.adviser());
        assert!(allowed);
        objections.iter().map(|no| (no["consentId"].clone(), no["rule"].clone(), no["subjectIds"].clone())).collect()
    }

    fn withdraw(&self, refusal: &str, by: &str) {
        self.family.withdraw(&self.app, refusal, json!({"withdrawnById":by})).ok(200);
    }
}

#[test]
fn a_wish_of_a_child_who_cannot_decide_is_shown_with_what_is_allowed() {
    let desk = Desk::new();
    let Desk { app, family, ask } = &desk;
    assert_eq!(desk.shown(), []);
    let no = family.refuse(app, &family.ana, &[&family.ana]).id();
    // As long as nobody has looked whether she can decide it stands in the way, and is told as that.
    assert_eq!(desk.checked(&app.adviser()), (false, vec![]));
    Family::assess(app, &family.ana, false, "2026-05-20");
    assert_eq!(desk.shown(), [(json!(no), json!("wish_of_child"), json!([family.ana]))]);
    let (_, objections) = desk.checked(&app.adviser());
    let words = "The child does not want this. It was found that they cannot decide it yet; what they wish is to be weighed.";
    assert_eq!(objections[0]["detail"], words);
    family.disclose(app, ask).ok(201);
    desk.withdraw(&no, &family.ana);
    assert_eq!(desk.shown(), []);
}

#[test]
fn a_no_of_somebody_without_a_say_is_shown_with_what_is_allowed() {
    let desk = Desk::new();
    let Desk { app, family, .. } = &desk;
    let no = family.refuse(app, &family.nell, &[&family.ana, &family.mia]).id();
    // What is about another body, or about nobody here, is none.
    let school = json!({"decision":"refused","granterId":family.nell,"subjectIds":[family.ana],"recipients":[{"recipientId":family.school}],
        "method":"email","evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    app.adviser().post(&format!("/cases/{}/consents", family.case), &school).ok(201);
    family.refuse(app, &family.nell, &[&family.sam]);
    assert_eq!(desk.shown(), [(json!(no), json!("not_theirs_to_decide"), json!([family.ana, family.mia]))]);
    // E4: a father without responsibility.
    let finns = family.refuse(app, &family.finn, &[&family.ana]).id();
    assert_eq!(desk.checked(&app.adviser()), (false, vec![]));
    family.responsibility(app, &family.finn, &family.ana, json!({"value":"no"}));
    let both = [(&no, json!([family.ana, family.mia])), (&finns, json!([family.ana]))];
    let both = both.map(|(no, about)| (json!(no), json!("not_theirs_to_decide"), about));
    assert_eq!(desk.shown(), both);
    // What is refused shows none of it.
    family.refuse(app, &family.mia, &[&family.mia]);
    assert_eq!(desk.checked(&app.adviser()), (false, vec![]));
}

#[test]
fn what_the_caller_does_not_know_of_a_refusal_is_not_shown() {
    let desk = Desk::new();
    let Desk { app, family, .. } = &desk;
    let hers = app.as_staff(Role::Adviser, "hers");
    let boss = app.manager().with("Access-Reason", "supervision");
    let own = crate::apart::own_case(&hers, &family.ana).id();
    // Found on her own that she cannot decide; that she refuses is known to all.
    family.refuse(app, &family.ana, &[&family.ana]);
    let body = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":false,"communicates":true,
        "outcome":"cannot_decide","assessedOn":"2026-05-02","reasons":"Told in confidence."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &body).ok(201);
    assert_eq!(desk.checked(&app.adviser()), (true, vec![]));
    let told = |session: &Session<'_>| desk.checked(session).1.iter().map(|no| no["rule"].clone()).collect::<Vec<_>>();
    assert_eq!(told(&boss), [json!("wish_of_child")]);
    // Nor a refusal of that case.
    let part = json!({"personId":family.nell,"role":"supporter","relation":"grandparent","servedSeparately":false});
    hers.post(&format!("/cases/{own}/participants"), &part).ok(201);
    let refusal = json!({"decision":"refused","granterId":family.nell,"subjectIds":[family.ana],"method":"email",
        "evidence":{"noticeVersion":"leaflet-3"},"decidedAt":"2026-04-02T10:00:00.000Z"});
    hers.post(&format!("/cases/{own}/consents"), &refusal).ok(201);
    assert_eq!((told(&app.adviser()), told(&boss).len()), (vec![], 2));
}

#[test]
fn an_objection_tells_of_people_by_the_ids_under_which_they_were_named() {
    let desk = Desk::new();
    let Desk { app, family, .. } = &desk;
    let caller = crate::family::person(app, &json!({"kind":"anonymous","pseudonymous":true})).id();
    let part = json!({"personId":caller,"role":"supporter","relation":"other","servedSeparately":false});
    app.adviser().post(&format!("/cases/{}/participants", family.case), &part).ok(201);
    let note = family.note(app, &caller, &[&caller], "views_and_wishes", json!({}));
    family.permit(app, json!({"granterId":caller,"subjectIds":[caller]}));
    let merge = json!({"mergedPersonId":caller,"reason":"Told what only she knew."});
    app.manager().if_match(1).post(&format!("/people/{}/merges", family.nell), &merge).ok(201);
    let no = family.refuse(app, &family.finn, &[&family.nell]).id();
    let checked = family.check(app, &family.ask(&note, json!({}))).ok(200).body;
    let shown = &checked["objections"][0];
    assert_eq!((&checked["allowed"], &shown["consentId"], &shown["subjectIds"]), (&json!(true), &json!(no), &json!([caller])));
}
