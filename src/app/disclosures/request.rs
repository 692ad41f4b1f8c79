//! What a request to pass something on names must exist.

use super::{MOST_ITEMS, Request};
use crate::app::concerns::{self, names_nobody};
use crate::app::{Result, faultless, sides};
use crate::authz::{Act, Permit};
use crate::db::{self, Tx, recipients};
use crate::domain::concern::ConcernGrounds;
use crate::domain::disclosure::{AskRecipient, Disclosure, NewSafeguarding};
use crate::domain::fault::{Fault, Remark};
use crate::domain::ids::PersonId;
use crate::domain::text::blank;
use crate::domain::vocabulary::Basis;

/// What of a recipient is not on record, or takes no part in the case.
pub(in crate::app) fn recipient_fault(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    recipient: &AskRecipient,
    participants: &[PersonId],
    inactive_too: bool,
) -> db::Result<Option<Fault>> {
    match recipient {
        AskRecipient::Body { recipient_id, team_id, .. } => {
            recipients::unknown(tx, permit, *recipient_id, *team_id, inactive_too, "#/recipient")
        }
        AskRecipient::Person(person) => Ok((!participants.contains(person)).then(|| Fault::not_participant("#/recipient/personId"))),
        AskRecipient::Unregistered { .. } => Ok(None),
    }
}

impl Request {
    /// The same, asked by somebody who may not decide about it, or may.
    pub(in crate::app) fn asked_by(self, conflicted: bool) -> Self {
        Self { conflicted, ..self }
    }

    /// The same, asked by the caller: whoever serves another side of the family decides nothing of this one, but that a risk is passed on (C1, C17).
    pub(super) fn asked_from(self, tx: &mut Tx<'_>, permit: &Permit<impl Act>) -> Result<Self> {
        let conflicted = sides::serves_another(tx, permit, &[self.case_id].into())?;
        Ok(self.asked_by(conflicted))
    }

    /// All that it names must exist. A body that is not active may hear of a risk all the same: it may have been entered an hour ago.
    pub(super) fn check(&self, tx: &mut Tx<'_>, permit: &Permit<impl Act>) -> Result<()> {
        let Self { case_id, ask, notes, .. } = self;
        let participants: Vec<PersonId> = db::participants::people(tx, permit, *case_id)?;
        let mut faults: Vec<Fault> =
            recipient_fault(tx, permit, &ask.recipient, &participants, ask.basis == Basis::Safeguarding)?.into_iter().collect();
        if let Some(concern) = ask.safeguarding.as_ref().and_then(|risk| risk.concern_id)
            && !db::concerns::known(tx, permit, *case_id, concern)?
        {
            return Err(db::Error::NotFound.into());
        }
        if ask.basis == Basis::Safeguarding {
            // Whom a risk names, how much it tells and in which team is no matter (C17).
            faults.retain(|fault| fault.pointer != TEAM);
            return faultless(faults);
        }
        if notes.iter().map(|note| note.categories().len()).sum::<usize>() + self.classes_of_summary().len() > MOST_ITEMS {
            faults.push(Fault::new("#/noteIds", "too_much_at_once", "At most 400 pairs of note and kind of information leave at once."));
        }
        let mut takes_part = |person: PersonId, pointer: String| {
            if !participants.contains(&person) {
                faults.push(Fault::not_participant(pointer));
            }
        };
        for (i, person) in ask.subject_ids.iter().enumerate() {
            takes_part(*person, format!("#/subjectIds/{i}"));
        }
        for (i, copy) in ask.copies.iter().enumerate() {
            takes_part(copy.person_id, format!("#/copies/{i}/personId"));
        }
        faultless(faults)
    }
}

/// Leaves nobody at risk where all who are said to be are unknown: then somebody is missing, unless words say who, or the concern that it joins.
pub(super) fn drop_unknown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, risk: &mut NewSafeguarding) -> Result<()> {
    let grounds = &mut risk.grounds;
    let described = !blank(grounds.at_risk_description.as_ref());
    if risk.concern_id.is_none() && !described && names_nobody(tx, permit, &grounds.at_risk_person_ids)? {
        grounds.at_risk_person_ids.clear();
    }
    Ok(())
}

/// Where a team is named.
const TEAM: &str = "#/recipient/teamId";

/// What is odd about a risk that was passed on.
pub(super) fn remarks(tx: &mut Tx<'_>, permit: &Permit<impl Act>, disclosure: &Disclosure) -> Result<Vec<Remark>> {
    let content = &disclosure.content;
    if disclosure.basis != Basis::Safeguarding {
        return Ok(Vec::new());
    }
    let grounds = ConcernGrounds {
        risk: content.safeguarding.clone().unwrap_or_default().grounds,
        withhold_from_person_ids: content.withhold_from_person_ids.clone(),
        ..ConcernGrounds::default()
    };
    let there = db::participants::people(tx, permit, disclosure.case_id)?;
    let mut remarks = concerns::remarks(tx, permit, &there, &grounds, "#/safeguarding")?;
    let strangers = content.subject_ids.iter().enumerate().filter(|(_, person)| !there.contains(person));
    remarks.extend(strangers.map(|(i, _)| Fault::not_participant(format!("#/subjectIds/{i}")).into()));
    if let (Some(body), Some(team)) = (content.recipient.recipient_id, content.recipient.team_id)
        && !recipients::find(tx, permit, body)?.teams.iter().any(|known| known.id == team)
    {
        remarks.push(Fault::unknown(TEAM).into());
    }
    Ok(remarks)
}
