//! The facts of a decision, read behind the guards of everybody they are about (R16).

mod asking;

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::counted::Counted;
use super::error::{Error, Result};
use super::notes::{self, HeldNote};
use super::people::{self, Records};
use super::schema::participant;
use super::stored::{Day, Json};
use super::tx::Tx;
use super::{consents, disclosures, guard, participants, recipients, scope};
use crate::authz::{Act, Permit, act};
use crate::domain::disclosure::{
    Ask, AskRecipient, ConsentFact, Facts, Failing, FamilyFacts, Limits, ParticipantFact, PrFact, RefusalRule, SarFacts, WithheldFact,
};
use crate::domain::ids::{CaseId, ContactId, PersonId};
use crate::domain::participant::ParentalResponsibilityEntry;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, Channel, ConsentStatus, ParticipantRole, Relation};

pub use asking::of_asking;

/// What is judged, with everybody as whom they count (C2), and as whom that is.
pub struct Judged {
    /// What is asked.
    pub ask: Ask,
    /// The facts of it.
    pub facts: Facts,
    /// As whom those count whom the two name.
    pub counted: Counted,
}

/// Takes the guards of everybody the answer rests on, then reads the facts. Until the transaction ends nothing that could change the answer can
/// be written. `notes` are those asked for.
pub fn facts_for(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    ask: &Ask,
    notes: &[HeldNote],
    limits: Limits,
) -> Result<Judged> {
    let subjects = subjects(ask, notes);
    // Nothing that is said or known of anybody bears on a risk, so it waits for nobody (C17).
    if ask.basis == Basis::Safeguarding {
        return read(tx, permit, case_id, ask, notes, &subjects, limits);
    }
    // Whoever receives it or a copy: how they may be reached bears on the answer. So does how those stand to the family who said yes or no.
    let whom = if let AskRecipient::Person(person) = &ask.recipient { Some(*person) } else { None };
    let reached = ask.copies.iter().map(|copy| copy.person_id).chain(whom);
    let mut guarded: BTreeSet<PersonId> = subjects.iter().copied().chain(reached).chain(spoke(tx, ask, &subjects)?).collect();
    if ask.basis == Basis::Anonymised {
        // Nobody is named, and everybody of the case is looked for in the text.
        guarded.extend(participants::people(tx, permit, case_id)?);
    }
    guard::take(tx, guarded.iter().copied())?;
    // Somebody who never spoke before may have done so meanwhile; then it may be tried again.
    if spoke(tx, ask, &subjects)?.is_subset(&guarded) {
        read(tx, permit, case_id, ask, notes, &subjects, limits)
    } else {
        Err(Error::Conflict)
    }
}

/// Whoever said yes or no about these people, where that counts.
fn spoke(tx: &mut Tx<'_>, ask: &Ask, subjects: &BTreeSet<PersonId>) -> Result<BTreeSet<PersonId>> {
    if ask.basis == Basis::Permission { consents::granters(tx, subjects) } else { Ok(BTreeSet::new()) }
}

/// The same facts for a question that has no effect: what is true now may not be true later.
pub fn facts_now(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureCheck>,
    case_id: CaseId,
    ask: &Ask,
    notes: &[HeldNote],
    limits: Limits,
) -> Result<Judged> {
    read(tx, permit, case_id, ask, notes, &subjects(ask, notes), limits)
}

/// The facts of a draft that is looked at again, whoever asks and whatever they may see: only whether it would be refused is made of them. Nobody
/// is guarded besides those whom the caller guards already: it is decided with all guards before it is sent.
pub fn facts_of_draft(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, ask: &Ask, limits: Limits) -> Result<Judged> {
    let notes = notes::of_draft(tx, case_id, &ask.note_ids)?;
    read(tx, permit, case_id, ask, &notes, &subjects(ask, &notes), limits)
}

