//! Who may permit for whom on which day (R4 to R7, R17).
//!
//! Everything is computed for a civil day in London, from the facts as known now. A birthday alone never decides: a parent's authority ends with the
//! age-out day, and whether a child can decide is a recorded assessment.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::domain::disclosure::{CapacityFact, FamilyFacts, ParticipantFact, PersonFact, PrFact};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::time::{age_out_on, day_after, day_before};
use crate::domain::vocabulary::{CapacityOutcome, GranterRelation, ParentalResponsibility, ParticipantRole, PersonKind, Relation};

/// In which capacity somebody permits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The capacity.
    pub relation: GranterRelation,
    /// The last day of it, if that is known: the age-out day, or an earlier end of parental responsibility.
    pub ends_on: Option<NaiveDate>,
}

/// Who decides for somebody on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A child whose competence nobody has assessed: the holders of parental responsibility, each alone.
    ChildUnassessed,
    /// A child found competent: the child only.
    ChildCanDecide,
    /// A child found not competent: as if unassessed, but the child's own no is a wish.
    ChildCannotDecide,
    /// A young person or adult: alone.
    Grown,
    /// A young person or adult found without capacity for this: a representative.
    GrownCannotDecide,
}

/// Who decides for this person on this day. Somebody of whom nothing is known is treated as a child.
#[must_use]
pub fn standing(person: PersonId, on: NaiveDate, family: &FamilyFacts) -> Standing {
    let Some(person) = find(person, family) else {
        return Standing::ChildUnassessed;
    };
    let child = match person.date_of_birth {
        Some(born) => on <= age_out_on(born),
        None => matches!(person.kind, PersonKind::Child | PersonKind::YoungPerson),
    };
    match (child, competence(person, on)) {
        (true, None) => Standing::ChildUnassessed,
        (true, Some(CapacityOutcome::CanDecide)) => Standing::ChildCanDecide,
        (true, Some(CapacityOutcome::CannotDecide)) => Standing::ChildCannotDecide,
        (false, None | Some(CapacityOutcome::CanDecide)) => Standing::Grown,
        (false, Some(CapacityOutcome::CannotDecide)) => Standing::GrownCannotDecide,
    }
}

/// The authority of `granter` to permit for `subject` on this day; `to_council` is whether a council body would receive, for which the council as
/// corporate parent cannot permit. Only participants of the case have any.
#[must_use]
pub fn authority(granter: PersonId, subject: PersonId, on: NaiveDate, to_council: bool, family: &FamilyFacts) -> Option<Authority> {
    authority_in(family.case_id, granter, subject, on, to_council, family)
}

/// The same by the parts of another case that is among the facts.
#[must_use]
pub fn authority_in(
    case: CaseId,
    granter: PersonId,
    subject: PersonId,
    on: NaiveDate,
    to_council: bool,
    family: &FamilyFacts,
) -> Option<Authority> {
    authority_of(case, granter, subject, (on, on), to_council, family)
}

/// The same, by the parts that had begun by another day.
fn authority_of(
    case: CaseId,
    granter: PersonId,
    subject: PersonId,
    (on, begun): (NaiveDate, NaiveDate),
    to_council: bool,
    family: &FamilyFacts,
) -> Option<Authority> {
    if !lives(granter, on, family) {
        return None;
    }
    match standing(subject, on, family) {
        Standing::ChildCanDecide | Standing::Grown => {
            (granter == subject).then_some(Authority { relation: GranterRelation::OwnSelf, ends_on: None })
        }
        Standing::ChildUnassessed | Standing::ChildCannotDecide => {
            // Without a birth date no day of lapse can be computed, so there is no holder of parental responsibility.
            let age_out = age_out_on(find(subject, family)?.date_of_birth?);
            rows_of(case, granter, on, family)
                .filter(|row| has_begun(row, begun))
                .filter(|_| granter != subject)
                .filter_map(|row| holds_until(row, subject, on, age_out).map(|last| (row.relation, last)))
                .filter(|(relation, _)| !(to_council && *relation == Relation::LaAsCorporateParent))
                .map(|(relation, last)| Authority {
                    relation: match relation {
                        Relation::LaAsCorporateParent => GranterRelation::LaAsCorporateParent,
                        Relation::Guardian => GranterRelation::Guardian,
                        _ => GranterRelation::ParentWithPr,
                    },
                    ends_on: Some(last),
                })
                .max_by_key(|authority| (authority.ends_on, authority.relation))
        }
        Standing::GrownCannotDecide => {
            represents(granter, subject, on, begun, case, family).map(|relation| Authority { relation, ends_on: None })
        }
    }
}

