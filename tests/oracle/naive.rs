//! The permission rules once more, straight from the words of the policy and as naively as they are written there: the oracle.
//!
//! It shares nothing with `src/policy` but the plain facts and the names of the rules. It asks every question of every record, as often as it
//! likes. Where the words of the policy leave something open, both read it like this:
//!
//! - A refusal also stands against an ask that names no team or officer and so could reach whom it names.
//! - "Still has it now" (R5) means without a break, in the same capacity: what lapsed once does not come back by itself.
//! - A parent or guardian of whom no entry says otherwise may hold parental responsibility, so their no counts (R7); and it goes on counting when
//!   they no longer take part in the case.
//! - A participant recorded as `representative_reg64` represents as a parent does.
//! - Whoever has died decides nothing from that day on, and their no counts beside the yes of another no more; their no about themselves stands.
//! - What ended with its case has ended, even if it had not started (R9).
//! - A contact that is not safe (422) is told before anything that is 409.
//!
//! Over 350 lines because the rules are read from top to bottom, as they are written.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use sendiass::domain::consent::{Condition, ConsentRecipient};
use sendiass::domain::disclosure::{Ask, AskRecipient, ConsentFact, Facts, HeardAs, NoteFact, RefusalRule, RefusalRule as Rule};
use sendiass::domain::ids::{ConsentId, NoteId, PersonId};
use sendiass::domain::time::Timestamp;
use sendiass::domain::vocabulary::{
    Basis, CapacityOutcome, ConditionKind, ConsentDecision, ConsentSought, ConsentStatus, InformationCategory, RecipientType, ToldSubject,
};
use unicode_normalization::UnicodeNormalization;

use crate::family::{Family, london_day};

/// One failing element: where, why, and whom it is about.
pub type Element = (String, RefusalRule, Vec<PersonId>);

/// The outcome in a form that can be compared.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be passed on.
    Granted {
        /// Each permission relied on, with its version and the people it serves.
        relied: BTreeSet<(ConsentId, i64, Vec<PersonId>)>,
        /// The conditions that had to hold.
        conditions: BTreeSet<ConditionKind>,
        /// The permissions that are used up.
        once_only: BTreeSet<ConsentId>,
        /// Who gets a copy, of which notes, and whether of what goes beyond them.
        copies: Vec<(PersonId, Vec<NoteId>, bool)>,
        /// The refusals that are shown and do not stand in the way, each with why, and with whom it is about.
        heard: BTreeMap<(ConsentId, HeardAs), BTreeSet<PersonId>>,
    },
    /// It may not.
    Refused {
        /// The problem code.
        code: &'static str,
        /// Everything that fails.
        failing: BTreeSet<Element>,
        /// About whom those who decide together disagree, and whether a refusal of this case says so that whoever asks knows of.
        conflicts: BTreeMap<PersonId, bool>,
    },
}

/// What is passed on: one note, or what goes beyond notes.
#[derive(Clone, Copy)]
enum Item<'a> {
    Note(usize, &'a NoteFact),
    Beyond,
}

/// One item, one person it is of, one kind of information.
#[derive(Clone, Copy)]
struct Need<'a> {
    item: Item<'a>,
    subject: PersonId,
    category: InformationCategory,
    /// The place of the category in the request, of what goes beyond notes.
    place: usize,
}

impl Need<'_> {
    fn pointer(&self) -> String {
        match self.item {
            Item::Note(index, _) => format!("#/noteIds/{index}"),
            Item::Beyond => format!("#/informationCategories/{}", self.place),
        }
    }

    fn note(&self) -> Option<&NoteFact> {
        match self.item {
            Item::Note(_, note) => Some(note),
            Item::Beyond => None,
        }
    }
}

/// Why a need is not met; `disagreement` if because those who decide together disagree (R7), and whether that is known in this case.
#[derive(Clone, Copy)]
struct Unmet {
    rule: Rule,
    disagreement: Option<bool>,
}

fn unmet<T>(rule: Rule) -> Result<T, Unmet> {
    Err(Unmet { rule, disagreement: None })
}

