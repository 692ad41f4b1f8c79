//! Deciding again what was decided (C3, C13): from the grounds kept beside an entry of the disclosure log, by the policy as it is now.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::disclosures::MOST_ITEMS;
use crate::db::ledger::{Kept, Private};
use crate::domain::disclosure::{AsNamed, AskRecipient, Grounds};
use crate::domain::ids::{EntryId, PersonId, RecipientId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, Channel, Direction, DisclosureLogKind, InformationCategory, Purpose, ToldSubject};
use crate::ledger::entry::{GROUNDS, written_rule};
use crate::policy::disclosure::decide;

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Information left, and the policy would not have granted it.
    NotGranted,
    /// It was refused, and the policy would have granted it.
    NotRefused,
    /// It was granted on other permissions than the policy would have relied on.
    OtherPermissions,
    /// It was refused by other rules than those of the policy.
    OtherRules,
    /// The grounds are not those to which the entry commits.
    GroundsAltered,
    /// There are no grounds, and the case is still there.
    GroundsMissing,
    /// The entry tells of something else than what was decided on.
    EntryDiffers,
    /// What is kept of it cannot be read.
    Unreadable,
}

impl Finding {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotGranted => "not_granted",
            Self::NotRefused => "not_refused",
            Self::OtherPermissions => "other_permissions",
            Self::OtherRules => "other_rules",
            Self::GroundsAltered => "grounds_altered",
            Self::GroundsMissing => "grounds_missing",
            Self::EntryDiffers => "entry_differs",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What came of deciding one entry again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// The same, then under this version of the policy.
    Same(String),
    /// It cannot be decided again: it went with its case (C16).
    Erased,
    /// Something is wrong. The rules are those by which the policy refuses it, as the log writes them.
    Wrong(Finding, Vec<String>),
}

/// What is read of the body of an entry. What no decision looks at is left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: EntryId,
    at: Timestamp,
    kind: DisclosureLogKind,
    basis: Option<Basis>,
    direction: Option<Direction>,
    purpose: Option<Purpose>,
    channel: Option<Channel>,
    told: Option<ToldSubject>,
    recipient: Option<RecipientId>,
    #[serde(default)]
    consents: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
    grounds: Option<String>,
    #[serde(default)]
    subjects: Vec<String>,
    #[serde(default)]
    copies: Vec<Copied>,
    #[serde(default)]
    items: Vec<Told>,
}

/// What it says of a copy.
#[derive(Deserialize)]
struct Copied {
    person: String,
}

/// What it says of an item.
#[derive(Deserialize)]
struct Told {
    class: InformationCategory,
    digest: String,
}

/// Decides an entry about a disclosure, made or refused, again.
#[must_use]
pub fn again(kept: &Kept) -> Again {
    let wrong = |finding| Again::Wrong(finding, Vec::new());
    let (openings, key) = match &kept.private {
        Private::Erased => return Again::Erased,
        Private::Missing => return wrong(Finding::GroundsMissing),
        Private::Unreadable => return wrong(Finding::Unreadable),
        Private::Open { openings, key } => (openings, key),
    };
    let Ok(entry) = serde_json::from_str::<Entry>(&kept.body) else { return wrong(Finding::Unreadable) };
    let text = openings.iter().find(|opening| opening.label == GROUNDS).map(|opening| opening.value.as_str());
    let (Some(text), Some(committed)) = (text, &entry.grounds) else { return wrong(Finding::GroundsMissing) };
    if *committed != key.commitment(entry.id, GROUNDS, text) {
        return wrong(Finding::GroundsAltered);
    }
    let Ok(grounds) = serde_json::from_str::<Grounds>(text) else { return wrong(Finding::Unreadable) };
    let opened = |label: &str| openings.iter().find(|opening| opening.label == label).map(|opening| opening.value.as_str());
    let committed = |label: &str, value: &str, to: &str| to == key.commitment(entry.id, label, value);
    let digests = entry.items.iter().enumerate().all(|(n, item)| {
        let label = format!("items/{n}/digest");
        opened(&label).is_some_and(|value| committed(&label, value, &item.digest))
    });
    let people = |list: &str, named: &[PersonId], told: &[&String]| {
        named.len() == told.len()
            && named.iter().zip(told).enumerate().all(|(n, (id, to))| committed(&list.replace('#', &n.to_string()), &id.to_string(), to))
    };
    let receivers: Vec<PersonId> = grounds.as_named.copies.iter().map(|(named, _)| *named).collect();
    let copies = people("copies/#/person", &receivers, &entry.copies.iter().map(|copy| &copy.person).collect::<Vec<_>>());
    let subjects = |granted: Option<&[PersonId]>| {
        let about = grounds.as_named.subjects.iter().filter(|(_, one)| granted.is_none_or(|granted| granted.contains(one)));
        people("subjects/#", &about.map(|(named, _)| *named).collect::<Vec<_>>(), &entry.subjects.iter().collect::<Vec<_>>())
    };
    if !(entry.tells_of(&grounds) && digests && copies) {
        return wrong(Finding::EntryDiffers);
    }
    let made = entry.kind == DisclosureLogKind::DisclosureMade;
    match decide(&grounds.ask, &grounds.facts, grounds.decided_at) {
        Ok(_) if !made => wrong(Finding::NotRefused),
        Ok(grant) if !subjects(Some(grant.subject_ids())) => wrong(Finding::EntryDiffers),
        Ok(grant) => {
            let relied = grant.consents().iter().enumerate();
            let relied =
                relied.map(|(n, by)| key.commitment(entry.id, &format!("consents/{n}"), &format!("{}/{}", by.consent_id, by.version)));
            if relied.eq(entry.consents) { Again::Same(grounds.policy_version) } else { wrong(Finding::OtherPermissions) }
        }
        Err(_) if !made && !subjects(None) => wrong(Finding::EntryDiffers),
        Err(refusal) => {
            let mut rules: Vec<_> = refusal.failings.iter().map(|failing| failing.rule).collect();
            rules.sort_unstable();
            rules.dedup();
            let rules: Vec<String> = rules.into_iter().map(written_rule).collect();
            match (made, rules == entry.rules) {
                (true, _) => Again::Wrong(Finding::NotGranted, rules),
                (false, false) => Again::Wrong(Finding::OtherRules, rules),
                (false, true) => Again::Same(grounds.policy_version),
            }
        }
    }
}