/// Whether authority on the day a permission was expressed has lasted, in the same capacity, until today (R5).
///
/// It must have lasted without a break: what lapsed once, by age, by the end of parental responsibility, because the child was found competent or because
/// whoever had it died, does not come back with a later change (R18), nor when whoever had left the case takes part in it again.
#[must_use]
pub fn lasts(granter: PersonId, subject: PersonId, since: NaiveDate, today: NaiveDate, to_council: bool, family: &FamilyFacts) -> bool {
    authority(granter, subject, since, to_council, family).is_some()
        && lasts_until(granter, subject, since, to_council, family).is_none_or(|last| today <= last)
}

/// The last day until which authority on the day a permission was expressed lasts in the same capacity, by what is known now (R5); none, if no end of it is
/// known.
#[must_use]
pub fn lasts_until(granter: PersonId, subject: PersonId, since: NaiveDate, to_council: bool, family: &FamilyFacts) -> Option<NaiveDate> {
    let relation_on =
        |day| authority_of(family.case_id, granter, subject, (day, since), to_council, family).map(|authority| authority.relation);
    let then = relation_on(since);
    changes(subject, family).into_iter().filter(|day| since < *day).find(|day| relation_on(*day) != then).map(day_before)
}

/// Whether the no of this person counts against the permission of another for this subject (R7): a holder of parental responsibility, be it
/// disputed, restricted or unknown, or a representative, in any case of the service. The council as corporate parent blocks nothing, nor does somebody who
/// has died: their responsibility ended with them.
#[must_use]
pub fn may_object(person: PersonId, subject: PersonId, on: NaiveDate, family: &FamilyFacts) -> bool {
    if !lives(person, on, family) {
        return false;
    }
    let rows = || family.participants.iter().filter(|row| row.person_id == person && row.relation != Relation::LaAsCorporateParent);
    match standing(subject, on, family) {
        Standing::ChildCanDecide | Standing::Grown => false,
        Standing::ChildUnassessed | Standing::ChildCannotDecide => {
            let mut entries = rows().flat_map(|row| &row.pr).filter(|entry| entry.child_id == subject).peekable();
            if entries.peek().is_none() {
                // A parent of whom nothing is recorded for this child: unknown.
                return rows().any(|row| matches!(row.relation, Relation::Parent | Relation::Guardian));
            }
            entries.any(|entry| {
                covers(entry, on) && !matches!(entry.value, ParentalResponsibility::No | ParentalResponsibility::NotApplicable)
            })
        }
        Standing::GrownCannotDecide => rows().any(|row| represents(person, subject, on, on, row.case_id, family).is_some()),
    }
}

/// Whether this person may withdraw a permission (R17): the granter, a subject, or whoever has authority for a subject now.
#[must_use]
pub fn may_withdraw(person: PersonId, granter: PersonId, subjects: &[PersonId], today: NaiveDate, family: &FamilyFacts) -> bool {
    person == granter
        || subjects.contains(&person)
        || subjects.iter().any(|subject| authority(person, *subject, today, false, family).is_some())
}

/// Whether this person may take a refusal back: whoever refused, or a subject who decides alone by now. Anybody else would overrule the no of
/// another, and nobody may (R6, R7): a parent that of the other parent or of the child, a child that of a parent.
#[must_use]
pub fn may_take_back(person: PersonId, granter: PersonId, subjects: &[PersonId], today: NaiveDate, family: &FamilyFacts) -> bool {
    let decides = || matches!(standing(person, today, family), Standing::ChildCanDecide | Standing::Grown);
    person == granter || (subjects.contains(&person) && decides())
}

/// Whether this person takes part in the case in a professional role only, and so is no data subject.
#[must_use]
pub fn is_professional(person: PersonId, family: &FamilyFacts) -> bool {
    let mut rows = family.participants.iter().filter(|row| row.person_id == person && row.case_id == family.case_id).peekable();
    if rows.peek().is_some() {
        return rows.all(|row| row.role == ParticipantRole::Professional);
    }
    find(person, family).is_some_and(|person| person.kind == PersonKind::Professional)
}

fn find(person: PersonId, family: &FamilyFacts) -> Option<&PersonFact> {
    family.people.iter().find(|fact| fact.id == person)
}

/// The competence record in force: the newest on or before the day, of one day the later recorded. One made on or before the age-out day lapses with it.
fn competence(person: &PersonFact, on: NaiveDate) -> Option<CapacityOutcome> {
    let age_out = person.date_of_birth.map(age_out_on);
    let lapsed = |record: &CapacityFact| age_out.is_some_and(|end| record.assessed_on <= end && on > end);
    let in_force = person.capacity.iter().filter(|record| record.assessed_on <= on && !lapsed(record));
    in_force.max_by_key(|record| (record.assessed_on, record.recorded_at, record.outcome)).map(|record| record.outcome)
}

