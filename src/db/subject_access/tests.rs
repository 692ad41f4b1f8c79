//! A request in a real database: a step is taken of what was seen, and none once it ended.

use super::*;
use crate::authz::Caller;
use crate::db::testing::{Scratch, now, permit};
use crate::db::{Error, notes, people};
use crate::domain::ids::NoteId;
use crate::domain::note::NoteContent;
use crate::domain::person::NewPerson;
use crate::domain::subject_access::SarItem;
use crate::domain::vocabulary::SarItemDecision;

struct Desk {
    scratch: Scratch,
    jo: Caller,
    id: SarId,
}

impl Desk {
    fn new() -> Self {
        let scratch = Scratch::new();
        let jo = scratch.manager("Jo Ashdown", None);
        let new: NewPerson = serde_json::from_str(r#"{"kind":"parent_carer","fullName":"Mia Thornbeck","pseudonymous":false}"#).unwrap();
        let (leave, log) = (permit::<act::PersonCreate>(&jo), permit::<act::SarLog>(&jo));
        let id = scratch.write(move |tx| {
            let mia = people::insert(tx, &leave, new.content, Vec::new(), now())?;
            let asks =
                serde_json::json!({"subjectId":mia,"requesterId":mia,"capacity":"subject","receivedOn":"2026-09-14","route":"letter"});
            insert(tx, &log, serde_json::from_value(asks).unwrap(), now())
        });
        Self { id: id.unwrap(), scratch, jo }
    }

    fn take(&self, version: i32, status: SarStatus, step: Step) -> Result<()> {
        let (id, leave) = (self.id, permit::<act::SarUpdate>(&self.jo));
        self.scratch.write(move |tx| take(tx, &leave, id, version, status, step, now()))
    }
}

#[test]
fn a_step_is_taken_of_what_was_seen_and_none_once_it_ended() {
    let desk = Desk::new();
    let (running, sent) = (SarStatus::Running, SarStatus::Sent);
    assert!(matches!(desk.take(2, running, Step::Decided), Err(Error::Stale { .. })));
    desk.take(1, running, Step::Decided).unwrap();
    assert!(matches!(desk.take(1, running, Step::Decided), Err(Error::Stale { .. })));
    desk.take(2, sent, Step::Built).unwrap();
    assert!(desk.take(3, sent, Step::Decided).is_err());
}

#[test]
fn a_request_is_shown_as_recorded_to_whoever_recorded_it() {
    let desk = Desk::new();
    let (id, own) = (desk.id, permit::<act::SarLog>(&desk.jo));
    let other = permit::<act::SarLog>(&desk.scratch.adviser("Kim Birch"));
    desk.scratch.read(move |tx| written(tx, &own, id)).unwrap();
    assert!(matches!(desk.scratch.read(move |tx| written(tx, &other, id)), Err(Error::NotFound)));
}

/// What is left of the words by which it was decided of a note, once that is moved to another case, of a request that stands so.
fn words_left(status: SarStatus) -> Vec<(bool, bool)> {
    let desk = Desk::new();
    let Desk { scratch, jo, .. } = &desk;
    let person: NewPerson = serde_json::from_str(r#"{"kind":"parent_carer","fullName":"Nell Fenwick","pseudonymous":false}"#).unwrap();
    let leave = permit::<act::PersonCreate>(jo);
    let nell = scratch.write(move |tx| people::insert(tx, &leave, person.content, Vec::new(), now())).unwrap();
    let [wrong, right] = [(); 2].map(|()| scratch.bare_case(jo, false));
    scratch.subject(jo, wrong, nell);
    scratch.subject(jo, right, nell);
    let said: NoteContent = serde_json::from_value(serde_json::json!({"kind":"discussion","fromPersonId":nell,"aboutPersonIds":[nell],
        "informationCategories":["health"],"concern":"The lift is broken.","factOrOpinion":"fact","occurredAt":now(),
        "sensitivity":"ordinary","keepConfidential":false,"namesOthers":false}))
    .unwrap();
    let (id, written) = (desk.id, said.clone());
    let (add, decide) = (permit::<act::NoteAdd>(jo), permit::<act::SarDecide>(jo));
    let moved = scratch.write(move |tx| {
        let [moved, kept] = [written.clone(), written].map(|note| notes::insert(tx, &add, wrong, note, None, now()).unwrap());
        let of = |note: NoteId| SarItem {
            note_id: note,
            decision: SarItemDecision::Redact,
            exemption: None,
            reason: Some("It names a neighbour.".into()),
            redacted_text: Some("A lift is broken.".into()),
        };
        let right = Right { subject: nell, requester: nell, owner: nell };
        put(tx, &decide, (id, right), [(wrong, vec![of(moved), of(kept)])].into(), now())?;
        let stands = subject_access_request::table.find(id);
        diesel::update(stands).set(subject_access_request::status.eq(status)).execute(tx.conn)?;
        Ok(moved)
    });
    let (moved, relocate) = (moved.unwrap(), permit::<act::NoteRelocate>(jo));
    scratch.write(move |tx| notes::relocate(tx, &relocate, moved, right, &said, &"It is theirs.".into(), now())).unwrap();
    let parts = scratch.read(move |tx| parts::of(tx, id)).unwrap();
    let items = parts.into_iter().filter(|part| part.case_id == wrong).flat_map(|part| part.items);
    let mut left: Vec<_> = items.map(|item| (item.note_id == moved, item.reason.is_some() || item.redacted_text.is_some())).collect();
    left.sort_unstable();
    left
}

#[test]
fn what_was_decided_of_a_note_loses_its_words_with_the_note_unless_it_was_sent() {
    for status in [SarStatus::Running, SarStatus::Ready, SarStatus::Refused] {
        assert_eq!(words_left(status), [(false, true), (true, false)], "{status:?}");
    }
    assert_eq!(words_left(SarStatus::Sent), [(false, true), (true, true)], "it says what left");
}
