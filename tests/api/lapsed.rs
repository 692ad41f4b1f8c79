//! What somebody permitted who may not decide it any longer is shown so, and nothing rests on it: the list, the record, its receipt and the decision say
//! the same (R5).

use serde_json::{Value, json};

use crate::family::Family;
use crate::harness::TestApp;
use crate::proceedings::{dispatch, extract, grant, log, seek};
use crate::receipts::says;

struct Desk {
    app: TestApp,
    family: Family,
    note: String,
}

impl Desk {
    /// Ana was born on this day; the note is hers.
    fn new(born: &str) -> Self {
        let app = TestApp::spawn();
        let family = Family::record(&app);
        Family::born(&app, &family.ana, born);
        let note = family.note(&app, &family.ana, &[&family.ana], "school_provision", json!({}));
        Self { app, family, note }
    }

    /// What this person permits for Ana.
    fn permit(&self, granter: &str) -> String {
        self.family.permit(&self.app, json!({"granterId":granter,"subjectIds":[self.family.ana]}))
    }

    /// Whether the note may go, or why not.
    fn rule(&self) -> String {
        let checked = self.family.check(&self.app, &self.family.ask(&self.note, json!({}))).ok(200).body;
        if checked["allowed"] == true { "allowed".to_owned() } else { checked["reasons"][0]["rule"].as_str().unwrap().to_owned() }
    }

    /// How the record stands and until when its authority lasts, as it and the list say; whether the list has it as in force now.
    fn stands(&self, consent: &str) -> (String, Value, bool) {
        let get = |path: &str| self.app.adviser().get(path).ok(200).body;
        let listed = |query: &str| {
            get(&format!("/consents?limit=200{query}"))["items"].as_array().unwrap().iter().find(|row| row["id"] == consent).cloned()
        };
        let record = get(&format!("/consents/{consent}"));
        assert_eq!(listed("").unwrap()["status"], record["status"]);
        let status = record["status"].as_str().unwrap().to_owned();
        let (active, ending) = (listed("&activeAt=2026-06-01T09:00:00.000Z").is_some(), listed("&expiresBefore=2026-06-02").is_some());
        assert_eq!(active, !ending, "{record}");
        (status, record["authority"][0]["endsOn"].clone(), active)
    }

    fn has_lapsed(&self, consent: &str, last: &str, receipt: &str) {
        assert_eq!(self.stands(consent), ("expired".to_owned(), json!(last), false));
        assert_eq!(self.rule(), "granter_authority_lapsed");
        let text = says(&self.app, consent, &[receipt, "A permission that has ended does not come back by itself."]);
        assert!(!text.contains("in force"), "{text}");
        assert!(Family::tasks(&self.app, "permission_ending", consent).is_empty());
    }

    fn change(&self, path: &str, version: i64, body: &Value) {
        self.app.adviser().if_match(version).patch(path, body).ok(200);
    }
}

#[test]
fn what_a_parent_permitted_ends_when_the_child_is_found_to_decide() {
    let desk = Desk::new("2014-03-12");
    let Desk { app, family, .. } = &desk;
    let [mias, both] = [desk.permit(&family.mia), family.permit(app, json!({}))];
    let soon = family.permit(app, json!({"subjectIds":[family.ana],"purposes":["mediation"],"expiresOn":"2026-06-10"}));
    assert_eq!((desk.rule().as_str(), desk.stands(&mias)), ("allowed", ("live".to_owned(), json!("2030-06-28"), true)));
    assert_eq!(Family::tasks(app, "permission_ending", &soon).len(), 1);
    Family::assess(app, &family.ana, true, "2026-05-20");
    desk.has_lapsed(
        &mias,
        "2026-05-19",
        "This permission ended on 19 May 2026. From the next day on Mia Marsh could not decide this any more.",
    );
    assert!(Family::tasks(app, "permission_ending", &soon).is_empty(), "of what has ended nobody is asked");
    // For herself she goes on permitting.
    assert_eq!(desk.stands(&both), ("live".to_owned(), json!("2026-05-19"), true));
    says(
        app,
        &both,
        &["For Ana Marsh it ends earlier, with 19 May 2026. From the next day on Mia Marsh cannot decide this, as far as we know."],
    );
    // Nor does it come back when the child is found not to decide (R18).
    Family::assess(app, &family.ana, false, "2026-05-25");
    desk.has_lapsed(&mias, "2026-05-19", "This permission ended on 19 May 2026.");
    // What is permitted since lasts.
    let again = family.permit(app, json!({"subjectIds":[family.ana],"decidedAt":"2026-05-26T10:00:00.000Z"}));
    assert_eq!((desk.rule().as_str(), desk.stands(&again)), ("allowed", ("live".to_owned(), json!("2030-06-28"), true)));
}

