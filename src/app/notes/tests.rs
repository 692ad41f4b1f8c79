//! The rules of notes: what a wish needs, who may be named, what follows a correction.

use serde_json::{Value, json};

use super::*;
use crate::authz::Caller;
use crate::db::testing::{Scratch, first, now, permit};
use crate::domain::ids::PersonId;
use crate::domain::person::NewPerson;

struct Desk {
    scratch: Scratch,
    app: App,
    jo: Caller,
    case: CaseId,
    mia: PersonId,
    ana: PersonId,
}

impl Desk {
    fn new() -> Self {
        let scratch = Scratch::new();
        let (app, jo) = (App::on(&scratch), scratch.adviser("Jo Ashdown"));
        let case = scratch.bare_case(&jo, false);
        let mut desk = Self { scratch, app, jo, case, mia: PersonId::mint(), ana: PersonId::mint() };
        desk.mia = desk.person("parent_carer", "Mia Thornbeck");
        desk.ana = desk.person("child", "Ana Thornbeck");
        for person in [desk.mia, desk.ana] {
            desk.scratch.subject(&desk.jo, case, person);
        }
        desk
    }

    fn person(&self, kind: &str, name: &str) -> PersonId {
        let new: NewPerson = serde_json::from_value(json!({"kind": kind, "fullName": name, "pseudonymous": false})).unwrap();
        self.scratch.wait(self.app.create_person(permit(&self.jo), new, None)).unwrap().value.id
    }

