//! What the keeping of a case goes by (C16).

use std::collections::BTreeSet;

use diesel::dsl::max;
use diesel::prelude::*;

use super::{Row, is_subject};
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::people as persons;
use crate::db::schema::note;
use crate::db::tx::Tx;
use crate::domain::case::{RetentionFacts, SubjectFact};
use crate::domain::ids::PersonId;
use crate::domain::participant::Participant;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ParticipantRole, PersonKind, Sensitivity};

/// The facts of a case with these participants.
pub(super) fn facts(tx: &mut Tx<'_>, row: &Row, participants: &[Participant]) -> Result<RetentionFacts> {
    let people: BTreeSet<PersonId> = participants.iter().map(|part| part.person_id).collect();
    let known = persons::known_in(tx, &people, row.id)?;
    // Not of restricted notes, or the date would tell of them; nor of the markers of those that were never of this case.
    let last_note: Option<Timestamp> = note::table
        .filter(note::case_id.eq(row.id))
        .filter(note::sensitivity.ne(Sensitivity::Restricted))
        .filter(note::sealed.is_not_null())
        .select(max(note::occurred_at))
        .get_result(tx.conn)?;
    let counted = Counted::among(tx, participants.iter().map(|part| part.person_id))?;
    let served_by_others = |person: PersonId| {
        let serves = |part: &&Participant| part.update.content.role == ParticipantRole::ServiceUser;
        participants.iter().filter(serves).any(|part| !counted.same(part.person_id, person))
    };
    let subjects = participants.iter().filter_map(|part| {
        let content = &part.update.content;
        let person = &known.get(&part.person_id)?.content;
        let is_young = !matches!(person.kind, PersonKind::ParentCarer | PersonKind::Professional);
        (is_young && is_subject(content.role, content.relation)).then_some(SubjectFact {
            kind: person.kind,
            date_of_birth: person.date_of_birth,
            looked_after: person.ever_looked_after == Some(true),
            own_case: content.served_separately || !served_by_others(part.person_id),
        })
    });
    Ok(RetentionFacts {
        level: row.intervention_level,
        provision: row.sen_provision,
        opened_on: row.opened_at.day(),
        closed_on: row.closed_at.map(Timestamp::day),
        // A note of what was long ago takes nothing away.
        last_contact_on: last_note.map_or(row.opened_at, |last| last.max(row.opened_at)).day(),
        subjects: subjects.collect(),
        identified: known.values().any(|known| !known.content.pseudonymous && known.content.kind != PersonKind::Anonymous),
    })
}
