//! A note of a contact with officers or professionals names the disclosure that allowed it (C11).

use serde_json::{Value, json};

use crate::anonymous::{issue, with_families};
use crate::family::{Family, merge};
use crate::harness::{Reply, TestApp};

struct Desk {
    app: TestApp,
    family: Family,
}

impl Desk {
    fn note(&self, disclosure: &str, change: Value) -> Reply {
        let mut body = json!({"kind":"liaison","channel":"phone","occurredAt":"2026-06-01T09:00:00.000Z","aboutPersonIds":[self.family.ana],
            "namesOthers":false,"informationCategories":["school_provision"],"concern":"They will call back.","factOrOpinion":"fact",
            "sensitivity":"ordinary","keepConfidential":false,"disclosureId":disclosure});
        merge(&mut body, change);
        self.app.adviser().post(&format!("/cases/{}/notes", self.family.case), &body)
    }

    #[track_caller]
    fn refused(&self, disclosure: &str, change: Value) {
        self.note(disclosure, change).problem(422, "rule-violated").rule_at("#/disclosureId", "disclosure_required");
    }
}

#[test]
fn a_contact_rests_on_what_was_let_go_before_it_about_the_same_people() {
    let app = TestApp::spawn();
    let family = Family::record(&app);
    let desk = Desk { app, family };
    let (app, family) = (&desk.app, &desk.family);
    family.permit(app, json!({}));
    let note = family.n1(app);
    let allowed = family.disclose(app, &family.ask(&note, json!({}))).ok(201).id();
    // The minute counts, not the second; a minute before nothing was allowed.
    desk.refused(&allowed, json!({"occurredAt":"2026-06-01T08:59:59.999Z"}));
    desk.note(&allowed, json!({})).ok(201);
    // It was allowed about Ana, and about nobody else.
    desk.refused(&allowed, json!({"aboutPersonIds":[family.ana, family.sam]}));
    // A risk that was passed on is a contact, too.
    let risk = family.disclose(app, &family.risk(&note, json!({}))).ok(201).id();
    desk.note(&risk, json!({})).ok(201);
    // What was kept back after all allowed none; another note than a liaison note may go on naming it.
    app.adviser().post(&format!("/disclosures/{allowed}/annotations"), &json!({"kind":"not_sent"})).ok(201);
    desk.refused(&allowed, json!({}));
    desk.note(&allowed, json!({"kind":"internal"})).ok(201);
}

#[test]
fn what_names_nobody_allows_no_contact_about_anybody() {
    let (app, family) = with_families(8);
    let desk = Desk { app, family };
    let anonymous = desk.family.disclose(&desk.app, &issue(&desk.family, json!({}))).ok(201).id();
    desk.refused(&anonymous, json!({}));
    desk.refused(&anonymous, json!({"aboutPersonIds":[],"fromPersonId":desk.family.mia}));
}
