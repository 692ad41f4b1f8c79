//! What a request to pass something on names must exist.

use super::{MOST_ITEMS, Request};
use crate::app::concerns::unknown;
use crate::app::{Result, faultless};
use crate::authz::{Act, Permit};
use crate::db::{self, Tx, concerns, recipients};
use crate::domain::disclosure::AskRecipient;
use crate::domain::fault::Fault;
use crate::domain::ids::PersonId;
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
    /// All that it names must exist. A body that is not active may hear of a risk all the same: it may have been entered an hour ago.
    pub(super) fn check(&self, tx: &mut Tx<'_>, permit: &Permit<impl Act>) -> Result<()> {
        let Self { case_id, ask, notes, .. } = self;
        let participants: Vec<PersonId> = db::participants::people(tx, permit, *case_id)?;
        let mut faults: Vec<Fault> =
            recipient_fault(tx, permit, &ask.recipient, &participants, ask.basis == Basis::Safeguarding)?.into_iter().collect();
        if let Some(concern) = ask.safeguarding.as_ref().and_then(|risk| risk.concern_id)
            && !concerns::known(tx, permit, *case_id, concern)?
        {
            return Err(db::Error::NotFound.into());
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
        for (i, person) in ask.withhold_from_person_ids.iter().enumerate() {
            takes_part(*person, format!("#/withholdFromPersonIds/{i}"));
        }
        if let Some(risk) = &ask.safeguarding {
            faults.extend(unknown(tx, permit, &risk.at_risk_person_ids, &risk.about_staff_ids, "#/safeguarding")?);
        }
        faultless(faults)
    }
}