/// The decision by the words of the policy.
pub fn judge(ask: &Ask, facts: &Facts, now: Timestamp) -> Verdict {
    let (family, known) = (Family::new(&facts.family), Family::as_known(&facts.family));
    Oracle { ask, facts, now, today: london_day(now), family, known }.judge()
}

fn refused(code: &'static str, failing: impl IntoIterator<Item = (String, Rule)>) -> Verdict {
    let failing = failing.into_iter().map(|(pointer, rule)| (pointer, rule, Vec::new())).collect();
    Verdict::Refused { code, failing, conflicts: BTreeMap::new() }
}

fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.nfkc().collect::<String>().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    plain(one) == plain(other)
}

struct Oracle<'a> {
    ask: &'a Ask,
    facts: &'a Facts,
    now: Timestamp,
    today: NaiveDate,
    family: Family,
    known: Family,
}

impl<'a> Oracle<'a> {
    fn judge(&self) -> Verdict {
        match self.ask.basis {
            Basis::Safeguarding => self.risk(),
            _ if self.facts.conflicted_decider => refused("same-person", [("#".to_owned(), Rule::ConflictedDecider)]),
            Basis::Anonymised => self.anonymous(),
            Basis::DataSubjectRight => self.answer(),
            Basis::Permission => self.permission(),
        }
    }

    /// C9: to whoever may ask, at an address that is theirs, once every item is decided.
    fn answer(&self) -> Verdict {
        let mut lacks = Vec::new();
        if !self.facts.sar.authorised {
            lacks.push(("#".to_owned(), Rule::AuthorityMissing));
        }
        if !self.facts.sar.verified {
            lacks.push(("#".to_owned(), Rule::AddressUnverified));
        }
        if !self.facts.sar.decided {
            lacks.push(("#/basis".to_owned(), Rule::SarNotDecided));
        }
        if lacks.is_empty() { granted() } else { refused("invalid-state", lacks) }
    }

    /// Section (d), and nothing else: never a permission, a wish, a refusal, a changed version.
    fn risk(&self) -> Verdict {
        let why = self.ask.safeguarding.clone().unwrap_or_default();
        let mut missing = BTreeSet::new();
        let mut need = |there: bool, pointer: &str| {
            if !there {
                missing.insert((pointer.to_owned(), Rule::SafeguardingFieldsMissing, Vec::new()));
            }
        };
        need(!why.risk_types.is_empty(), "#/safeguarding/riskTypes");
        need(!why.grounds.at_risk_person_ids.is_empty() || why.grounds.at_risk_description.is_some(), "#/safeguarding/atRiskPersonIds");
        need(why.grounds.necessity.is_some(), "#/safeguarding/necessity");
        need(why.grounds.proportionality.is_some(), "#/safeguarding/proportionality");
        need(why.grounds.consent_sought.is_some(), "#/safeguarding/consentSought");
        need(
            why.grounds.consent_sought != Some(ConsentSought::NotSought) || why.grounds.no_consent_reason.is_some(),
            "#/safeguarding/noConsentReason",
        );
        need(self.ask.summary.is_some(), "#/summary");
        need(self.ask.told_subject.is_some(), "#/toldSubject");
        let must_say_why = matches!(self.ask.told_subject, Some(ToldSubject::No | ToldSubject::Later));
        need(!must_say_why || self.ask.told_reason.is_some(), "#/toldReason");
        let kinds = !self.ask.information_categories.is_empty();
        need(!kinds || !self.ask.subject_ids.is_empty(), "#/subjectIds");
        need(kinds || !self.ask.note_ids.is_empty(), "#/noteIds");
        let protects = match &self.ask.recipient {
            AskRecipient::Body { .. } => self.facts.recipient.is_some_and(|body| body.safeguarding_function),
            AskRecipient::Person(_) => false,
            AskRecipient::Unregistered { body, .. } => protects(body.body_type),
        };
        if !protects {
            missing.insert(("#/recipient".to_owned(), Rule::RecipientWithoutSafeguardingFunction, Vec::new()));
        }
        if missing.is_empty() {
            granted()
        } else {
            Verdict::Refused { code: "rule-violated", failing: missing, conflicts: BTreeMap::new() }
        }
    }