#[test]
fn what_somebody_permitted_for_a_grown_child_ends_when_that_one_decides_again() {
    let desk = Desk::new("2005-03-12");
    let Desk { app, family, .. } = &desk;
    Family::assess(app, &family.ana, false, "2026-02-01");
    let mias = desk.permit(&family.mia);
    assert_eq!((desk.rule().as_str(), desk.stands(&mias)), ("allowed", ("live".to_owned(), Value::Null, true)));
    Family::assess(app, &family.ana, true, "2026-05-20");
    desk.has_lapsed(&mias, "2026-05-19", "This permission ended on 19 May 2026.");
}

#[test]
fn what_somebody_permitted_ends_with_their_part_in_the_case() {
    let desk = Desk::new("2014-03-12");
    let mias = desk.permit(&desk.family.mia);
    desk.change(&format!("/participants/{}", desk.family.participant(&desk.family.mia)), 1, &json!({"endedOn":"2026-05-20"}));
    desk.has_lapsed(&mias, "2026-05-19", "This permission ended on 19 May 2026.");
}

#[test]
fn an_assessment_that_was_told_in_confidence_does_not_show_in_what_a_parent_permitted() {
    let desk = Desk::new("2014-03-12");
    let Desk { app, family, .. } = &desk;
    let mias = desk.permit(&family.mia);
    let hers = app.as_staff(sendiass::domain::vocabulary::Role::Adviser, "hers");
    crate::apart::own_case(&hers, &family.ana);
    let body = json!({"decisionKind":"share_information","understands":true,"retains":true,"weighs":true,"communicates":true,
        "outcome":"can_decide","assessedOn":"2026-05-20","reasons":"Told it back."});
    hers.post(&format!("/people/{}/capacity-records", family.ana), &body).ok(201);
    assert_eq!((desk.rule().as_str(), desk.stands(&mias)), ("consent_missing", ("live".to_owned(), json!("2030-06-28"), true)));
}

#[test]
fn nothing_rests_on_what_somebody_permitted_who_has_died() {
    let desk = Desk::new("2014-03-12");
    let Desk { app, family, note } = &desk;
    let mias = desk.permit(&family.mia);
    let mia = format!("/people/{}", family.mia);
    desk.change(&mia, 1, &json!({"diedOn":"2026-05-20"}));
    desk.has_lapsed(
        &mias,
        "2026-05-19",
        "This permission ended on 19 May 2026. From the next day on Mia Marsh could not decide this any more.",
    );
    // Nor is anything recorded as theirs from then on.
    let late = family.permission(json!({"subjectIds":[family.ana],"decidedAt":"2026-05-20T10:00:00.000Z"}));
    let consents = format!("/cases/{}/consents", family.case);
    app.adviser().post(&consents, &late).problem(422, "rule-violated").rule_at("#/subjectIds/0", "granter_not_authorised");
    // A slip is put right.
    desk.change(&mia, 2, &json!({"diedOn":null}));
    assert_eq!((desk.rule().as_str(), desk.stands(&mias).0.as_str()), ("allowed", "live"));
    desk.change(&mia, 3, &json!({"diedOn":"2026-05-20"}));
    // Whoever else may decide does.
    desk.permit(&family.finn);
    assert_eq!(desk.rule(), "allowed");
    // Nothing is sent to them, and no copy, by whatever way.
    let copies = json!([{"personId":family.mia,"contactId":family.mia_contact}]);
    let refused = family.disclose(app, &family.ask(note, json!({"copies":copies}))).problem(422, "rule-violated");
    refused.rule_at("#/copies/0/contactId", "unsafe_contact");
    for channel in ["secure_email", "in_person_handover"] {
        let handed = family.ask(note, json!({"recipient":{"personId":family.mia},"channel":channel}));
        family.disclose(app, &handed).problem(422, "rule-violated").rule_at("#/channel", "unsafe_contact");
    }
}

