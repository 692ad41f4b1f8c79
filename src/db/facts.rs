//! The facts of a decision, read behind the guards of everybody they are about (R16).

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::error::{Error, Result};
use super::schema::participant;
use super::stored::{Day, Json};
use super::tx::Tx;
use super::{consents, guard, notes, people, recipients};
use crate::authz::{Act, Permit, act};
use crate::domain::disclosure::{
    Ask, AskRecipient, ConsentFact, Facts, Failing, FamilyFacts, Limits, NoteFact, ParticipantFact, PrFact, RefusalRule,
};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::participant::ParentalResponsibilityEntry;
use crate::domain::vocabulary::{Basis, ConsentStatus, ParticipantRole, Relation};

/// Takes the guards of every data subject, then reads the facts. Until the transaction ends nothing that could change the answer can be
/// written.
pub fn facts_for(tx: &mut Tx<'_>, permit: &Permit<act::DisclosureRecord>, case_id: CaseId, ask: &Ask, limits: Limits) -> Result<Facts> {
    let subjects = subjects(tx, permit, case_id, ask)?;
    // Those who get a copy, too: how they may be reached bears on the answer.
    let reached = ask.copies.iter().map(|copy| copy.person_id);
    guard::take(tx, subjects.iter().copied().chain(reached))?;
    read(tx, permit, case_id, ask, limits, &subjects)
}

/// The same facts for a question that has no effect: what is true now may not be true later.
pub fn facts_now(tx: &mut Tx<'_>, permit: &Permit<act::DisclosureCheck>, case_id: CaseId, ask: &Ask, limits: Limits) -> Result<Facts> {
    let subjects = subjects(tx, permit, case_id, ask)?;
    read(tx, permit, case_id, ask, limits, &subjects)
}

/// Whom the items are from and about.
fn subjects(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, ask: &Ask) -> Result<BTreeSet<PersonId>> {
    let items = notes::for_disclosure(tx, permit, case_id, &ask.note_ids)?;
    let of_notes = items.iter().flat_map(|item| item.about.iter().copied().chain(item.from));
    Ok(of_notes.chain(ask.subject_ids.iter().copied()).collect())
}

fn read(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    ask: &Ask,
    limits: Limits,
    subjects: &BTreeSet<PersonId>,
) -> Result<Facts> {
    let subjects: Vec<PersonId> = subjects.iter().copied().collect();
    let notes = notes::for_disclosure(tx, permit, case_id, &ask.note_ids)?
        .into_iter()
        .map(|note| NoteFact {
            id: note.id,
            from: note.from,
            about: note.about,
            categories: note.categories,
            keep_confidential: note.keep_confidential,
            wish_by: note.wish_by,
            names_others: note.names_others,
            onward_sharing: note.onward_sharing,
            superseded: note.superseded,
        })
        .collect();
    // Permissions have no say where somebody is at risk (C17): they are not even read, so that a damaged one holds nothing up.
    let consents = if ask.basis == Basis::Safeguarding { Vec::new() } else { consents(tx, permit, case_id, &subjects)? };
    let unsafe_contacts = unsafe_contacts(tx, ask)?;
    let involved: Vec<PersonId> = subjects.iter().copied().chain(consents.iter().map(|consent| consent.granter)).collect();
    let recipient = match &ask.recipient {
        AskRecipient::Body { recipient_id, .. } => Some(recipients::fact(tx, *recipient_id)?),
        AskRecipient::Person(_) | AskRecipient::Unregistered { .. } => None,
    };
    Ok(Facts {
        family: family(tx, case_id, &involved)?,
        notes,
        consents,
        recipient,
        unsafe_contacts,
        anonymity: None,
        sar_decided: false,
        resting_on: None,
        limits,
    })
}