/// Whether somebody was alive on the day, as far as is known; the day on which they died is the first without them.
fn lives(person: PersonId, on: NaiveDate, family: &FamilyFacts) -> bool {
    find(person, family).and_then(|person| person.died_on).is_none_or(|died| on < died)
}

fn rows_of(case: CaseId, person: PersonId, on: NaiveDate, family: &FamilyFacts) -> impl Iterator<Item = &ParticipantFact> {
    family.participants.iter().filter(move |row| row.case_id == case && row.person_id == person && takes_part(row, on))
}

/// Whether the person is still a participant on the day.
#[must_use]
pub fn takes_part(row: &ParticipantFact, on: NaiveDate) -> bool {
    row.ended_on.is_none_or(|end| on < end)
}

/// Whether this part in the case had begun by the day.
fn has_begun(row: &ParticipantFact, by: NaiveDate) -> bool {
    row.began_on.is_none_or(|began| began <= by)
}

/// Whether what is told of parental responsibility holds on the day.
pub(super) fn covers(entry: &PrFact, on: NaiveDate) -> bool {
    entry.from_on.is_none_or(|from| from <= on) && entry.ended_on.is_none_or(|end| on < end)
}

/// The last day on which this row holds parental responsibility for the child, at most `age_out`; nothing if it does not hold it on this day.
fn holds_until(row: &ParticipantFact, child: PersonId, on: NaiveDate, age_out: NaiveDate) -> Option<NaiveDate> {
    let entries: Vec<_> = row.pr.iter().filter(|entry| entry.child_id == child && covers(entry, on)).collect();
    let held = !entries.is_empty() && entries.iter().all(|entry| entry.value == ParentalResponsibility::Yes);
    held.then(|| entries.iter().filter_map(|entry| entry.ended_on).map(day_before).fold(age_out, NaiveDate::min))
}

/// In which capacity this person represents the subject of a case who cannot decide: deputy or attorney, or, where there is neither, a parent
/// (SEND Regulations 2014 reg. 64). A relation is to the subject of the case, so nobody else is represented.
fn represents(
    person: PersonId,
    subject: PersonId,
    on: NaiveDate,
    begun: NaiveDate,
    case: CaseId,
    family: &FamilyFacts,
) -> Option<GranterRelation> {
    let rows = || family.participants.iter().filter(|row| row.case_id == case);
    let subject_here = rows().any(|row| row.person_id == subject && row.role == ParticipantRole::Subject);
    if !subject_here || person == subject {
        return None;
    }
    let appointed = |row: &ParticipantFact| match row.relation {
        Relation::Deputy => Some(GranterRelation::Deputy),
        Relation::Attorney => Some(GranterRelation::Attorney),
        _ => None,
    };
    let there = |row: &&ParticipantFact| takes_part(row, on) && has_begun(row, on) && lives(row.person_id, on, family);
    let others: Vec<_> = rows().filter(|row| row.person_id != subject).filter(there).collect();
    let mine = || others.iter().filter(|row| row.person_id == person && has_begun(row, begun));
    if others.iter().any(|row| appointed(row).is_some()) {
        return mine().filter_map(|row| appointed(row)).min();
    }
    mine()
        .any(|row| matches!(row.relation, Relation::Parent | Relation::RepresentativeReg64))
        .then_some(GranterRelation::RepresentativeReg64)
}

/// The days on which authority for this subject may change.
fn changes(subject: PersonId, family: &FamilyFacts) -> BTreeSet<NaiveDate> {
    let person = find(subject, family);
    let grown = person.and_then(|person| person.date_of_birth).map(|born| day_after(age_out_on(born)));
    let assessed = person.into_iter().flat_map(|person| &person.capacity).map(|record| record.assessed_on);
    let rows = || family.participants.iter().filter(|row| row.case_id == family.case_id);
    let parts = rows().flat_map(|row| [row.began_on, row.ended_on]).flatten();
    let died = family.people.iter().filter_map(|person| person.died_on);
    let responsibility = rows().flat_map(|row| &row.pr).filter(|entry| entry.child_id == subject);
    grown
        .into_iter()
        .chain(assessed)
        .chain(parts)
        .chain(died)
        .chain(responsibility.flat_map(|entry| [entry.from_on, entry.ended_on]).flatten())
        .collect()
}
