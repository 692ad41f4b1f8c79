//! Notes in a real database: sealed, append-only, and seen by those who may.

use super::*;
use crate::authz::Caller;
use crate::db::testing::{Scratch, first, holds, now, permit};
use crate::db::{Error, people};
use crate::domain::person::NewPerson;
use crate::domain::vocabulary::AccessReason;

struct Desk {
    scratch: Scratch,
    /// To whom the case is assigned.
    jo: Caller,
    case: CaseId,
    ana: PersonId,
}

impl Desk {
    fn new(restricted_case: bool) -> Self {
        let scratch = Scratch::new();
        let jo = scratch.adviser("Jo Ashdown");
        let new: NewPerson = serde_json::from_str(r#"{"kind":"child","fullName":"Ana Thornbeck","pseudonymous":false}"#).unwrap();
        let leave = permit::<act::PersonCreate>(&jo);
        let ana = scratch.write(move |tx| people::insert(tx, &leave, new.content, Vec::new(), now())).unwrap();
        let case = scratch.bare_case(&jo, restricted_case);
        scratch.subject(&jo, case, ana);
        Self { scratch, jo, case, ana }
    }

    fn content(&self, concern: &str, sensitivity: Sensitivity) -> NoteContent {
        serde_json::from_value(serde_json::json!({
            "kind": "discussion", "fromPersonId": self.ana, "aboutPersonIds": [self.ana], "informationCategories": ["concerns_raised"],
            "concern": concern, "actionTaken": "Rang the family back.", "factOrOpinion": "fact", "occurredAt": now(),
            "sensitivity": sensitivity, "keepConfidential": false, "namesOthers": false
        }))
        .unwrap()
    }

    fn write(&self, concern: &str, sensitivity: Sensitivity) -> NoteId {
        let (case, content, leave) = (self.case, self.content(concern, sensitivity), permit::<act::NoteAdd>(&self.jo));
        self.scratch.write(move |tx| insert(tx, &leave, case, content, None, now())).unwrap()
    }

    fn correct(&self, of: NoteId) -> Result<NoteId> {
        let (case, content, leave) = (self.case, self.content("Said anew.", Sensitivity::Ordinary), permit::<act::NoteCorrect>(&self.jo));
        let correction = Correction { of, reason: "Misheard.".into() };
        self.scratch.write(move |tx| insert(tx, &leave, case, content, Some(correction), now()))
    }

    /// What each finder says of a note: whether it is read, listed and counted, disclosed, known.
    fn seen(&self, by: &Caller, id: NoteId) -> [std::result::Result<bool, &'static str>; 4] {
        let case = self.case;
        let found = |result: Result<bool>| match result {
            Err(Error::NotFound) => Ok(false),
            Err(Error::AccessReasonRequired) => Err("reason"),
            other => Ok(other.unwrap()),
        };
        let (read, listing, check) = (permit::<act::NoteRead>(by), permit::<act::NoteList>(by), permit::<act::DisclosureCheck>(by));
        let same = permit::<act::DisclosureCheck>(by);
        [
            self.scratch.read(move |tx| find(tx, &read, id).map(|note| note.id == id)),
            self.scratch.read(move |tx| {
                let page = list(tx, &listing, case, &NoteFilter::default(), &PageRequest { include_total: true, ..first(10) })?;
                assert_eq!(page.total, Some(page.items.len() as u64));
                Ok(page.items.iter().any(|note| note.id == id))
            }),
            self.scratch.read(move |tx| for_disclosure(tx, &check, case, &[id]).map(|notes| notes.len() == 1)),
            self.scratch.read(move |tx| known(tx, &same, case, &[id]).map(|known| known.contains(&id))),
        ]
        .map(found)
    }
}

#[test]
fn what_a_note_says_does_not_stand_in_the_files() {
    let desk = Desk::new(false);
    let id = desk.write("Is afraid of the corridor.", Sensitivity::Ordinary);
    desk.correct(id).unwrap();
    let bytes = desk.scratch.bytes();
    assert!(holds(&bytes, "concerns_raised"));
    for text in ["afraid of the corridor", "Rang the family", "Misheard"] {
        assert!(!holds(&bytes, text), "{text}");
    }
}

#[test]
fn a_restricted_note_is_there_for_the_assigned_worker_and_for_a_manager_with_a_reason_and_for_nobody_else() {
    let desk = Desk::new(false);
    let (ordinary, restricted) = (desk.write("A", Sensitivity::Ordinary), desk.write("Distrusts the officer.", Sensitivity::Restricted));
    let kit = desk.scratch.adviser("Kit Fenwick");
    let bare = desk.scratch.manager("Lou Marsh", None);
    let with_reason = Caller { access_reason: Some(AccessReason::Complaint), ..bare.clone() };
    for (caller, expected) in [
        (&desk.jo, [Ok(true); 4]),
        (&kit, [Ok(false); 4]),
        (&bare, [Err("reason"), Ok(false), Err("reason"), Ok(false)]),
        (&with_reason, [Ok(true); 4]),
    ] {
        assert_eq!(desk.seen(caller, ordinary), [Ok(true); 4], "{}", caller.display_name);
        assert_eq!(desk.seen(caller, restricted), expected, "{}", caller.display_name);
    }
}

#[test]
fn an_ordinary_note_of_a_restricted_case_is_there_for_named_staff_and_for_a_manager_with_a_reason() {
    let desk = Desk::new(true);
    let id = desk.write("A", Sensitivity::Ordinary);
    let bare = desk.scratch.manager("Lou Marsh", None);
    let with_reason = Caller { access_reason: Some(AccessReason::Complaint), ..bare.clone() };
    assert_eq!(desk.seen(&desk.jo, id), [Ok(true); 4]);
    assert_eq!(desk.seen(&desk.scratch.adviser("Kit Fenwick"), id), [Ok(false); 4]);
    assert_eq!(desk.seen(&bare, id), [Err("reason"), Ok(false), Err("reason"), Ok(false)]);
    assert_eq!(desk.seen(&with_reason, id), [Ok(true); 4]);
}

#[test]
fn notes_are_disclosed_in_the_order_asked_and_only_from_their_own_case() {
    let desk = Desk::new(false);
    let (a, b) = (desk.write("A", Sensitivity::Ordinary), desk.write("B", Sensitivity::Ordinary));
    let elsewhere = desk.scratch.bare_case(&desk.jo, false);
    desk.correct(a).unwrap();
    let ask = |case: CaseId, notes: Vec<NoteId>| {
        let leave = permit::<act::DisclosureCheck>(&desk.jo);
        desk.scratch.read(move |tx| {
            let held = for_disclosure(tx, &leave, case, &notes)?;
            let facts = facts(tx, &held)?;
            Ok(held.into_iter().zip(facts).map(|(note, fact)| (fact.id, fact.superseded, note.content())).collect::<Vec<_>>())
        })
    };
    let told = ask(desk.case, vec![b, a, b]).unwrap();
    let content = |concern: &str| format!("{concern}\nRang the family back.");
    assert_eq!(told, [(b, false, content("B")), (a, true, content("A")), (b, false, content("B"))]);
    assert!(matches!(ask(elsewhere, vec![a]), Err(Error::NotFound)));
    assert!(matches!(ask(desk.case, vec![a, NoteId::mint()]), Err(Error::NotFound)));
}

#[test]
fn what_outsiders_told_is_passed_on_only_if_it_is_recorded_that_they_agreed() {
    let desk = Desk::new(false);
    let body: uuid::Uuid = uuid::Uuid::now_v7();
    let from =
        |agreed| Some(Provenance { recipient_id: crate::domain::ids::RecipientId(body), received_on: now().day(), onward_sharing: agreed });
    for (kind, provenance, onward) in [
        (NoteKind::Discussion, None, true),
        (NoteKind::InformationReceived, None, false),
        (NoteKind::InformationReceived, from(false), false),
        (NoteKind::InformationReceived, from(true), true),
        (NoteKind::Discussion, from(false), false),
    ] {
        let content = NoteContent { kind, provenance, ..desk.content("A", Sensitivity::Ordinary) };
        let (case, write, ask) = (desk.case, permit::<act::NoteAdd>(&desk.jo), permit::<act::DisclosureCheck>(&desk.jo));
        let id = desk.scratch.write(move |tx| insert(tx, &write, case, content, None, now())).unwrap();
        let facts = desk.scratch.read(move |tx| {
            let held = for_disclosure(tx, &ask, case, &[id])?;
            facts(tx, &held)
        });
        assert_eq!(facts.unwrap()[0].onward_sharing, onward, "{kind:?}");
    }
}

#[test]
fn a_note_cannot_be_changed_removed_or_replaced() {
    let desk = Desk::new(false);
    let id = desk.write("A", Sensitivity::Ordinary);
    let other = desk.correct(id).unwrap();
    let refused = |change: fn(&mut Tx<'_>, NoteId, NoteId) -> QueryResult<usize>| {
        let done = desk.scratch.write(move |tx| Ok(change(tx, id, other)?));
        // On PostgreSQL the role of the service has no right to try.
        let words =
            |error: &diesel::result::Error| ["append-only", "permission denied"].iter().any(|words| error.to_string().contains(words));
        assert!(matches!(&done, Err(Error::Other(error)) if words(error)), "{done:?}");
    };
    refused(|tx, id, _| diesel::update(note::table.find(id)).set(note::sensitivity.eq(Sensitivity::Ordinary)).execute(tx.conn));
    refused(|tx, id, _| diesel::delete(note::table.find(id)).execute(tx.conn));
    assert_eq!(desk.seen(&desk.jo, id), [Ok(true); 4]);
}

#[test]
fn a_note_has_one_correction() {
    let desk = Desk::new(false);
    let id = desk.write("A", Sensitivity::Ordinary);
    desk.correct(id).unwrap();
    assert!(desk.correct(id).is_err());
}

#[test]
fn a_list_is_cut_into_pages_and_filtered_by_kind_and_by_when_it_took_place() {
    let desk = Desk::new(false);
    let mut written: Vec<NoteId> = (0..3).map(|_| desk.write("A", Sensitivity::Ordinary)).collect();
    written.reverse();
    let (case, ids) = (desk.case, |page: Page<NoteSummary>| page.items.into_iter().map(|note| note.id).collect::<Vec<_>>());
    let look = |filter: NoteFilter, page: PageRequest| {
        let leave = permit::<act::NoteList>(&desk.jo);
        desk.scratch.read(move |tx| list(tx, &leave, case, &filter, &page)).unwrap()
    };
    let start = look(NoteFilter::default(), first(2));
    let rest = look(NoteFilter::default(), PageRequest { after: start.next, ..first(2) });
    assert!(rest.next.is_none());
    assert_eq!([ids(start), ids(rest)].concat(), written);
    for (filter, hits) in [
        (NoteFilter { kind: vec![NoteKind::Discussion], ..NoteFilter::default() }, 3),
        (NoteFilter { kind: vec![NoteKind::Liaison], ..NoteFilter::default() }, 0),
        (NoteFilter { from: Some(now()), ..NoteFilter::default() }, 3),
        (NoteFilter { to: Some(now()), ..NoteFilter::default() }, 0),
    ] {
        assert_eq!(look(filter, first(10)).items.len(), hits);
    }
}

#[test]
fn writing_takes_the_guards_of_those_the_note_is_from_and_about() {
    use crate::db::schema::decision_guard;
    let desk = Desk::new(false);
    let ana = desk.ana;
    let version =
        || desk.scratch.read(move |tx| Ok(decision_guard::table.find(ana).select(decision_guard::version).first::<i32>(tx.conn)?));
    let before = version().unwrap();
    let id = desk.write("A", Sensitivity::Ordinary);
    assert_eq!(version().unwrap(), before + 1);
    // A correction that is about nobody any more still touches those its forerunner was about.
    let content = NoteContent { from_person_id: None, about_person_ids: Vec::new(), ..desk.content("B", Sensitivity::Ordinary) };
    let (case, leave) = (desk.case, permit::<act::NoteCorrect>(&desk.jo));
    let correction = Correction { of: id, reason: "Another family.".into() };
    desk.scratch.write(move |tx| insert(tx, &leave, case, content, Some(correction), now())).unwrap();
    assert_eq!(version().unwrap(), before + 2);
}