    /// Section (c): what was found in the text, and the cohort.
    fn anonymous(&self) -> Verdict {
        let mut failing = BTreeSet::new();
        if let Some(found) = &self.facts.anonymity {
            failing.extend(found.hits.iter().map(|hit| (hit.pointer.clone(), hit.rule, Vec::new())));
            if found.families < self.facts.limits.families_floor {
                failing.insert(("#/cohort".to_owned(), Rule::CohortTooSmall, Vec::new()));
            }
            if found.repeated {
                failing.insert(("#/summary".to_owned(), Rule::RepeatedWording, Vec::new()));
            }
        }
        if failing.is_empty() { granted() } else { Verdict::Refused { code: "identifying-details", failing, conflicts: BTreeMap::new() } }
    }

    fn permission(&self) -> Verdict {
        if !self.facts.unsafe_contacts.is_empty() {
            return refused("rule-violated", self.facts.unsafe_contacts.iter().map(|contact| (contact.pointer.clone(), contact.rule)));
        }
        let old = self.notes().filter(|(_, note)| note.superseded).map(|(index, _)| (format!("#/noteIds/{index}"), Rule::NoteSuperseded));
        let old: Vec<_> = old.collect();
        if !old.is_empty() {
            return refused("invalid-state", old);
        }
        let mut people: BTreeMap<(String, Rule), BTreeSet<PersonId>> = BTreeMap::new();
        let mut conflicts = BTreeMap::new();
        let mut relied: BTreeMap<ConsentId, BTreeSet<PersonId>> = BTreeMap::new();
        // C15: an extract goes with a copy to everybody whose permission it rests on, so one of somebody who may have none serves last.
        let gets_something = |by: &ConsentFact| self.items().into_iter().any(|item| self.may_have_all_of(by.granter, item));
        for item in self.items() {
            // An item with no data subject at all, and one that names others, for whom no permission can exist.
            if self.subjects(item).is_empty() || matches!(item, Item::Note(_, note) if note.names_others) {
                for pointer in self.pointers(item) {
                    people.entry((pointer, Rule::ConsentMissing)).or_default();
                }
            }
            // What was passed on because of a risk does not go to somebody from whom it is withheld.
            if let (Item::Note(index, note), AskRecipient::Person(person)) = (item, &self.ask.recipient)
                && self.is_withheld(note, *person)
            {
                people.entry((format!("#/noteIds/{index}"), Rule::WithheldFromRecipient)).or_default();
            }
            for need in self.needs(item) {
                match self.met(&need, &self.ask.recipient, !self.ask.legal_extract) {
                    Ok(all) => {
                        let sendable = all.iter().copied().filter(|by| self.ask.legal_extract && gets_something(by));
                        let by = newest(sendable).or_else(|| newest(all.iter().copied())).unwrap();
                        relied.entry(by.id).or_default().insert(need.subject);
                    }
                    Err(unmet) => {
                        let told = people.entry((need.pointer(), unmet.rule)).or_default();
                        if is_about_people(unmet.rule) {
                            told.insert(need.subject);
                        }
                        if let Some(known_here) = unmet.disagreement {
                            *conflicts.entry(need.subject).or_default() |= known_here;
                        }
                    }
                }
            }
        }
        let mut copies = Vec::new();
        if people.is_empty() {
            for (index, copy) in self.ask.copies.iter().enumerate() {
                // A legal extract's copy holds only the items its receiver may have; any other copy is whole.
                let held = |item: &Item<'a>| !self.ask.legal_extract || self.may_have_all_of(copy.person_id, *item);
                let held: Vec<_> = self.items().into_iter().filter(held).collect();
                if held.is_empty() {
                    people.entry((format!("#/copies/{index}"), Rule::CopyNotPermitted)).or_default();
                }
                let mut notes: Vec<_> =
                    held.iter().filter_map(|item| if let Item::Note(_, note) = item { Some(note.id) } else { None }).collect();
                notes.sort_unstable();
                copies.push((copy.person_id, notes, held.iter().any(|item| matches!(item, Item::Beyond))));
            }
        }
        if people.is_empty()
            && let Some(draft) = &self.facts.resting_on
        {
            let rested: BTreeSet<_> = draft.iter().copied().collect();
            let rests: BTreeSet<_> = relied.keys().map(|id| (*id, self.record(*id).version)).collect();
            if rested != rests {
                people.entry(("#".to_owned(), Rule::ConsentChanged)).or_default();
            }
        }
        // C15: an extract that is sent goes with a copy to everybody who permitted it.
        let sent = self.ask.legal_extract && self.facts.resting_on.is_some();
        if people.is_empty() && sent && !relied.keys().all(|id| self.gets_a_copy(self.record(*id).granter)) {
            return refused("copy-recipient-required", [("#/copies".to_owned(), Rule::CopyRecipientRequired)]);
        }
        if people.is_empty() {
            let conditions = relied.keys().flat_map(|id| &self.record(*id).conditions);
            copies.sort_unstable();
            return Verdict::Granted {
                conditions: conditions.clone().map(|condition| condition.kind).collect(),
                once_only: relied.keys().filter(|id| has(self.record(**id), ConditionKind::OnceOnly)).copied().collect(),
                relied: relied.iter().map(|(id, served)| (*id, self.record(*id).version, served.iter().copied().collect())).collect(),
                copies,
                heard: self.heard(),
            };
        }
        let required = people.keys().any(|(_, rule)| is_about_people(*rule) || *rule == Rule::ConsentChanged);
        let failing = people.into_iter().map(|((pointer, rule), told)| (pointer, rule, told.into_iter().collect())).collect();
        Verdict::Refused { code: if required { "consent-required" } else { "consent-scope-exceeded" }, failing, conflicts }
    }

