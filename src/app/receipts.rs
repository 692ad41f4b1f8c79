//! The receipt of a permission or refusal (C3).

use std::collections::{BTreeMap, BTreeSet};

use super::{App, Result, consents};
use crate::authz::{Act, Permit, act};
use crate::db::{self, Tx};
use crate::domain::consent::{Consent, ConsentRecipient};
use crate::domain::ids::{CaseId, ConsentId, PersonId};
use crate::domain::person::PersonContent;
use crate::domain::receipt::{Named, Noted, Receipt, Service};
use crate::domain::time::age_out_on;
use crate::domain::vocabulary::ConsentDecision;

impl App {
    /// What the receipt of a permission or refusal says. It lists exactly what was agreed, so it is for those who may read every note it names (C4).
    pub async fn consent_receipt(&self, permit: Permit<act::ConsentReceipt>, id: ConsentId) -> Result<Receipt> {
        let (now, settings) = (self.clock.now(), self.settings.clone());
        self.look(permit, move |tx, permit| {
            let record = db::consents::find(tx, permit, id, now)?;
            let mut record = consents::as_it_stands(tx, permit, record, now)?;
            record.disclosure_ids = db::disclosures::left(tx, permit, &record.disclosure_ids)?;
            let mut notes = Vec::with_capacity(record.content.note_ids.len());
            for note in &record.content.note_ids {
                let note = db::notes::find(tx, permit, *note)?.content;
                notes.push(Noted { on: note.occurred_at.day(), about: note.about_person_ids, categories: note.information_categories });
            }
            let said = &record.content;
            let people = said.subject_ids.iter().copied().chain([said.granter_id]);
            let people = people.chain(said.recipients.iter().filter_map(|named| named.person_id));
            let people = people.chain(record.withdrawal.iter().map(|how| how.withdrawn_by_id));
            let people = people.chain(notes.iter().flat_map(|note| note.about.iter().copied()));
            let people = named_in(tx, permit, record.case_id, &people.collect())?;
            let recipients = recipients(tx, permit, &record, &people)?;
            let service = Service { name: settings.service_name, contact: settings.service_contact };
            Ok(Receipt { service, made_on: now.day(), people, recipients, notes, consent: record })
        })
        .await
    }
}

/// Somebody, as letters say it.
fn called(content: &PersonContent) -> Named {
    let name = content.called().map_or_else(|| "somebody who gave no name".to_owned(), |name| name.0.clone());
    Named { name, age_out_on: content.date_of_birth.map(age_out_on) }
}

/// The names of these people in a letter that is of one case: those by which they are known there, whatever else the caller knows of them (C1).
pub(super) fn named_in(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: CaseId,
    people: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, Named>> {
    let known = db::people::known_in(tx, permit, case, people)?;
    Ok(known.into_iter().map(|(id, content)| (id, called(&content))).collect())
}

/// The names of these people in a letter that is of no one case, as the caller knows them.
pub(super) fn named(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: BTreeSet<PersonId>) -> Result<BTreeMap<PersonId, Named>> {
    people.into_iter().map(|id| Ok((id, called(&db::people::find(tx, permit, id)?.content)))).collect()
}

/// To whom, in words: a body with its team and officer, or somebody who takes part.
fn recipients(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConsentReceipt>,
    consent: &Consent,
    people: &BTreeMap<PersonId, Named>,
) -> Result<Vec<String>> {
    let mut recipients = Vec::with_capacity(consent.content.recipients.len());
    for ConsentRecipient { recipient_id, team_id, person_name, person_id } in &consent.content.recipients {
        let Some(id) = recipient_id else {
            recipients.extend(person_id.and_then(|id| people.get(&id)).map(|person| person.name.clone()));
            continue;
        };
        let body = db::recipients::find(tx, permit, *id)?;
        let team = team_id.map(|id| body.teams.iter().find(|team| team.id == id).map_or("one of its teams", |team| team.name.as_str()));
        // In a refusal a body without a team means all of them.
        let all = (consent.content.decision == ConsentDecision::Refused && !body.teams.is_empty()).then_some("all its teams");
        let officer = person_name.as_ref().map(|name| format!("{} and nobody else there", name.as_str()));
        let parts = [Some(body.content.name.as_str()), team.or(all), officer.as_deref()];
        recipients.push(parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
    Ok(recipients)
}
