//! The log entries of a disclosure made and of one refused.

use std::collections::BTreeMap;

use super::{MOST_ITEMS, Request};
use crate::app::Settings;
use crate::authz::{Permit, act};
use crate::db::counted::Counted;
use crate::db::{self, Tx, identity, ledger};
use crate::domain::disclosure::{AskRecipient, Grounds, Refusal};
use crate::domain::ids::{EntryId, PersonId, RecipientId};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, DisclosureLogKind, InformationCategory};
use crate::ledger::{Copied, DisclosureEntry, Item, RecipientPerson};
use crate::policy::disclosure::Grant;

/// One for each item and kind of information. What is too much for one entry, as only a risk may be, is committed to by kind: all that was told of it,
/// one text after the other.
fn items(told: Vec<(InformationCategory, String)>) -> Vec<Item> {
    if told.len() <= MOST_ITEMS {
        return told.iter().map(|(class, text)| Item::new(*class, text)).collect();
    }
    let mut kinds: BTreeMap<InformationCategory, Vec<String>> = BTreeMap::new();
    for (class, text) in told {
        kinds.entry(class).or_default().push(text);
    }
    kinds.into_iter().map(|(class, texts)| Item::new(class, &texts.join("\n"))).collect()
}

impl Request {
    /// Keeps what it is decided on.
    pub(super) fn rests_on(&self, grounds: &Grounds) -> db::Result<()> {
        let text = serde_json::to_string(grounds).map_err(|_| db::Error::Corrupt("grounds"))?;
        self.grounds.replace(Some(LongText(text)));
        Ok(())
    }

    /// The entry of what was granted.
    pub(super) fn made(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        settings: &Settings,
        grant: &Grant,
        counted: &Counted,
        recipient: Option<RecipientId>,
    ) -> db::Result<DisclosureEntry> {
        let mut entry = self.asked(tx, permit, settings, DisclosureLogKind::DisclosureMade)?;
        entry.recipient = recipient;
        entry.subjects = self.subjects_of(grant, counted);
        entry.consents = grant.consents().iter().map(|relied| (relied.consent_id, relied.version)).collect();
        Ok(entry)
    }

    /// Queues the entry of what was refused.
    pub(super) fn refused(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        settings: &Settings,
        refusal: &Refusal,
        now: Timestamp,
    ) -> db::Result<()> {
        let mut entry = self.asked(tx, permit, settings, DisclosureLogKind::DisclosureRefused)?;
        if let AskRecipient::Body { recipient_id, .. } = &self.ask.recipient {
            entry.recipient = Some(*recipient_id);
        }
        entry.rules = refusal.failings.iter().map(|failing| failing.rule).collect();
        entry.rules.sort_unstable();
        entry.rules.dedup();
        ledger::append(tx, permit, entry, self.case_id, None, now);
        tx.refuses();
        Ok(())
    }

    /// What both say of what was asked.
    fn asked(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        settings: &Settings,
        kind: DisclosureLogKind,
    ) -> db::Result<DisclosureEntry> {
        let ask = &self.ask;
        let caller = permit.caller();
        let mut entry = DisclosureEntry::new(EntryId::mint(), kind, caller.staff, caller.request);
        entry.decided_by = Some(caller.staff);
        entry.direction = Some(ask.direction);
        entry.basis = Some(ask.basis);
        entry.lawful_basis = Some(settings.lawful_basis);
        entry.condition = settings.art9_condition;
        entry.purpose = Some(ask.purpose);
        entry.channel = Some(ask.channel);
        entry.identified = Some(ask.basis != Basis::Anonymised);
        entry.told = ask.told_subject;
        entry.recipient_person = match &ask.recipient {
            AskRecipient::Body { person_name, .. } | AskRecipient::Unregistered { person_name, .. } => {
                person_name.clone().map(RecipientPerson::Named)
            }
            AskRecipient::Person(person) => Some(RecipientPerson::Person(*person)),
        };
        entry.subjects = self.named();
        let mut told = Vec::new();
        for note in &self.notes {
            let text = note.content();
            told.extend(note.categories().iter().map(|class| (*class, text.clone())));
        }
        if let Some(summary) = &ask.summary {
            told.extend(self.classes_of_summary().into_iter().map(|class| (class, summary.0.clone())));
        }
        entry.items = items(told);
        let copied: Vec<PersonId> = ask.copies.iter().map(|copy| copy.person_id).collect();
        entry.copies = identity::kinds(tx, permit, &copied)?.into_iter().map(|(person, role)| Copied { role, person }).collect();
        entry.grounds.clone_from(&self.grounds.borrow());
        if let Some(risk) = &ask.safeguarding {
            let words = [&risk.grounds.necessity, &risk.grounds.proportionality].map(|text| text.as_ref().map_or("", |text| text.as_str()));
            entry.reason = Some(words.join("\n").as_str().into());
        }
        Ok(entry)
    }
}
