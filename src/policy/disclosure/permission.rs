//! Basis `permission`: every need must be covered by one permission in force (R1, R3 to R16).
//!
//! A need is one (item, data subject, category). For each the rules are asked in the order R6, R3, R4, R5, R7, R8 to R13, R14, R15: first whether the
//! person has said no, so that nobody is sent to ask again. What is reported is the rule that stopped the permission which got furthest.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::disclosure::{
    Ask, AskRecipient, Conflict, ConsentFact, CopyTo, Facts, Failing, FamilyFacts, Heard, HeardAs, Refusal, RefusalCode, RefusalRule,
    ReliedOn,
};
use crate::domain::ids::{ConsentId, PersonId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConditionKind, ConsentDecision, ConsentStatus};

use super::cover::{Receiver, data_covered, in_force, note_named, permits, recipient_covered, refuses};
use super::items::{Item, Need, items, notes, wishes_confidence};
use super::report::{Found, Furthest, age};
use super::sending::{changed, copied, is_kept_from, is_sent_for_proceedings, will_be_copied};
use super::{Grant, GrantedCopy, refuse};
use crate::policy::authority::{Standing, authority, lasts, may_object, standing};

/// Why a need is not covered.
struct Block {
    rule: RefusalRule,
    /// People who decide together disagree (R7), whether or not the caller may know.
    conflict: Option<Conflict>,
}

struct Decision<'a> {
    ask: &'a Ask,
    facts: &'a Facts,
    /// The family as far as the caller knows it: no rule tells more.
    known: FamilyFacts,
    now: Timestamp,
}

pub(super) fn decide(ask: &Ask, facts: &Facts, now: Timestamp) -> Result<Grant, Refusal> {
    let stale = notes(ask, facts).filter(|(_, note)| note.is_some_and(|note| note.superseded));
    let stale: Vec<_> = stale.map(|(pointer, _)| Failing::at(pointer, RefusalRule::NoteSuperseded)).collect();
    if !stale.is_empty() {
        return Err(refuse(ask, RefusalCode::InvalidState, stale));
    }
    let decision = Decision { ask, facts, known: facts.family.as_known(), now };
    let items = items(ask, facts);
    let (before, with_copies) = (decision.may_be_copied(&items), !ask.legal_extract);
    let mut relied: BTreeMap<ConsentId, (&ConsentFact, BTreeSet<PersonId>)> = BTreeMap::new();
    let mut found = Found::default();
    for item in &items {
        for (pointer, matter) in &item.categories {
            if item.subjects.is_empty() || item.note.is_some_and(|note| note.names_others) {
                // Nobody who could permit, or somebody who never can.
                found.add(pointer, RefusalRule::ConsentMissing, None);
            }
            if let AskRecipient::Person(person) = &ask.recipient
                && is_kept_from(facts, item, *person, now.day())
            {
                found.add(pointer, RefusalRule::WithheldFromRecipient, None);
            }
            for subject in item.subjects.iter().copied() {
                match decision.serves(Need { item, subject, matter: *matter }, decision.receiver(), with_copies, &before) {
                    Ok(permission) => {
                        relied.entry(permission.id).or_insert_with(|| (permission, BTreeSet::new())).1.insert(subject);
                    }
                    Err(block) => {
                        found.add(pointer, block.rule, Some(subject));
                        found.conflict(block.conflict);
                    }
                }
            }
        }
    }
    let copies = decision.copies(&items);
    if ask.legal_extract && found.failings.is_empty() {
        for (i, copy) in copies.iter().enumerate() {
            if copy.note_ids.is_empty() && !copy.beyond_notes {
                found.add(&format!("#/copies/{i}"), RefusalRule::CopyNotPermitted, None);
            }
        }
    }
    if !found.failings.is_empty() {
        return Err(found.refusal(ask));
    }
    let consents: Vec<_> = relied
        .values()
        .map(|(permission, subjects)| ReliedOn {
            consent_id: permission.id,
            version: permission.version,
            subject_ids: subjects.iter().copied().collect(),
        })
        .collect();
    if facts.resting_on.as_ref().is_some_and(|draft| changed(draft, &consents)) {
        return Err(refuse(ask, RefusalCode::ConsentRequired, vec![Failing::at("#", RefusalRule::ConsentChanged)]));
    }
    if is_sent_for_proceedings(ask, facts) && !relied.values().all(|(permission, _)| copied(ask, permission)) {
        return Err(refuse(ask, RefusalCode::CopyRecipientRequired, vec![Failing::at("#/copies", RefusalRule::CopyRecipientRequired)]));
    }
    let kinds = |permission: &ConsentFact| permission.conditions.iter().map(|condition| condition.kind).collect::<Vec<_>>();
    let met: BTreeSet<_> = relied.values().flat_map(|(permission, _)| kinds(permission)).collect();
    let once = relied.values().filter(|(permission, _)| kinds(permission).contains(&ConditionKind::OnceOnly));
    Ok(Grant {
        ask: ask.clone(),
        at: now,
        subject_ids: items.iter().flat_map(|item| &item.subjects).copied().collect::<BTreeSet<_>>().into_iter().collect(),
        conditions_met: met.into_iter().collect(),
        once_only: once.map(|(permission, _)| permission.id).collect(),
        consents,
        copies,
        heard: decision.heard(&items),
    })
}

