//! The one decision behind every exit: may this leave the service? (C3)
//!
//! [`decide`] answers with a [`Grant`] or a refusal. A grant can be made nowhere else, cannot be copied, and holds what was asked, so that what is
//! recorded is exactly what was granted. A test that is no grant does not compile:
//!
//! ```compile_fail,E0451
//! use sendiass::policy::disclosure::Grant;
//! fn record(_grant: Grant) {}
//! # fn forge(ask: sendiass::domain::disclosure::Ask, at: sendiass::domain::time::Timestamp) {
//! record(Grant { ask, at, subject_ids: vec![], consents: vec![], conditions_met: vec![], once_only: vec![], copies: vec![], heard: vec![] });
//! # }
//! ```
//!
//! The way it does compile:
//!
//! ```
//! use sendiass::policy::disclosure::{Grant, decide};
//! fn record(_grant: Grant) {}
//! # fn ask(ask: sendiass::domain::disclosure::Ask, facts: sendiass::domain::disclosure::Facts, at: sendiass::domain::time::Timestamp) {
//! if let Ok(grant) = decide(&ask, &facts, at) {
//!     record(grant);
//! }
//! # }
//! ```

mod cover;
mod items;
mod permission;
mod report;
mod risk;
mod sending;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::domain::disclosure::{Ask, AskRecipient, CopyTo, Facts, Failing, Heard, Refusal, RefusalCode, RefusalRule, ReliedOn, SarFacts};
use crate::domain::ids::{ConsentId, NoteId, PersonId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, ConditionKind, Direction, Purpose};

use super::authority::is_professional;

/// A disclosure that may be made, once. Only [`decide`] makes one; recording it takes it by value.
#[must_use]
#[derive(Debug)]
pub struct Grant {
    ask: Ask,
    at: Timestamp,
    subject_ids: Vec<PersonId>,
    consents: Vec<ReliedOn>,
    conditions_met: Vec<ConditionKind>,
    once_only: Vec<ConsentId>,
    copies: Vec<GrantedCopy>,
    heard: Vec<Heard>,
}

/// A copy and what it may hold.
#[derive(Debug, PartialEq, Eq)]
pub struct GrantedCopy {
    to: CopyTo,
    note_ids: Vec<NoteId>,
    beyond_notes: bool,
}

impl GrantedCopy {
    /// Who gets it, and where.
    #[must_use]
    pub fn to(&self) -> CopyTo {
        self.to
    }

    /// The notes it may hold.
    #[must_use]
    pub fn note_ids(&self) -> &[NoteId] {
        &self.note_ids
    }

    /// Whether it may hold what is passed on beyond notes.
    #[must_use]
    pub fn beyond_notes(&self) -> bool {
        self.beyond_notes
    }
}

impl Grant {
    /// What was asked, and exactly that is granted: basis, recipient, way, notes, categories, words.
    #[must_use]
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// When it was decided.
    #[must_use]
    pub fn decided_at(&self) -> Timestamp {
        self.at
    }

    /// Every data subject, of the notes too; sorted. Nobody, if anonymised.
    #[must_use]
    pub fn subject_ids(&self) -> &[PersonId] {
        &self.subject_ids
    }

    /// The permissions it rests on; sorted by id, empty unless the basis is permission.
    #[must_use]
    pub fn consents(&self) -> &[ReliedOn] {
        &self.consents
    }

    /// The conditions of those permissions, all of which hold.
    #[must_use]
    pub fn conditions_met(&self) -> &[ConditionKind] {
        &self.conditions_met
    }

    /// Those of the permissions that count once only: recording marks them used.
    #[must_use]
    pub fn once_only(&self) -> &[ConsentId] {
        &self.once_only
    }

    /// The copies, and what each may hold.
    #[must_use]
    pub fn copies(&self) -> &[GrantedCopy] {
        &self.copies
    }

    /// What was refused of it and does not stand in its way, as far as the caller knows.
    #[must_use]
    pub fn heard(&self) -> &[Heard] {
        &self.heard
    }

    /// Whether somebody can be recognised.
    #[must_use]
    pub fn identified(&self) -> bool {
        self.ask.basis != Basis::Anonymised
    }

    /// Clauses of the policy that bear on it.
    #[must_use]
    pub fn clauses(&self) -> Vec<&'static str> {
        clauses(&self.ask)
    }

    /// A grant that rests on no permission.
    fn without_permission(ask: &Ask, subject_ids: BTreeSet<PersonId>, at: Timestamp) -> Self {
        let whole =
            |to: &CopyTo| GrantedCopy { to: *to, note_ids: ask.note_ids.clone(), beyond_notes: !ask.information_categories.is_empty() };
        Self {
            ask: ask.clone(),
            at,
            subject_ids: subject_ids.into_iter().collect(),
            consents: Vec::new(),
            conditions_met: Vec::new(),
            once_only: Vec::new(),
            copies: ask.copies.iter().map(whole).collect(),
            heard: Vec::new(),
        }
    }
}

