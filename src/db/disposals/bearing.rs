//! What of cases that are to go bears on people who stand in others, too.

use std::collections::BTreeSet;

use diesel::prelude::*;

use crate::authz::{Permit, act};
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::schema::participant;
use crate::db::tx::Tx;
use crate::db::{capacity, facts, participants, people};
use crate::domain::disclosure::FamilyFacts;
use crate::domain::disposal::Bearing;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::vocabulary::DecisionKind;

/// What of these cases bears on others; nothing, if nobody in them stands in another. The caller has taken the guards of their people (R16).
pub fn bearing(tx: &mut Tx<'_>, permit: &Permit<act::DisposalApprove>, cases: &[CaseId]) -> Result<Bearing> {
    let here = participant::table.filter(participant::case_id.eq_any(cases.to_vec())).select(participant::person_id).distinct();
    let here: Vec<PersonId> = here.load(tx.conn)?;
    let everybody = Counted::among(tx, here)?.everybody();
    let elsewhere: Vec<(PersonId, CaseId)> = participant::table
        .filter(participant::person_id.eq_any(everybody))
        .filter(participant::case_id.ne_all(cases.to_vec()))
        .select((participant::person_id, participant::case_id))
        .load(tx.conn)?;
    if elsewhere.is_empty() {
        return Ok(Bearing::default());
    }
    let staying: Vec<PersonId> = Counted::among(tx, elsewhere.iter().map(|(person, _)| *person))?.everybody().into_iter().collect();
    let consents = facts::consents_about(tx, permit, &staying)?;
    let involved = staying.iter().copied().chain(consents.iter().map(|record| record.granter));
    let involved: BTreeSet<PersonId> = Counted::among(tx, involved)?.everybody();
    let (people, _) = people::facts::all(tx, permit.scope(), &involved)?;
    let mut assessed = capacity::facts(tx, &involved, DecisionKind::ShareInformation)?;
    let mut left = people.clone();
    for person in &mut left {
        let all = assessed.remove(&person.id).unwrap_or_default().into_iter();
        person.capacity = all.filter(|(case, _)| case.is_none_or(|case| !cases.contains(&case))).map(|(_, fact)| fact).collect();
    }
    let of_them = participants::cases_of(tx, &involved.into_iter().collect::<Vec<_>>())?;
    let participants = facts::participants_of(tx, of_them)?;
    let family = |people| FamilyFacts { people, participants: participants.clone(), ..FamilyFacts::default() };
    let (((family, left), consents), counted) = Counted::counting(tx, ((family(people), family(left)), consents))?;
    Ok(Bearing {
        going: cases.iter().copied().collect(),
        elsewhere: elsewhere.into_iter().map(|(person, case)| (counted.one(person), case)).collect(),
        family,
        left,
        consents,
    })
}