impl<'a> Decision<'a> {
    /// Who would receive it.
    fn receiver(&self) -> Receiver<'_> {
        // An unknown body is taken for one of the council, which asks for more.
        let in_council = matches!(self.ask.recipient, AskRecipient::Body { .. }) && self.facts.recipient.is_none_or(|body| body.in_council);
        Receiver { who: &self.ask.recipient, in_council }
    }

    /// The refusals of what is granted, by which it is not stopped: what a child wishes who cannot decide it (R6), and the no of somebody who does not
    /// decide for the other (R7). Of one that does not count by what the caller may not know nothing is told.
    fn heard(&self, items: &[Item<'a>]) -> Vec<Heard> {
        let mut heard: BTreeMap<(ConsentId, HeardAs), BTreeSet<PersonId>> = BTreeMap::new();
        for need in items.iter().flat_map(Item::needs) {
            for refusal in self.live_refusals(need, self.receiver(), |refusal, _| refusal.visible) {
                let (of, today) = (need.subject, self.now.day());
                let as_what = if refusal.granter == of {
                    (standing(of, today, &self.known) == Standing::ChildCannotDecide).then_some(HeardAs::Wish)
                } else {
                    (!may_object(refusal.granter, of, today, &self.known)).then_some(HeardAs::NotTheirsToDecide)
                };
                if let Some(as_what) = as_what {
                    heard.entry((refusal.id, as_what)).or_default().insert(of);
                }
            }
        }
        let all = heard.into_iter();
        all.map(|((consent_id, rule), subjects)| Heard { consent_id, rule, subject_ids: subjects.into_iter().collect() }).collect()
    }

    /// The permission that serves this need: of several one of these granters before others, and of those the newest.
    fn serves(&self, need: Need<'_>, to: Receiver<'_>, with_copies: bool, before: &BTreeSet<PersonId>) -> Result<&'a ConsentFact, Block> {
        self.not_refused_by_subject(need, to)?;
        let (today, family) = (self.now.day(), &self.facts.family);
        let candidates = self.facts.consents.iter().filter(|record| {
            record.decision == ConsentDecision::Given && record.case_id == family.case_id && record.subjects.contains(&need.subject)
        });
        let mut furthest = Furthest::default();
        let mut authorised = Vec::new();
        for permission in candidates {
            let decided_on = permission.decided_at.day();
            let had = |family: &FamilyFacts| authority(permission.granter, need.subject, decided_on, to.in_council, family).is_some();
            let has = |family: &FamilyFacts| lasts(permission.granter, need.subject, decided_on, today, to.in_council, family);
            if !had(family) {
                furthest.stopped(4, permission, family.told(RefusalRule::GranterNotAuthorised, had));
            } else if !has(family) {
                furthest.stopped(5, permission, family.told(RefusalRule::GranterAuthorityLapsed, has));
            } else {
                authorised.push(permission);
            }
        }
        if !authorised.is_empty() {
            self.not_refused_by_others(need, to)?;
        }
        let mut latest: BTreeMap<PersonId, &ConsentFact> = BTreeMap::new();
        for permission in authorised {
            if let Err((stage, rule)) = self.reaches(permission, need, to) {
                furthest.stopped(stage, permission, rule);
                continue;
            }
            let newest = latest.entry(permission.granter).or_insert(permission);
            if age(permission) > age(newest) {
                *newest = permission;
            }
        }
        let mut serving = Vec::new();
        for permission in latest.into_values() {
            match self.terms_hold(permission, need, to, with_copies) {
                Err((stage, rule)) => furthest.stopped(stage, permission, rule),
                Ok(()) => serving.push(permission),
            }
        }
        let chosen = serving.into_iter().max_by_key(|permission| (before.contains(&permission.granter), age(permission)));
        chosen.ok_or_else(|| Block { rule: furthest.rule(), conflict: None })
    }

    /// R6: the person has not said no.
    fn not_refused_by_subject(&self, need: Need<'_>, to: Receiver<'_>) -> Result<(), Block> {
        let rule = |family| match standing(need.subject, self.now.day(), family) {
            Standing::ChildCannotDecide => None,
            Standing::ChildUnassessed => Some(RefusalRule::CompetenceNotAssessed),
            Standing::ChildCanDecide | Standing::Grown | Standing::GrownCannotDecide => Some(RefusalRule::SubjectRefused),
        };
        if rule(&self.facts.family).is_none() {
            return Ok(());
        }
        let rule = rule(&self.known).unwrap_or(RefusalRule::ConsentMissing);
        let own = |refusal: &ConsentFact, _: &FamilyFacts| refusal.granter == need.subject;
        let refusals = self.live_refusals(need, to, own);
        match refusals.iter().map(|refusal| refusal.visible).max() {
            None => Ok(()),
            Some(told) => Err(Block { rule: if told { rule } else { RefusalRule::ConsentMissing }, conflict: None }),
        }
    }

    /// R7: nobody else who decides for the person has said no. Where the subject permits, there is nobody else.
    fn not_refused_by_others(&self, need: Need<'_>, to: Receiver<'_>) -> Result<(), Block> {
        let objects = |refusal: &ConsentFact, family: &FamilyFacts| {
            refusal.granter != need.subject && may_object(refusal.granter, need.subject, self.now.day(), family)
        };
        let refusals = self.live_refusals(need, to, objects);
        if refusals.is_empty() {
            return Ok(());
        }
        // One in a case the caller cannot see, or that counts only by what they do not know, looks like no permission at all.
        let (told, here) = (|refusal: &&ConsentFact| refusal.visible && objects(refusal, &self.known), self.facts.family.case_id);
        let rule = if refusals.iter().any(told) { RefusalRule::ConflictingRefusal } else { RefusalRule::ConsentMissing };
        let shows_here = refusals.iter().any(|refusal| refusal.case_id == here && told(refusal));
        let refusals = refusals.iter().map(|refusal| (refusal.case_id, refusal.granter)).collect();
        Err(Block { rule, conflict: Some(Conflict { about: need.subject, refusals, shows_here }) })
    }

    /// The live refusals of a need that are of these people, by all that is known.
    fn live_refusals(&self, need: Need<'_>, to: Receiver<'_>, whose: impl Fn(&ConsentFact, &FamilyFacts) -> bool) -> Vec<&'a ConsentFact> {
        let theirs = self.facts.consents.iter().filter(|refusal| whose(refusal, &self.facts.family));
        theirs.filter(|refusal| self.is_live_refusal(refusal, need, to)).collect()
    }

    /// A refusal of this need that still stands: no later permission of the same person, in this case and in force, has taken it back.
    fn is_live_refusal(&self, refusal: &ConsentFact, need: Need<'_>, to: Receiver<'_>) -> bool {
        let stands = refusal.decision == ConsentDecision::Refused
            && matches!(refusal.status, ConsentStatus::Live | ConsentStatus::Expired)
            && refusal.subjects.contains(&need.subject)
            && refuses(refusal, self.ask, to, need.matter);
        stands
            && !self.facts.consents.iter().any(|later| {
                later.decision == ConsentDecision::Given
                    && later.case_id == self.facts.family.case_id
                    && later.granter == refusal.granter
                    && later.subjects.contains(&need.subject)
                    && later.decided_at > refusal.decided_at
                    && permits(later, self.ask, to, need.matter)
                    && in_force(later, self.now).is_ok()
            })
    }

    /// R8 to R13: the permission is in force and reaches this far.
    fn reaches(&self, permission: &ConsentFact, need: Need<'_>, to: Receiver<'_>) -> Result<(), (u8, RefusalRule)> {
        in_force(permission, self.now)?;
        let received_in_confidence = need.item.note.is_some_and(|note| !note.onward_sharing);
        if !recipient_covered(permission, to) {
            Err((10, RefusalRule::RecipientNotCovered))
        } else if !permission.purposes.contains(&self.ask.purpose) {
            Err((11, RefusalRule::PurposeNotCovered))
        } else if received_in_confidence && !note_named(permission, need.matter.note) {
            Err((12, RefusalRule::OnwardSharingNotCovered))
        } else if !data_covered(permission, need.matter) {
            Err((12, RefusalRule::DataNotCovered))
        } else if !permission.directions.contains(&self.ask.direction) {
            Err((13, RefusalRule::DirectionNotCovered))
        } else {
            Ok(())
        }
    }

    /// R14, R15: a wish for confidence is lifted, every condition holds, every copy is permitted.
    fn terms_hold(&self, permission: &ConsentFact, need: Need<'_>, to: Receiver<'_>, with_copies: bool) -> Result<(), (u8, RefusalRule)> {
        if wishes_confidence(need) && !note_named(permission, need.matter.note) {
            Err((14, RefusalRule::ItemMarkedConfidential))
        } else if !self.conditions_hold(permission, to) {
            Err((15, RefusalRule::ConditionUnmet))
        } else if with_copies && !self.ask.copies.iter().all(|copy| self.copy_permitted(copy.person_id, permission, need)) {
            Err((15, RefusalRule::CopyNotPermitted))
        } else {
            Ok(())
        }
    }

    fn conditions_hold(&self, permission: &ConsentFact, to: Receiver<'_>) -> bool {
        permission.conditions.iter().all(|condition| match condition.kind {
            ConditionKind::CopyToGranter => will_be_copied(self.ask, permission, to.who),
            ConditionKind::NotBefore => condition.not_before_on.is_some_and(|first| first <= self.now.day()),
            ConditionKind::ChannelIn => condition.channels.contains(&self.ask.channel),
            ConditionKind::OnceOnly => !permission.used,
        })
    }

    /// A copy of this need is permitted if its receiver said the item, is the granter or the subject, or is named by a permission that covers it; not of
    /// what is kept from them because of a risk.
    fn copy_permitted(&self, receiver: PersonId, permission: &ConsentFact, need: Need<'_>) -> bool {
        if is_kept_from(self.facts, need.item, receiver, self.now.day()) {
            return false;
        }
        let said = need.item.note.is_some_and(|note| note.from == Some(receiver));
        said || permission.granter == receiver || need.subject == receiver || {
            let who = AskRecipient::Person(receiver);
            self.serves(need, Receiver { who: &who, in_council: false }, false, &BTreeSet::new()).is_ok()
        }
    }

    /// Whether somebody may have a copy of this item of an extract, as whoever permitted it or otherwise.
    fn may_have(&self, receiver: PersonId, item: &Item<'a>) -> bool {
        let theirs = [receiver].into();
        let permitting = |need: Need<'_>| self.serves(need, self.receiver(), false, &theirs);
        item.needs().all(|need| permitting(need).is_ok_and(|permission| self.copy_permitted(receiver, permission, need)))
    }

    /// Who permits and may have a copy of something in an extract. It rests on their permissions before others: everybody on whose it rests gets a
    /// copy, or it is not sent (C15).
    fn may_be_copied(&self, items: &[Item<'a>]) -> BTreeSet<PersonId> {
        let granters: BTreeSet<_> = self.facts.consents.iter().filter(|_| self.ask.legal_extract).map(|record| record.granter).collect();
        granters.into_iter().filter(|granter| items.iter().any(|item| self.may_have(*granter, item))).collect()
    }

    /// What each copy holds: everything, but for a legal extract only the items its receiver may have.
    fn copies(&self, items: &[Item<'a>]) -> Vec<GrantedCopy> {
        let copy = |to: &CopyTo| {
            let held: Vec<_> = items.iter().filter(|item| !self.ask.legal_extract || self.may_have(to.person_id, item)).collect();
            GrantedCopy {
                to: *to,
                note_ids: held.iter().filter_map(|item| item.note).map(|note| note.id).collect(),
                beyond_notes: held.iter().any(|item| item.note.is_none()),
            }
        };
        self.ask.copies.iter().map(copy).collect()
    }
}