/// The facts as those know them who see this case and none that not everybody sees, whoever asks.
pub fn as_seen_by_all(tx: &mut Tx<'_>, permit: &Permit<impl Act>, facts: &Facts) -> Result<Facts> {
    let involved: Vec<PersonId> = facts.family.people.iter().map(|person| person.id).collect();
    let mut family = family(tx, facts.family.case_id, &involved)?;
    let closed = participants::closed_cases_of(tx, permit, involved)?;
    family.participants.retain(|row| row.case_id == family.case_id || !closed.contains(&row.case_id));
    let (family, _) = Counted::counting(tx, family)?;
    Ok(Facts { family, ..facts.clone() })
}

/// Whom the items are from and about.
fn subjects(ask: &Ask, notes: &[HeldNote]) -> BTreeSet<PersonId> {
    notes.iter().flat_map(HeldNote::people).chain(ask.subject_ids.iter().copied()).collect()
}

fn read(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case_id: CaseId,
    ask: &Ask,
    notes: &[HeldNote],
    subjects: &BTreeSet<PersonId>,
    limits: Limits,
) -> Result<Judged> {
    let subjects: Vec<PersonId> = Counted::among(tx, subjects.iter().copied())?.everybody().into_iter().collect();
    // Each ground is asked for what it rests on, so that nothing else can hold it up. Where somebody is at risk neither permissions have a say, nor
    // what is known of people and of how they are reached (C17).
    let consents = if ask.basis == Basis::Permission { consents(tx, permit, Some(case_id), &subjects)? } else { Vec::new() };
    let unsafe_contacts = if ask.basis == Basis::Safeguarding { Vec::new() } else { unsafe_contacts(tx, permit, ask)? };
    let withheld = if ask.basis == Basis::Permission { withheld(tx, case_id, ask, notes)? } else { Vec::new() };
    let involved: Vec<PersonId> = subjects.iter().copied().chain(consents.iter().map(|consent| consent.granter)).collect();
    let participants = if ask.basis == Basis::Safeguarding { professionals(tx, case_id)? } else { participants(tx, case_id, &involved)? };
    let mut family = FamilyFacts { case_id, participants, ..FamilyFacts::default() };
    if ask.basis == Basis::Permission {
        people_of(tx, permit, &mut family, &involved)?;
        family.hidden = hidden(tx, permit, &family)?;
    }
    let recipient = match &ask.recipient {
        AskRecipient::Body { recipient_id, .. } => Some(recipients::fact(tx, *recipient_id)?),
        AskRecipient::Person(_) | AskRecipient::Unregistered { .. } => None,
    };
    let facts = Facts {
        family,
        notes: notes::facts(tx, notes)?,
        consents,
        recipient,
        unsafe_contacts,
        withheld,
        anonymity: None,
        sar: SarFacts::default(),
        conflicted_decider: false,
        resting_on: None,
        limits,
    };
    let ((ask, facts), counted) = Counted::counting(tx, (ask.clone(), facts))?;
    Ok(Judged { ask, facts, counted })
}

/// Which of these notes are kept from those who would receive them or a copy, each with the last day of that, in whatever version they were passed on.
fn withheld(tx: &mut Tx<'_>, case_id: CaseId, ask: &Ask, held: &[HeldNote]) -> Result<Vec<WithheldFact>> {
    let whom = if let AskRecipient::Person(person) = &ask.recipient { Some(*person) } else { None };
    let receivers: BTreeSet<PersonId> = ask.copies.iter().map(|copy| copy.person_id).chain(whom).collect();
    let counted = Counted::among(tx, receivers.iter().copied())?;
    let everybody = counted.everybody();
    let ones = |receiver: &PersonId| everybody.iter().copied().filter(|one| counted.same(*one, *receiver)).collect::<BTreeSet<_>>();
    let each: Vec<_> = receivers.iter().map(ones).collect();
    let withheld = disclosures::withheld(tx, &[case_id].into(), &each, NaiveDate::MIN)?;
    let mut found = Vec::new();
    for (from_id, withheld) in receivers.into_iter().zip(withheld) {
        let last = |note: &HeldNote| Some(WithheldFact { note_id: note.id(), from_id, until_on: *withheld.get(&note.first_id())? });
        found.extend(held.iter().filter_map(last));
    }
    Ok(found)
}