impl Entry {
    /// Whether it tells of what was decided on. A body named on the spot was entered in the register, so its id is new.
    fn tells_of(&self, grounds: &Grounds) -> bool {
        let ask = &grounds.ask;
        let recipient = match &ask.recipient {
            AskRecipient::Body { recipient_id, .. } => self.recipient == Some(*recipient_id),
            AskRecipient::Person(_) => self.recipient.is_none(),
            AskRecipient::Unregistered { .. } => true,
        };
        let told = (Some(ask.basis), Some(ask.direction), Some(ask.purpose), Some(ask.channel), ask.told_subject);
        let classes: Vec<InformationCategory> = self.items.iter().map(|item| item.class).collect();
        let people = named_are_meant(grounds) && classes == kinds_told(grounds);
        recipient && people && told == (self.basis, self.direction, self.purpose, self.channel, self.told) && grounds.decided_at <= self.at
    }
}

/// Whether those whom the entry names are those of the decision.
fn named_are_meant(grounds: &Grounds) -> bool {
    let (ask, AsNamed { subjects, copies }) = (&grounds.ask, &grounds.as_named);
    let of_notes = grounds.facts.notes.iter().flat_map(|note| note.about.iter().copied().chain(note.from));
    let meant: BTreeSet<PersonId> = of_notes.chain(ask.subject_ids.iter().copied()).collect();
    subjects.iter().map(|(_, one)| *one).collect::<BTreeSet<_>>() == meant
        && copies.iter().map(|(_, one)| *one).eq(ask.copies.iter().map(|copy| copy.person_id))
}

/// The kinds of information of all its items, as the entry has them: of each note, and of the words beside; each once, if those are too many.
fn kinds_told(grounds: &Grounds) -> Vec<InformationCategory> {
    let of_notes = || grounds.facts.notes.iter().flat_map(|note| note.categories.iter().copied());
    let (own, mut told) = (&grounds.ask.information_categories, of_notes().collect::<Vec<_>>());
    if grounds.ask.summary.is_some() {
        told.extend(if own.is_empty() { of_notes().collect::<BTreeSet<_>>().into_iter().collect() } else { own.clone() });
    }
    if told.len() > MOST_ITEMS {
        told = told.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disclosure::{Ask, CopyTo, Facts, NoteFact};
    use crate::domain::ids::{ContactId, NoteId};
    use uuid::Uuid;

    #[test]
    fn whom_the_entry_names_are_those_of_the_decision() {
        let [ana, mia, finn, caller] = [1, 2, 3, 4].map(|n| PersonId(Uuid::from_u128(n)));
        let ask = Ask {
            basis: Basis::Permission,
            purpose: Purpose::Liaison,
            direction: Direction::Outbound,
            channel: Channel::Phone,
            recipient: AskRecipient::Person(mia),
            subject_ids: vec![finn],
            note_ids: Vec::new(),
            information_categories: Vec::new(),
            summary: None,
            told_subject: None,
            told_reason: None,
            withhold_from_person_ids: Vec::new(),
            withhold_until_on: None,
            copies: vec![CopyTo { person_id: mia, contact_id: ContactId(Uuid::from_u128(5)) }],
            legal_extract: false,
            cohort: None,
            safeguarding: None,
        };
        let note = NoteFact {
            id: NoteId(Uuid::from_u128(6)),
            from: Some(mia),
            about: vec![ana],
            categories: Vec::new(),
            keep_confidential: false,
            wish_by: None,
            names_others: false,
            onward_sharing: true,
            superseded: false,
        };
        let facts = Facts { notes: vec![note], ..Facts::default() };
        let entry: Entry =
            serde_json::from_value(serde_json::json!({"id":Uuid::from_u128(7),"at":"2026-06-01T09:00:00Z","kind":"disclosure_made",
            "basis":"permission","direction":"outbound","purpose":"liaison","channel":"phone"}))
            .unwrap();
        let meant = |subjects: &[(PersonId, PersonId)], copies: &[(PersonId, PersonId)]| {
            let as_named = AsNamed { subjects: subjects.to_vec(), copies: copies.to_vec() };
            entry.tells_of(&Grounds::of(&ask, &facts, as_named, "2025-04", Timestamp::start_of(chrono::NaiveDate::MIN)))
        };
        // Somebody who counts as Mia is named for her.
        let (subjects, copies) = ([(ana, ana), (caller, mia), (finn, finn)], [(caller, mia)]);
        assert!(meant(&subjects, &copies));
        assert!(!meant(&subjects[..2], &copies));
        assert!(!meant(&[(ana, ana), (mia, caller), (finn, finn)], &copies));
        assert!(!meant(&subjects, &[]));
        assert!(!meant(&subjects, &[(mia, finn)]));
    }
}