    /// R6: a child's refusal with `cannot_decide` is shown as a wish. R7, E4: a refusal of somebody without a say is shown. Both only as far as whoever asks
    /// knows of the refusal, and that it does not count.
    fn heard(&self) -> BTreeMap<(ConsentId, HeardAs), BTreeSet<PersonId>> {
        let mut heard: BTreeMap<_, BTreeSet<PersonId>> = BTreeMap::new();
        for need in self.items().into_iter().flat_map(|item| self.needs(item)) {
            for refusal in self.refusals(&need, &self.ask.recipient).filter(|refusal| refusal.visible) {
                let own = refusal.granter == need.subject;
                let wish = own && self.known.is_child(need.subject, self.today);
                if wish && self.known.competence(need.subject, self.today) == Some(CapacityOutcome::CannotDecide) {
                    heard.entry((refusal.id, HeardAs::Wish)).or_default().insert(need.subject);
                }
                if !own && !self.known.may_object(refusal.granter, need.subject, self.today) {
                    heard.entry((refusal.id, HeardAs::NotTheirsToDecide)).or_default().insert(need.subject);
                }
            }
        }
        heard
    }

    fn gets_a_copy(&self, person: PersonId) -> bool {
        self.ask.copies.iter().any(|copy| copy.person_id == person)
    }