#[test]
fn the_no_of_a_parent_who_has_died_stops_nobody_and_that_of_the_subject_stands() {
    let desk = Desk::new("2005-03-12");
    let Desk { app, family, .. } = &desk;
    Family::born(app, &family.sam, "2017-02-03");
    let sams = family.note(app, &family.sam, &[&family.sam], "school_provision", json!({}));
    family.permit(app, json!({"subjectIds":[family.sam]}));
    let allowed = || family.check(app, &family.ask(&sams, json!({}))).ok(200).body["allowed"] == true;
    family.refuse(app, &family.finn, &[&family.sam]);
    assert!(!allowed());
    desk.change(&format!("/people/{}", family.finn), 1, &json!({"diedOn":"2026-05-20"}));
    assert!(allowed());
    // Ana, who is grown, said no: no deputy of hers speaks against that, nor does it end with her.
    family.refuse(app, &family.ana, &[&family.ana]);
    desk.change(&format!("/people/{}", family.ana), 2, &json!({"diedOn":"2026-05-20"}));
    assert_eq!(desk.rule(), "subject_refused");
}

#[test]
fn an_extract_is_owed_to_nobody_who_has_died() {
    let desk = Desk::new("2014-03-12");
    let Desk { app, family, note } = &desk;
    let manager = app.manager();
    family.permit_proceedings(app, json!({"subjectIds":[family.ana]}));
    let id = log(app, family, json!({}));
    seek(&manager, &id);
    crate::proceedings::decide(&manager, &id, &grant(&family.ana)).ok(200);
    extract(&manager, &id, &[note]).ok(200);
    desk.change(&format!("/people/{}", family.mia), 1, &json!({"diedOn":"2026-05-31"}));
    // What she permitted is over, with or without a copy to her.
    dispatch(&manager, &id, &[]).problem(409, "consent-required").rule("granter_authority_lapsed");
    dispatch(&manager, &id, &[(&family.mia, &family.mia_contact)]).problem(422, "rule-violated").rule("unsafe_contact");
    // So it is decided anew, on what another permits, who gets the copy.
    family.permit_proceedings(app, json!({"granterId":family.finn,"subjectIds":[family.ana]}));
    extract(&manager, &id, &[note]).ok(200);
    let finns = crate::proceedings::contact(app, &family.finn, 0);
    dispatch(&manager, &id, &[(&family.finn, &finns)]).ok(200);
}

#[test]
fn that_somebody_has_died_counts_on_whichever_record_and_side_it_is_known() {
    let desk = Desk::new("2014-03-12");
    let Desk { app, family, .. } = &desk;
    desk.permit(&family.mia);
    // Mia has told something on her own before; that she died, her adviser was not told.
    let (hers, mia) = (app.as_staff(sendiass::domain::vocabulary::Role::Adviser, "hers"), format!("/people/{}", family.mia));
    crate::apart::own_case(&hers, &family.mia);
    hers.if_match(1).patch(&mia, &json!({"pronouns":"she/her"})).ok(200);
    desk.change(&mia, 1, &json!({"diedOn":"2026-05-20"}));
    assert_eq!(desk.rule(), "granter_authority_lapsed");
    // Finn was known before as somebody who has died since.
    let finns = desk.permit(&family.finn);
    assert_eq!(desk.rule(), "allowed");
    let caller = json!({"kind":"anonymous","pseudonymous":true,"diedOn":"2026-05-25"});
    let caller = app.adviser().post("/people", &caller).ok(201).id();
    let merge = json!({"mergedPersonId":caller,"reason":"Told what only he knew."});
    app.manager().if_match(1).post(&format!("/people/{}/merges", family.finn), &merge).ok(201);
    assert_eq!((desk.rule().as_str(), desk.stands(&finns).0.as_str()), ("granter_authority_lapsed", "expired"));
}