/// Where a copy or the sending itself would reach somebody in a way that is not safe for them (C3, C9).
fn unsafe_contacts(tx: &mut Tx<'_>, ask: &Ask) -> Result<Vec<Failing>> {
    let mut found = Vec::new();
    for (i, copy) in ask.copies.iter().enumerate() {
        // What is unsafe on either side is unsafe.
        let sides = people::sides(tx, copy.person_id)?;
        let mut held = sides.iter().flat_map(|known| &known.contacts).filter(|held| held.id == copy.contact_id).peekable();
        let safe = held.peek().is_some() && held.all(|held| held.contact.safe);
        if !safe || sides.iter().any(|known| known.avoids(ask.channel)) {
            found.push(Failing::at(format!("#/copies/{i}/contactId"), RefusalRule::UnsafeContact));
        }
    }
    if let AskRecipient::Person(person) = &ask.recipient
        && people::sides(tx, *person)?.iter().any(|known| known.avoids(ask.channel))
    {
        found.push(Failing::at("#/channel", RefusalRule::UnsafeContact));
    }
    Ok(found)
}

type ParticipantRow = (CaseId, PersonId, ParticipantRole, Relation, Json<Vec<ParentalResponsibilityEntry>>, Option<Day>);

/// How these people stand to each other: the participants of this case, and of every case any of them takes part in.
pub fn family(tx: &mut Tx<'_>, case_id: CaseId, involved: &[PersonId]) -> Result<FamilyFacts> {
    let mut cases: Vec<CaseId> = participant::table
        .filter(participant::person_id.eq_any(involved.to_vec()))
        .select(participant::case_id)
        .distinct()
        .load(tx.conn)?;
    cases.push(case_id);
    let rows: Vec<ParticipantRow> = participant::table
        .filter(participant::case_id.eq_any(cases))
        .select((
            participant::case_id,
            participant::person_id,
            participant::role,
            participant::relation,
            participant::parental_responsibility,
            participant::ended_on,
        ))
        .load(tx.conn)?;
    let participants: Vec<ParticipantFact> = rows
        .into_iter()
        .map(|(case_id, person_id, role, relation, pr, ended_on)| ParticipantFact {
            case_id,
            person_id,
            role,
            relation,
            pr: pr
                .0
                .into_iter()
                .map(|entry| PrFact { child_id: entry.child_id, value: entry.value, from_on: entry.from_on, ended_on: entry.ended_on })
                .collect(),
            ended_on: ended_on.map(|day| day.0),
        })
        .collect();
    let here = participants.iter().filter(|row| row.case_id == case_id).map(|row| row.person_id);
    let ids: BTreeSet<PersonId> = involved.iter().copied().chain(here).collect();
    let people = ids.into_iter().map(|id| people::fact(tx, id)).collect::<Result<_>>()?;
    Ok(FamilyFacts { case_id, people, participants })
}

fn consents(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, subjects: &[PersonId]) -> Result<Vec<ConsentFact>> {
    let records = consents::about(tx, subjects)?;
    let cases: Vec<CaseId> = records.iter().map(|(row, _)| row.case_id).filter(|case| *case != case_id).collect();
    let visible = consents::visible_cases(tx, permit, &cases)?;
    records
        .into_iter()
        .map(|(row, content)| {
            Ok(ConsentFact {
                id: row.id,
                version: i64::from(row.version),
                case_id: row.case_id,
                visible: row.case_id == case_id || visible.contains(&row.case_id),
                granter: content.granter_id,
                subjects: content.subject_ids,
                decision: content.decision,
                recipients: content.recipients,
                purposes: content.purposes,
                directions: content.directions,
                categories: content.information_categories,
                note_ids: content.note_ids,
                conditions: content.conditions,
                decided_at: content.decided_at,
                starts_at: content.starts_at,
                expires_on: content.expires_on,
                status: row.ended.unwrap_or(ConsentStatus::Live),
                used: row.used_at.is_some(),
            })
        })
        .collect::<std::result::Result<Vec<_>, Error>>()
}