    fn record(&self, id: ConsentId) -> &'a ConsentFact {
        self.facts.consents.iter().find(|record| record.id == id).unwrap()
    }

    fn notes(&self) -> impl Iterator<Item = (usize, &'a NoteFact)> {
        let all = &self.facts.notes;
        self.ask.note_ids.iter().enumerate().map(|(index, id)| (index, all.iter().find(|note| note.id == *id).unwrap()))
    }

    fn items(&self) -> Vec<Item<'a>> {
        let beyond = !self.ask.subject_ids.is_empty() || !self.ask.information_categories.is_empty();
        self.notes().map(|(index, note)| Item::Note(index, note)).chain(beyond.then_some(Item::Beyond)).collect()
    }

    fn pointers(&self, item: Item) -> Vec<String> {
        match item {
            Item::Note(index, _) => vec![format!("#/noteIds/{index}")],
            Item::Beyond => (0..self.ask.information_categories.len()).map(|index| format!("#/informationCategories/{index}")).collect(),
        }
    }

    /// The person an item is from and everyone it is about; not professionals in their role.
    fn subjects(&self, item: Item) -> Vec<PersonId> {
        let people: BTreeSet<_> = match item {
            Item::Note(_, note) => note.from.into_iter().chain(note.about.iter().copied()).collect(),
            Item::Beyond => self.ask.subject_ids.iter().copied().collect(),
        };
        people.into_iter().filter(|person| !self.family.is_professional_in_their_role(*person)).collect()
    }

    fn needs(&self, item: Item<'a>) -> Vec<Need<'a>> {
        let categories = match item {
            Item::Note(_, note) => note.categories.clone(),
            Item::Beyond => self.ask.information_categories.clone(),
        };
        let mut needs = Vec::new();
        for subject in self.subjects(item) {
            for (place, category) in categories.iter().copied().enumerate() {
                needs.push(Need { item, subject, category, place });
            }
        }
        needs
    }

    /// The permissions that meet a need if this recipient gets it, one at least, or the rule that is told.
    fn met(&self, need: &Need<'a>, to: &AskRecipient, with_copies: bool) -> Result<Vec<&'a ConsentFact>, Unmet> {
        // R6 comes first, so that staff are not sent to ask someone who has said no.
        let own: Vec<_> = self.refusals(need, to).filter(|refusal| refusal.granter == need.subject).collect();
        if !own.is_empty() && no_of(need.subject, self.today, &self.family).is_some() {
            let told = no_of(need.subject, self.today, &self.known).filter(|_| own.iter().any(|refusal| refusal.visible));
            return unmet(told.unwrap_or(Rule::ConsentMissing));
        }
        // R3: candidates are all permissions of this case that name the subject.
        let candidates: Vec<_> = self.permissions_here().filter(|record| record.subjects.contains(&need.subject)).collect();
        if candidates.is_empty() {
            return unmet(Rule::ConsentMissing);
        }
        // R4 and R5, then R7 among those that pass.
        let with_authority: Vec<_> =
            candidates.iter().filter(|record| self.step(record, need, to).is_none_or(|(step, _)| step > 5)).collect();
        if !with_authority.is_empty() && with_authority.iter().all(|record| record.granter != need.subject) {
            let objects = |family: &Family, refusal: &ConsentFact| family.may_object(refusal.granter, need.subject, self.today);
            let others: Vec<_> = self.refusals(need, to).filter(|refusal| objects(&self.family, refusal)).collect();
            if !others.is_empty() {
                let told = others.iter().any(|refusal| refusal.visible && objects(&self.known, refusal));
                let rule = if told { Rule::ConflictingRefusal } else { Rule::ConsentMissing };
                let here = self.facts.family.case_id;
                let known_here = others.iter().any(|refusal| refusal.case_id == here && refusal.visible && objects(&self.known, refusal));
                return Err(Unmet { rule, disagreement: Some(known_here) });
            }
        }
        // R8 to R13; of those that pass, the newest of each granter goes on to R14 and R15.
        let passed: Vec<&ConsentFact> = candidates.iter().copied().filter(|record| self.step(record, need, to).is_none()).collect();
        if passed.is_empty() {
            let steps = candidates.iter().filter_map(|record| Some((self.step(record, need, to)?, record.decided_at, record.id)));
            let furthest = steps.max_by_key(|((step, _), decided_at, id)| (*step, *decided_at, *id));
            return unmet(furthest.unwrap().0.1);
        }
        let granters: BTreeSet<_> = passed.iter().map(|record| record.granter).collect();
        let last_words = granters.iter().filter_map(|granter| newest(passed.iter().copied().filter(|record| record.granter == *granter)));
        let last_words: Vec<&ConsentFact> = last_words.collect();
        let meet: Vec<_> = last_words.iter().copied().filter(|record| self.last_step(record, need, to, with_copies).is_none()).collect();
        if !meet.is_empty() {
            return Ok(meet);
        }
        let steps =
            last_words.iter().filter_map(|record| Some((self.last_step(record, need, to, with_copies)?, record.decided_at, record.id)));
        let furthest = steps.max_by_key(|((step, _), decided_at, id)| (*step, *decided_at, *id));
        unmet(furthest.unwrap().0.1)
    }

    fn permissions_here(&self) -> impl Iterator<Item = &'a ConsentFact> {
        let here = self.facts.family.case_id;
        self.facts.consents.iter().filter(move |record| record.decision == ConsentDecision::Given && record.case_id == here)
    }

    /// The first of R4, R5 and R8 to R13 that a permission fails for a need.
    fn step(&self, record: &ConsentFact, need: &Need, to: &AskRecipient) -> Option<(u8, Rule)> {
        let to_council = matches!(to, AskRecipient::Body { .. }) && self.facts.recipient.is_some_and(|body| body.in_council);
        let decided_on = london_day(record.decided_at);
        // What fails only by what the caller may not know is told as if there were no permission.
        let told = |rule, holds: bool| if holds { Rule::ConsentMissing } else { rule };
        let had = |family: &Family| family.had_authority(record.granter, need.subject, decided_on, to_council);
        if !had(&self.family) {
            return Some((4, told(Rule::GranterNotAuthorised, had(&self.known))));
        }
        let kept = |family: &Family| family.has_kept_authority(record.granter, need.subject, decided_on, self.today, to_council);
        if !kept(&self.family) {
            return Some((5, told(Rule::GranterAuthorityLapsed, kept(&self.known))));
        }
        match record.status {
            ConsentStatus::Withdrawn => return Some((8, Rule::ConsentWithdrawn)),
            ConsentStatus::Superseded => return Some((8, Rule::ConsentSuperseded)),
            ConsentStatus::EnteredInError => return Some((8, Rule::ConsentEnteredInError)),
            ConsentStatus::Live | ConsentStatus::Expired => {}
        }
        if let Some(rule) = self.out_of_time(record) {
            return Some((9, rule));
        }
        if !record.recipients.iter().any(|named| self.permits_recipient(named, to)) {
            return Some((10, Rule::RecipientNotCovered));
        }
        if !record.purposes.contains(&self.ask.purpose) {
            return Some((11, Rule::PurposeNotCovered));
        }
        let names_note = need.note().is_some_and(|note| record.note_ids.contains(&note.id));
        if need.note().is_some_and(|note| !note.onward_sharing) && !names_note {
            return Some((12, Rule::OnwardSharingNotCovered));
        }
        if !names_note && !record.categories.contains(&need.category) {
            return Some((12, Rule::DataNotCovered));
        }
        if !record.directions.contains(&self.ask.direction) {
            return Some((13, Rule::DirectionNotCovered));
        }
        None
    }

    /// R9; what has ended with its case never starts.
    fn out_of_time(&self, record: &ConsentFact) -> Option<Rule> {
        if record.status != ConsentStatus::Expired && record.starts_at.unwrap_or(record.decided_at) > self.now {
            return Some(Rule::ConsentNotStarted);
        }
        let covered = record.expires_on.is_some_and(|last| self.today <= last);
        (record.status == ConsentStatus::Expired || !covered).then_some(Rule::ConsentExpired)
    }

    /// The first of R14 and R15 that a permission fails for a need.
    fn last_step(&self, record: &ConsentFact, need: &Need<'a>, to: &AskRecipient, with_copies: bool) -> Option<(u8, Rule)> {
        if let Some(note) = need.note()
            && note.keep_confidential
            && !record.note_ids.contains(&note.id)
        {
            let whose = note.wish_by.or(note.from).filter(|person| self.subjects(need.item).contains(person));
            if whose.is_none_or(|person| person == need.subject) {
                return Some((14, Rule::ItemMarkedConfidential));
            }
        }
        if !record.conditions.iter().all(|condition| self.holds(condition, record, to)) {
            return Some((15, Rule::ConditionUnmet));
        }
        let permitted = || self.ask.copies.iter().all(|copy| self.may_have_a_copy(copy.person_id, need, record));
        (with_copies && !permitted()).then_some((15, Rule::CopyNotPermitted))
    }

    fn holds(&self, condition: &Condition, record: &ConsentFact, to: &AskRecipient) -> bool {
        match condition.kind {
            // An extract is sent with a copy to everybody who permitted that the officer gets it, in any case (C15).
            ConditionKind::CopyToGranter => self.gets_a_copy(record.granter) || (self.ask.legal_extract && *to == self.ask.recipient),
            ConditionKind::NotBefore => condition.not_before_on.is_some_and(|first| self.today >= first),
            ConditionKind::ChannelIn => condition.channels.contains(&self.ask.channel),
            ConditionKind::OnceOnly => !record.used,
        }
    }

    /// Section (d): the note was passed on because of a risk, and is withheld from this person until a day that is not over.
    fn is_withheld(&self, note: &NoteFact, person: PersonId) -> bool {
        let mut of_it = self.facts.withheld.iter().filter(|withheld| (withheld.note_id, withheld.from_id) == (note.id, person));
        of_it.any(|withheld| withheld.until_on >= self.today)
    }

    /// R15: its receiver said the item, or for each need of it is the granter or the subject, or is named as recipient by a permission that
    /// covers the need; and the item is not withheld from them.
    fn may_have_a_copy(&self, receiver: PersonId, need: &Need<'a>, by: &ConsentFact) -> bool {
        if need.note().is_some_and(|note| self.is_withheld(note, receiver)) {
            return false;
        }
        let said = need.note().is_some_and(|note| note.from == Some(receiver));
        let concerned = by.granter == receiver || need.subject == receiver;
        said || concerned || self.met(need, &AskRecipient::Person(receiver), false).is_ok()
    }

    fn may_have_all_of(&self, receiver: PersonId, item: Item<'a>) -> bool {
        let meet = |need: &Need<'a>| self.met(need, &self.ask.recipient, false).unwrap_or_default();
        self.needs(item).iter().all(|need| meet(need).iter().any(|by| self.may_have_a_copy(receiver, need, by)))
    }

    /// Live refusals for a need, whoever's they are.
    fn refusals(&self, need: &Need, to: &AskRecipient) -> impl Iterator<Item = &'a ConsentFact> {
        let refused = self.facts.consents.iter().filter(|record| record.decision == ConsentDecision::Refused);
        refused.filter(move |refusal| {
            let gone = [ConsentStatus::Withdrawn, ConsentStatus::Superseded, ConsentStatus::EnteredInError].contains(&refusal.status);
            let mut later =
                self.permissions_here().filter(|later| later.granter == refusal.granter && later.decided_at > refusal.decided_at);
            let taken_back = later.any(|later| {
                let in_force = later.status == ConsentStatus::Live && self.out_of_time(later).is_none();
                in_force && later.subjects.contains(&need.subject) && self.covers(later, need, to)
            });
            refusal.subjects.contains(&need.subject) && self.refuses(refusal, need, to) && !gone && !taken_back
        })
    }

    fn covers(&self, record: &ConsentFact, need: &Need, to: &AskRecipient) -> bool {
        let names_note = need.note().is_some_and(|note| record.note_ids.contains(&note.id));
        record.recipients.iter().any(|named| self.permits_recipient(named, to))
            && record.purposes.contains(&self.ask.purpose)
            && record.directions.contains(&self.ask.direction)
            && (names_note || record.categories.contains(&need.category))
    }

    /// In a refusal an absent list means "all", and notes without categories mean those notes.
    fn refuses(&self, refusal: &ConsentFact, need: &Need, to: &AskRecipient) -> bool {
        let names_note = need.note().is_some_and(|note| refusal.note_ids.contains(&note.id));
        let nothing_named = refusal.note_ids.is_empty() && refusal.categories.is_empty();
        (refusal.recipients.is_empty() || refusal.recipients.iter().any(|named| refuses_recipient(named, to)))
            && (refusal.purposes.is_empty() || refusal.purposes.contains(&self.ask.purpose))
            && (refusal.directions.is_empty() || refusal.directions.contains(&self.ask.direction))
            && (nothing_named || names_note || refusal.categories.contains(&need.category))
    }

    /// The same body, the same team, and that person if one is named; a council body always needs a team. Or the same participant.
    fn permits_recipient(&self, named: &ConsentRecipient, to: &AskRecipient) -> bool {
        match to {
            AskRecipient::Body { recipient_id, team_id, person_name, .. } => {
                let council = self.facts.recipient.is_some_and(|body| body.in_council);
                let officer = named
                    .person_name
                    .as_ref()
                    .is_none_or(|officer| person_name.as_ref().is_some_and(|asked| same_name(officer.as_str(), asked.as_str())));
                named.recipient_id == Some(*recipient_id) && named.team_id == *team_id && !(council && team_id.is_none()) && officer
            }
            AskRecipient::Person(person) => named.person_id == Some(*person),
            AskRecipient::Unregistered { .. } => false,
        }
    }
}

