//! By which ids people are told of and recorded (C2): those under which they were named. It is decided about them as whom they count, which may be by a
//! record of which whoever asks knows nothing, and may be reversed.

use std::collections::BTreeSet;

use super::Request;
use crate::db::counted::Counted;
use crate::db::legal_extracts::Resting;
use crate::db::notes::HeldNote;
use crate::domain::disclosure::{AsNamed, CheckObjection, Conflict, Heard, Refusal, ReliedOn};
use crate::domain::ids::PersonId;
use crate::policy::disclosure::Grant;

impl Request {
    /// Whom the notes are from and about, and what goes beyond them; sorted.
    pub(super) fn named(&self) -> Vec<PersonId> {
        let named: BTreeSet<PersonId> = self.notes.iter().flat_map(HeldNote::people).chain(self.ask.subject_ids.iter().copied()).collect();
        named.into_iter().collect()
    }

    /// Those of them who count as these.
    fn by_name(&self, ones: &[PersonId], counted: &Counted) -> Vec<PersonId> {
        self.named().into_iter().filter(|person| ones.contains(&counted.one(*person))).collect()
    }

    /// Those of them whom the grant counts as data subjects.
    pub(super) fn subjects_of(&self, grant: &Grant, counted: &Counted) -> Vec<PersonId> {
        self.by_name(grant.subject_ids(), counted)
    }

    /// The permissions on which the grant rests, each with those of them whom it serves.
    pub(super) fn relied_on(&self, grant: &Grant, counted: &Counted) -> Vec<ReliedOn> {
        let by_name = |relied: &ReliedOn| ReliedOn { subject_ids: self.by_name(&relied.subject_ids, counted), ..relied.clone() };
        grant.consents().iter().map(by_name).collect()
    }

    /// The refusals that do not stand in its way, each with those of them whom it is about.
    pub(super) fn heard(&self, grant: &Grant, counted: &Counted) -> Vec<CheckObjection> {
        let by_name = |heard: &Heard| Heard { subject_ids: self.by_name(&heard.subject_ids, counted), ..heard.clone() };
        grant.heard().iter().map(by_name).map(CheckObjection::from).collect()
    }

    /// What a draft of it rests on.
    pub(in crate::app) fn resting(&self, grant: &Grant, counted: &Counted) -> Resting {
        Resting { consents: self.relied_on(grant, counted), subject_ids: self.subjects_of(grant, counted) }
    }

    /// The refusal, which tells of those of them whom it concerns.
    pub(super) fn told_by_name(&self, refusal: Refusal, counted: &Counted) -> Refusal {
        let failings = refusal.failings.into_iter().map(|mut failing| {
            failing.subject_ids = self.by_name(&failing.subject_ids, counted);
            failing
        });
        let by_name = |conflict: Conflict| {
            let about = self.by_name(&[conflict.about], counted).into_iter();
            about.map(move |about| Conflict { about, ..conflict.clone() })
        };
        Refusal { failings: failings.collect(), conflicts: refusal.conflicts.into_iter().flat_map(by_name).collect(), ..refusal }
    }

    /// Whom its entry names, and as whom they count.
    pub(super) fn as_named(&self, counted: &Counted) -> AsNamed {
        let one = |person: PersonId| (person, counted.one(person));
        AsNamed {
            subjects: self.named().into_iter().map(one).collect(),
            copies: self.ask.copies.iter().map(|copy| one(copy.person_id)).collect(),
        }
    }
}