/// Where a copy or the sending itself would reach somebody in a way that is not safe for them (C3, C9).
fn unsafe_contacts(tx: &mut Tx<'_>, permit: &Permit<impl Act>, ask: &Ask) -> Result<Vec<Failing>> {
    let whom = if let AskRecipient::Person(person) = &ask.recipient { Some(*person) } else { None };
    let records = Records::open(tx, ask.copies.iter().map(|copy| copy.person_id).chain(whom))?;
    let mut found = Vec::new();
    for (i, copy) in ask.copies.iter().enumerate() {
        if !people::is_safe(records.of(copy.person_id), copy.contact_id, ask.channel) {
            found.push(Failing::at(format!("#/copies/{i}/contactId"), RefusalRule::UnsafeContact));
        }
    }
    if let Some(person) = whom
        && !people::safe_by(tx, permit.scope(), records.of(person), ask.channel)?
    {
        found.push(Failing::at("#/channel", RefusalRule::UnsafeContact));
    }
    Ok(found)
}

/// Whether something can be sent to this contact of somebody this way without harm. What is unsafe on any side is unsafe.
pub fn is_safe(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, person: PersonId, contact: ContactId, channel: Channel) -> Result<bool> {
    Ok(people::is_safe(Records::open(tx, [person])?.of(person), contact, channel))
}

type ParticipantRow = (CaseId, PersonId, ParticipantRole, Relation, Json<Vec<ParentalResponsibilityEntry>>, Option<Day>, Timestamp);

/// How these people stand to each other by what those know who see this case. What is recorded there is read by all of them, whoever recorded
/// it, so it must not rest on what was told in a case of somebody's own (C1).
pub fn family(tx: &mut Tx<'_>, case_id: CaseId, involved: &[PersonId]) -> Result<FamilyFacts> {
    Ok(families(tx, &[case_id].into(), involved)?.remove(&case_id).unwrap_or_default())
}

/// The same for several cases, in as many queries for many as for one.
pub(super) fn families(tx: &mut Tx<'_>, cases: &BTreeSet<CaseId>, involved: &[PersonId]) -> Result<HashMap<CaseId, FamilyFacts>> {
    let involved: Vec<PersonId> = Counted::among(tx, involved.iter().copied())?.everybody().into_iter().collect();
    let all = participants::cases_of(tx, &involved)?.into_iter().chain(cases.iter().copied()).collect();
    let participants = participants_of(tx, all)?;
    let concerned = concerned(tx, &participants, cases, &involved)?;
    let known = people::facts::in_each(tx, &concerned, cases)?.into_iter();
    let family =
        |(case_id, people)| (case_id, FamilyFacts { case_id, people, participants: participants.clone(), ..FamilyFacts::default() });
    Ok(known.map(family).collect())
}

/// These people and everybody in these cases, and whoever is one with any of them.
fn concerned(
    tx: &mut Tx<'_>,
    participants: &[ParticipantFact],
    cases: &BTreeSet<CaseId>,
    involved: &[PersonId],
) -> Result<BTreeSet<PersonId>> {
    let here = participants.iter().filter(|row| cases.contains(&row.case_id)).map(|row| row.person_id);
    Ok(Counted::among(tx, involved.iter().copied().chain(here))?.everybody())
}

/// Adds what a decision looks at of these people and of everybody in the case.
fn people_of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, family: &mut FamilyFacts, involved: &[PersonId]) -> Result<()> {
    let concerned = concerned(tx, &family.participants, &[family.case_id].into(), involved)?;
    (family.people, family.known_less) = people::facts::all(tx, permit.scope(), &concerned)?;
    Ok(())
}