fn granted() -> Verdict {
    Verdict::Granted {
        relied: BTreeSet::new(),
        conditions: BTreeSet::new(),
        once_only: BTreeSet::new(),
        copies: Vec::new(),
        heard: BTreeMap::new(),
    }
}

fn has(record: &ConsentFact, kind: ConditionKind) -> bool {
    record.conditions.iter().any(|condition| condition.kind == kind)
}

fn newest<'a>(records: impl Iterator<Item = &'a ConsentFact>) -> Option<&'a ConsentFact> {
    records.max_by_key(|record| (record.decided_at, record.id))
}

/// R3 to R9 say whom they are about.
fn is_about_people(rule: Rule) -> bool {
    use Rule::{
        CompetenceNotAssessed, ConflictingRefusal, ConsentEnteredInError, ConsentExpired, ConsentMissing, ConsentNotStarted,
        ConsentSuperseded, ConsentWithdrawn, GranterAuthorityLapsed, GranterNotAuthorised, SubjectRefused,
    };
    [
        ConsentMissing,
        GranterNotAuthorised,
        GranterAuthorityLapsed,
        SubjectRefused,
        CompetenceNotAssessed,
        ConflictingRefusal,
        ConsentWithdrawn,
        ConsentSuperseded,
        ConsentEnteredInError,
        ConsentNotStarted,
        ConsentExpired,
    ]
    .contains(&rule)
}