    /// A note from Mia about Ana, with these changes.
    fn body(&self, changes: &Value) -> Value {
        let mut body = json!({
            "kind": "discussion", "channel": "phone", "fromPersonId": self.mia, "aboutPersonIds": [self.ana],
            "informationCategories": ["concerns_raised"], "concern": "Was not heard.", "factOrOpinion": "opinion",
            "occurredAt": "2026-09-14T08:00:00.000Z", "sensitivity": "ordinary", "keepConfidential": false, "namesOthers": false
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn add_as(&self, by: &Caller, changes: &Value) -> Result<Note> {
        let new = serde_json::from_value(self.body(changes)).unwrap();
        Ok(self.scratch.wait(self.app.add_note(permit(by), self.case, new, None))?.value)
    }

    fn add(&self, changes: &Value) -> Result<Note> {
        self.add_as(&self.jo, changes)
    }

    fn correct(&self, id: NoteId, changes: &Value) -> Result<Note> {
        let mut body = self.body(changes);
        body["correctionReason"] = "Misheard.".into();
        let new = serde_json::from_value(body).unwrap();
        Ok(self.scratch.wait(self.app.correct_note(permit(&self.jo), id, new, None))?.value)
    }

    fn read(&self, by: &Caller, id: NoteId) -> Result<Note> {
        self.scratch.wait(self.app.read_note(permit(by), id))
    }
}

fn faults(result: Result<Note>) -> Vec<(String, &'static str)> {
    match result {
        Err(Error::Rule(faults)) => faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect(),
        other => panic!("{other:?}"),
    }
}

fn fault(pointer: &str, rule: &'static str) -> Vec<(String, &'static str)> {
    vec![(pointer.to_owned(), rule)]
}

fn state(result: Result<Note>) -> &'static str {
    match result {
        Err(Error::State { rule: Some(fault), .. }) => fault.rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_note_reads_back_as_it_was_written() {
    let desk = Desk::new();
    let body = desk.body(&json!({"actionTaken": "Will ring again.", "keepConfidential": true, "wishByPersonId": desk.ana,
        "wishOn": "2026-09-14", "sensitivity": "sensitive"}));
    let new: NewNote = serde_json::from_value(body.clone()).unwrap();
    let note = desk.scratch.wait(desk.app.add_note(permit(&desk.jo), desk.case, new, None)).unwrap().value;
    assert_eq!(serde_json::to_value(&note.content).unwrap(), body);
    assert_eq!((note.recorded_at, note.recorded_by.display_name.as_str()), (now(), "Jo Ashdown"));
    assert_eq!(note.allowed_actions, ["correct", "relocate"]);
    assert_eq!(desk.read(&desk.jo, note.id).unwrap(), note);
}

#[test]
fn a_repeated_note_is_written_once() {
    let desk = Desk::new();
    let once = || {
        let new: NewNote = serde_json::from_value(desk.body(&json!({}))).unwrap();
        let request = Idempotency { route: "POST /notes".into(), key: "0123456789abcdef".into(), fingerprint: [1; 32] };
        desk.scratch.wait(desk.app.add_note(permit(&desk.jo), desk.case, new, Some(request))).unwrap()
    };
    let (made, again) = (once(), once());
    assert_eq!((made.replayed, again.replayed), (false, true));
    assert_eq!(made.value, again.value);
}

#[test]
fn corrections_form_a_chain_and_only_its_end_is_corrected() {
    let desk = Desk::new();
    let a = desk.add(&json!({})).unwrap();
    let b = desk.correct(a.id, &json!({"concern": "Was not asked."})).unwrap();
    let c = desk.correct(b.id, &json!({"concern": "Was asked late."})).unwrap();
    let chain: Vec<Note> = [a.id, b.id, c.id].map(|id| desk.read(&desk.jo, id).unwrap()).into();
    let links: Vec<_> = chain.iter().map(|note| (note.supersedes_note_id, note.superseded_by_note_id)).collect();
    assert_eq!(links, [(None, Some(b.id)), (Some(a.id), Some(c.id)), (Some(b.id), None)]);
    let said: Vec<_> = chain.iter().map(|note| note.content.concern.as_ref().unwrap().as_str()).collect();
    assert_eq!(said, ["Was not heard.", "Was not asked.", "Was asked late."]);
    let why: Vec<_> = chain.iter().map(|note| note.correction_reason.is_some()).collect();
    assert_eq!(why, [false, true, true]);
    let actions: Vec<_> = chain.iter().map(|note| note.allowed_actions.len()).collect();
    assert_eq!(actions, [0, 0, 2]);
    assert_eq!(state(desk.correct(a.id, &json!({}))), "note_superseded");
}

#[test]
fn a_correction_says_why() {
    let desk = Desk::new();
    let note = desk.add(&json!({})).unwrap();
    for reason in [json!(null), json!(" ")] {
        let mut body = desk.body(&json!({}));
        body["correctionReason"] = reason;
        let new = serde_json::from_value(body).unwrap();
        let corrected = desk.scratch.wait(desk.app.correct_note(permit(&desk.jo), note.id, new, None));
        assert_eq!(faults(corrected.map(|made| made.value)), fault("#/correctionReason", "correction_reason_missing"));
    }
    assert!(desk.read(&desk.jo, note.id).unwrap().superseded_by_note_id.is_none());
}

#[test]
fn nothing_is_written_in_a_closed_case() {
    let desk = Desk::new();
    let note = desk.add(&json!({})).unwrap();
    desk.scratch.stand(desk.case, CaseStatus::Closed);
    assert_eq!(state(desk.add(&json!({}))), "case_closed");
    assert_eq!(state(desk.correct(note.id, &json!({}))), "case_closed");
    assert!(desk.read(&desk.jo, note.id).unwrap().allowed_actions.is_empty());
    desk.scratch.stand(desk.case, CaseStatus::Inactive);
    assert!(desk.add(&json!({})).is_ok());
}

#[test]
fn everybody_named_takes_part_in_the_case() {
    let desk = Desk::new();
    let finn = desk.person("parent_carer", "Finn Larkbeck");
    assert_eq!(faults(desk.add(&json!({"fromPersonId": finn}))), fault("#/fromPersonId", "not_participant"));
    assert_eq!(faults(desk.add(&json!({"aboutPersonIds": [desk.ana, finn]}))), fault("#/aboutPersonIds/1", "not_participant"));
}

#[test]
fn what_is_told_has_happened() {
    let desk = Desk::new();
    let later = json!({"occurredAt": "2026-09-14T09:13:41.531Z"});
    assert_eq!(faults(desk.add(&later)), fault("#/occurredAt", "decided_in_future"));
    assert_eq!(faults(desk.add(&json!({"keepConfidential": true, "wishOn": "2026-09-15"}))), fault("#/wishOn", "decided_in_future"));
    assert!(desk.add(&json!({"occurredAt": now()})).is_ok());
}

#[test]
fn a_wish_has_a_day_and_is_of_somebody_the_note_is_from_or_about() {
    let desk = Desk::new();
    assert_eq!(faults(desk.add(&json!({"keepConfidential": true}))), fault("#/wishOn", "wish_details_missing"));
    let finn = desk.person("parent_carer", "Finn Larkbeck");
    desk.scratch.subject(&desk.jo, desk.case, finn);
    let by = |person: PersonId| json!({"keepConfidential": true, "wishOn": "2026-09-14", "wishByPersonId": person});
    assert_eq!(faults(desk.add(&by(finn))), fault("#/wishByPersonId", "contradicting_fields"));
    for person in [desk.mia, desk.ana] {
        assert!(desk.add(&by(person)).is_ok());
    }
}

#[test]
fn a_wish_is_lifted_by_a_correction_that_says_whose_and_when() {
    let desk = Desk::new();
    let kept = desk.add(&json!({"keepConfidential": true, "wishOn": "2026-09-01"})).unwrap();
    let by = kept.content.from_person_id.unwrap();
    assert_eq!(faults(desk.correct(kept.id, &json!({"wishByPersonId": by}))), fault("#/wishOn", "wish_details_missing"));
    assert_eq!(faults(desk.correct(kept.id, &json!({"wishOn": "2026-09-14"}))), fault("#/wishByPersonId", "wish_details_missing"));
    let lifted = desk.correct(kept.id, &json!({"wishByPersonId": by, "wishOn": "2026-09-14"})).unwrap();
    assert!(!lifted.content.keep_confidential);
    assert!(desk.correct(lifted.id, &json!({})).is_ok(), "nothing is lifted twice");
}

#[test]
fn a_liaison_note_names_a_disclosure_of_its_case() {
    let desk = Desk::new();
    let elsewhere = desk.scratch.bare_case(&desk.jo, false);
    let there = desk.scratch.bare_disclosure(&desk.jo, elsewhere);
    let required = || fault("#/disclosureId", "disclosure_required");
    assert_eq!(faults(desk.add(&json!({"kind": "liaison"}))), required());
    assert_eq!(faults(desk.add(&json!({"kind": "liaison", "disclosureId": there}))), required());
    assert_eq!(faults(desk.add(&json!({"disclosureId": there}))), fault("#/disclosureId", "unknown_reference"));
}

#[test]
fn what_came_from_outside_names_a_body_on_record() {
    let desk = Desk::new();
    let came = json!({"kind": "information_received",
        "provenance": {"recipientId": CaseId::mint(), "receivedOn": "2026-09-14", "onwardSharing": false}});
    assert_eq!(faults(desk.add(&came)), fault("#/provenance/recipientId", "unknown_reference"));
}

#[test]
fn whoever_writes_a_restricted_note_is_shown_it_once() {
    let desk = Desk::new();
    let kit = desk.scratch.adviser("Kit Fenwick");
    let note = desk.add_as(&kit, &json!({"sensitivity": "restricted"})).unwrap();
    assert!(matches!(desk.read(&kit, note.id), Err(Error::Db(db::Error::NotFound))));
    assert!(desk.read(&desk.jo, note.id).is_ok());
    let listed = |by: &Caller| {
        let page = PageRequest { include_total: true, ..first(10) };
        desk.scratch.wait(desk.app.list_notes(permit(by), desk.case, NoteFilter::default(), page)).unwrap().total
    };
    assert_eq!((listed(&kit), listed(&desk.jo)), (Some(0), Some(1)));
}

#[test]
fn a_note_says_something() {
    use validator::Validate as _;
    let desk = Desk::new();
    for (text, valid) in
        [(json!({"concern": " "}), false), (json!({"concern": null}), false), (json!({"concern": null, "actionTaken": "x"}), true)]
    {
        let new: NewNote = serde_json::from_value(desk.body(&text)).unwrap();
        assert_eq!(new.validate().is_ok(), valid, "{text}");
    }
}