/// May this leave the service, by the facts of this transaction, now? (R1 to R16)
///
/// What a caller may do and which case is in his scope is settled before (first half of R1). For basis `anonymised` the text has been scanned by
/// `policy::anonymity`, and `facts.anonymity` holds what was found; without it the answer is no.
pub fn decide(ask: &Ask, facts: &Facts, now: Timestamp) -> Result<Grant, Refusal> {
    // A risk waits for nobody else.
    if ask.basis != Basis::Safeguarding && facts.conflicted_decider {
        return Err(refuse(ask, RefusalCode::SamePerson, vec![Failing::at("#", RefusalRule::ConflictedDecider)]));
    }
    if ask.basis == Basis::DataSubjectRight {
        unanswered(ask, facts.sar)?;
    }
    // A risk is passed on to those who protect, never to a contact of the family.
    if ask.basis != Basis::Safeguarding && !facts.unsafe_contacts.is_empty() {
        return Err(refuse(ask, RefusalCode::RuleViolated, facts.unsafe_contacts.clone()));
    }
    match ask.basis {
        Basis::Permission => permission::decide(ask, facts, now),
        Basis::Safeguarding => risk::decide(ask, facts, now),
        Basis::Anonymised => anonymised(ask, facts, now),
        Basis::DataSubjectRight => Ok(Grant::without_permission(ask, data_subjects(ask, facts), now)),
    }
}

/// What a subject access request still lacks before its answer may leave (C9; R2).
fn unanswered(ask: &Ask, sar: SarFacts) -> Result<(), Refusal> {
    let lacking = [
        (sar.decided, "#/basis", RefusalRule::SarNotDecided),
        (sar.verified, "#", RefusalRule::AddressUnverified),
        (sar.authorised, "#", RefusalRule::AuthorityMissing),
    ];
    let failings: Vec<_> = lacking.into_iter().filter(|(there, ..)| !there).map(|(_, place, rule)| Failing::at(place, rule)).collect();
    if failings.is_empty() { Ok(()) } else { Err(refuse(ask, RefusalCode::InvalidState, failings)) }
}

/// Section (c): nobody can be recognised, by what was found in the text and by how many families match it.
fn anonymised(ask: &Ask, facts: &Facts, now: Timestamp) -> Result<Grant, Refusal> {
    let identifying = [
        ("#/subjectIds", !ask.subject_ids.is_empty()),
        ("#/noteIds", !ask.note_ids.is_empty()),
        ("#/copies", !ask.copies.is_empty()),
        ("#/recipient", !matches!(ask.recipient, AskRecipient::Body { .. })),
    ];
    let contradicting: Vec<_> = identifying
        .into_iter()
        .filter(|(_, fails)| *fails)
        .map(|(pointer, _)| Failing::at(pointer, RefusalRule::ContradictingFields))
        .collect();
    if !contradicting.is_empty() {
        return Err(refuse(ask, RefusalCode::RuleViolated, contradicting));
    }
    let known = facts.anonymity.clone().unwrap_or_default();
    let mut failings = known.hits;
    failings.sort_by(|a, b| (&a.pointer, a.range, a.rule).cmp(&(&b.pointer, b.range, b.rule)));
    if known.families < facts.limits.families_floor {
        failings.push(Failing::at("#/cohort", RefusalRule::CohortTooSmall));
    }
    if known.repeated {
        failings.push(Failing::at("#/summary", RefusalRule::RepeatedWording));
    }
    if failings.is_empty() {
        Ok(Grant::without_permission(ask, BTreeSet::new(), now))
    } else {
        Err(refuse(ask, RefusalCode::IdentifyingDetails, failings))
    }
}

fn refuse(ask: &Ask, code: RefusalCode, failings: Vec<Failing>) -> Refusal {
    Refusal { code, failings, clauses: clauses(ask), conflicts: Vec::new() }
}

/// Everyone an item is from or about, but for professionals in their role.
fn data_subjects(ask: &Ask, facts: &Facts) -> BTreeSet<PersonId> {
    let notes = facts.notes.iter().filter(|note| ask.note_ids.contains(&note.id));
    let people = notes.flat_map(|note| note.from.into_iter().chain(note.about.iter().copied()));
    people.chain(ask.subject_ids.iter().copied()).filter(|person| !is_professional(*person, &facts.family)).collect()
}

/// The clauses that bear on what is asked, whatever the answer.
fn clauses(ask: &Ask) -> Vec<&'static str> {
    match ask.basis {
        Basis::Safeguarding => vec!["C17"],
        Basis::Anonymised => vec!["C6"],
        Basis::DataSubjectRight => vec!["C9"],
        Basis::Permission => {
            let mut clauses = vec![match ask.purpose {
                Purpose::IdentifyInIssue => "C6",
                Purpose::FeedbackToReferrer => "C7",
                Purpose::LegalRequest => "C15",
                _ => "C11",
            }];
            if ask.direction == Direction::InboundRequest || matches!(ask.purpose, Purpose::PassInformation | Purpose::RequestInformation) {
                clauses.push("C12");
            }
            clauses
        }
    }
}