/// What the no of somebody about themselves means (R6).
fn no_of(subject: PersonId, today: NaiveDate, family: &Family) -> Option<Rule> {
    match (family.is_child(subject, today), family.competence(subject, today)) {
        (true, Some(CapacityOutcome::CannotDecide)) => None,
        (true, None) => Some(Rule::CompetenceNotAssessed),
        (true, Some(CapacityOutcome::CanDecide)) | (false, _) => Some(Rule::SubjectRefused),
    }
}

/// In a refusal a body without team means all its teams; an ask without team or officer could reach whom the refusal names.
fn refuses_recipient(named: &ConsentRecipient, to: &AskRecipient) -> bool {
    match to {
        AskRecipient::Body { recipient_id, team_id, person_name, .. } => {
            let officer = named
                .person_name
                .as_ref()
                .is_none_or(|officer| person_name.as_ref().is_none_or(|asked| same_name(officer.as_str(), asked.as_str())));
            let team = named.team_id.is_none() || team_id.is_none() || named.team_id == *team_id;
            named.recipient_id == Some(*recipient_id) && team && officer
        }
        AskRecipient::Person(person) => named.person_id == Some(*person),
        AskRecipient::Unregistered { .. } => false,
    }
}

/// Hub, police, social care, designated officer.
fn protects(body: RecipientType) -> bool {
    use RecipientType::{LaDesignatedOfficer, LaSocialCare, MashSafeguardingHub, Police};
    [MashSafeguardingHub, Police, LaSocialCare, LaDesignatedOfficer].contains(&body)
}
