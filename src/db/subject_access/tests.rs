//! A request in a real database: a step is taken of what was seen, and none once it ended.

use super::*;
use crate::authz::Caller;
use crate::db::testing::{Scratch, now, permit};
use crate::db::{Error, people};
use crate::domain::person::NewPerson;

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