/// The cases of whose participants the caller knows nothing.
fn hidden(tx: &mut Tx<'_>, permit: &Permit<impl Act>, family: &FamilyFacts) -> Result<Vec<CaseId>> {
    let cases: BTreeSet<CaseId> = family.participants.iter().map(|row| row.case_id).filter(|case| *case != family.case_id).collect();
    let seen = scope::among(tx, permit.scope(), cases.iter().copied().collect())?;
    Ok(cases.into_iter().filter(|case| !seen.contains(case)).collect())
}

/// Who takes part in this case as a professional: all that a risk must know of those who take part. Read so that no damaged row can hold it up
/// (C17); whoever cannot be made out is a data subject like any other.
fn professionals(tx: &mut Tx<'_>, case_id: CaseId) -> Result<Vec<ParticipantFact>> {
    let role = ParticipantRole::Professional;
    let rows: Vec<(PersonId, bool)> = participant::table
        .filter(participant::case_id.eq(case_id))
        .select((participant::person_id, participant::role.eq(role)))
        .load(tx.conn)?;
    let counted = Counted::among(tx, rows.iter().map(|(person, _)| *person))?;
    let other = |person| rows.iter().any(|(other, professional)| counted.same(*other, person) && !professional);
    let people: BTreeSet<PersonId> = rows.iter().map(|(person, _)| *person).filter(|person| !other(*person)).collect();
    let fact = |person_id| ParticipantFact {
        case_id,
        person_id,
        role,
        relation: Relation::Professional,
        pr: Vec::new(),
        began_on: None,
        ended_on: None,
    };
    Ok(people.into_iter().map(fact).collect())
}

/// The participants of this case, and of every case any of these people takes part in.
fn participants(tx: &mut Tx<'_>, case_id: CaseId, involved: &[PersonId]) -> Result<Vec<ParticipantFact>> {
    let mut cases = participants::cases_of(tx, involved)?;
    cases.push(case_id);
    participants_of(tx, cases)
}

/// The participants of these cases.
pub(super) fn participants_of(tx: &mut Tx<'_>, cases: Vec<CaseId>) -> Result<Vec<ParticipantFact>> {
    let rows: Vec<ParticipantRow> = participant::table
        .filter(participant::case_id.eq_any(cases))
        .select((
            participant::case_id,
            participant::person_id,
            participant::role,
            participant::relation,
            participant::parental_responsibility,
            participant::ended_on,
            participant::created_at,
        ))
        .order(participant::id.asc())
        .load(tx.conn)?;
    let mut earlier = HashSet::new();
    Ok(rows
        .into_iter()
        .map(|(case_id, person_id, role, relation, pr, ended_on, created_at)| ParticipantFact {
            case_id,
            person_id,
            role,
            relation,
            pr: pr
                .0
                .into_iter()
                .map(|entry| PrFact { child_id: entry.child_id, value: entry.value, from_on: entry.from_on, ended_on: entry.ended_on })
                .collect(),
            began_on: (!earlier.insert((case_id, person_id))).then(|| created_at.day()),
            ended_on: ended_on.map(|day| day.0),
        })
        .collect())
}

/// Everything that was permitted or refused about these people, and of which case it is in the caller's scope.
pub(super) fn consents_about(tx: &mut Tx<'_>, permit: &Permit<impl Act>, subjects: &[PersonId]) -> Result<Vec<ConsentFact>> {
    consents(tx, permit, None, subjects)
}

fn consents(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: Option<CaseId>, subjects: &[PersonId]) -> Result<Vec<ConsentFact>> {
    let records = consents::about(tx, subjects)?;
    let cases: Vec<CaseId> = records.iter().map(|(row, _)| row.case_id).filter(|case| Some(*case) != case_id).collect();
    let visible = scope::among(tx, permit.scope(), cases)?;
    records
        .into_iter()
        .map(|(row, content)| {
            Ok(ConsentFact {
                id: row.id,
                version: i64::from(row.version),
                case_id: row.case_id,
                visible: Some(row.case_id) == case_id || visible.contains(&row.case_id),
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
