//! The policy against its oracle: a second implementation of the rules, which shares nothing with the first, must come to the same verdict, in
//! full, about every state there is.
//!
//! By default some 184,000 decisions are compared, in a few seconds. `SENDIASS_ORACLE=50` compares fifty times as many of what is sampled.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod chance;
mod family;
mod naive;
mod others;
mod texts;
mod turns;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use naive::{Verdict, judge};
use sendiass::domain::disclosure::{Ask, Facts, RefusalRule};
use sendiass::domain::ids::PersonId;
use sendiass::domain::time::{Timestamp, age_out_on};
use sendiass::policy::disclosure::decide;
use turns::{CONDITION, COVER, GRANTER, ITEM, REFUSAL, STATUS, SUBJECT, Turn};
use world::{FINN, MIA, World};

/// The verdict of the policy, in the form of the oracle.
fn policy(ask: &Ask, facts: &Facts, now: Timestamp) -> Verdict {
    match decide(ask, facts, now) {
        Ok(grant) => {
            let mut copies: Vec<_> =
                grant.copies().iter().map(|copy| (copy.to().person_id, sorted(copy.note_ids()), copy.beyond_notes())).collect();
            copies.sort_unstable();
            Verdict::Granted {
                relied: grant.consents().iter().map(|by| (by.consent_id, by.version, by.subject_ids.clone())).collect(),
                conditions: grant.conditions_met().iter().copied().collect(),
                once_only: grant.once_only().iter().copied().collect(),
                copies,
                heard: grant.heard().iter().map(|no| ((no.consent_id, no.rule), no.subject_ids.iter().copied().collect())).collect(),
            }
        }
        Err(refusal) => {
            let failing: BTreeSet<_> =
                refusal.failings.iter().map(|failing| (failing.pointer.clone(), failing.rule, failing.subject_ids.clone())).collect();
            assert_eq!(failing.len(), refusal.failings.len(), "each (pointer, rule) is told once");
            let conflicts = refusal.conflicts.into_iter().map(|conflict| (conflict.about, conflict.shows_here));
            Verdict::Refused { code: refusal.code.as_str(), failing, conflicts: conflicts.collect() }
        }
    }
}

fn sorted<T: Ord + Clone>(list: &[T]) -> Vec<T> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list
}

/// How many were compared, and how often each verdict came up.
#[derive(Default)]
struct Tally {
    compared: u64,
    granted: u64,
    rules: BTreeMap<RefusalRule, u64>,
    differences: Vec<String>,
}

impl Tally {
    fn compare(&mut self, world: &World, what: impl FnOnce() -> String) {
        let (by_policy, by_words) = (policy(&world.ask, &world.facts, world.now), judge(&world.ask, &world.facts, world.now));
        self.compared += 1;
        match &by_words {
            Verdict::Granted { .. } => self.granted += 1,
            Verdict::Refused { failing, .. } => {
                for (_, rule, _) in failing {
                    *self.rules.entry(*rule).or_default() += 1;
                }
            }
        }
        if by_policy != by_words {
            self.differences.push(format!("{}\n    policy: {by_policy:?}\n    oracle: {by_words:?}", what()));
        }
    }

    /// No difference, so many compared, and nothing that never happens: each of these rules refused, and something was granted.
    fn settle(self, name: &str, at_least: u64, rules: &[RefusalRule]) {
        let seen: Vec<_> = self.rules.iter().map(|(rule, times)| format!("{rule} {times}")).collect();
        println!("{name}: {} compared, {} granted; {}", self.compared, self.granted, seen.join(", "));
        let some: Vec<_> = self.differences.iter().take(12).cloned().collect();
        assert!(self.differences.is_empty(), "{name}: {} of {} differ:\n{}", self.differences.len(), self.compared, some.join("\n"));
        assert!(self.compared >= at_least && self.granted > 0, "{name}: only {} compared", self.compared);
        for rule in rules {
            assert!(self.rules.contains_key(rule), "{name}: nothing was refused by {rule}");
        }
    }
}

/// The world of one number: one turn of each list.
fn turned(lists: &[&[Turn]], mut number: u64) -> (World, Vec<&'static str>) {
    let mut world = world::world();
    let mut names = Vec::new();
    for list in lists {
        let size = list.len() as u64;
        let (name, turn) = list[usize::try_from(number % size).unwrap()];
        number /= size;
        turn(&mut world);
        names.push(name);
    }
    (world, names)
}

fn size(lists: &[&[Turn]]) -> u64 {
    lists.iter().map(|list| list.len() as u64).product()
}

fn every(lists: &[&[Turn]], step: u64) -> Tally {
    let mut tally = Tally::default();
    let mut number = 0;
    while number < size(lists) {
        let (world, names) = turned(lists, number);
        tally.compare(&world, || names.join(" / "));
        number += step;
    }
    tally
}

/// So many times as much, of what is sampled.
#[expect(clippy::disallowed_methods, reason = "this is no setting of the service")]
fn times() -> u64 {
    std::env::var("SENDIASS_ORACLE").map_or(1, |times| times.parse().expect("a number"))
}

use RefusalRule as Rule;

/// The rules about who decides and whether it stands (R3 to R9).
const WHO: &[Rule] = &[
    Rule::ConsentMissing,
    Rule::GranterNotAuthorised,
    Rule::GranterAuthorityLapsed,
    Rule::SubjectRefused,
    Rule::CompetenceNotAssessed,
    Rule::ConflictingRefusal,
    Rule::ConsentWithdrawn,
    Rule::ConsentSuperseded,
    Rule::ConsentEnteredInError,
    Rule::ConsentNotStarted,
    Rule::ConsentExpired,
];
/// The rules about what is covered (R10 to R15).
const WHAT: &[Rule] = &[
    Rule::RecipientNotCovered,
    Rule::PurposeNotCovered,
    Rule::DataNotCovered,
    Rule::OnwardSharingNotCovered,
    Rule::DirectionNotCovered,
    Rule::ItemMarkedConfidential,
    Rule::ConditionUnmet,
];

/// Every granter with every subject and every refusal, whole: 29 x 22 x 34.
#[test]
fn the_oracle_agrees_about_everybody_who_decides() {
    every(&[GRANTER, SUBJECT, REFUSAL], 1).settle("who decides", 20_000, &WHO[..6]);
}

/// Every cover with every item, condition and status, whole: 18 x 18 x 11 x 11.
#[test]
fn the_oracle_agrees_about_everything_that_is_covered() {
    let mut rules = WHAT.to_vec();
    rules.extend(&WHO[6..]);
    rules.extend([Rule::CopyNotPermitted, Rule::NoteSuperseded]);
    every(&[COVER, ITEM, CONDITION, STATUS], 1).settle("what is covered", 39_000, &rules);
}

/// Every refusal against every ask, whole: 34 x 18 x 18.
#[test]
fn the_oracle_agrees_about_every_refusal_of_everything() {
    every(&[REFUSAL, COVER, ITEM], 1).settle("what is refused", 11_000, &[Rule::CompetenceNotAssessed, Rule::ConflictingRefusal]);
}

/// All seven lists at once, each so-many-thousandth state: the step has no divisor in common with any list, so every pair of turns occurs.
#[test]
fn the_oracle_agrees_about_a_sample_of_all_states() {
    let lists = [GRANTER, SUBJECT, REFUSAL, STATUS, COVER, ITEM, CONDITION];
    let step = (26_017 / times().min(26_000)) | 1;
    every(&lists, step).settle("all at once", 30_000, &[WHO, WHAT].concat());
}

/// Several permissions, refusals, notes, people and copies, drafts and extracts, by chance.
#[test]
fn the_oracle_agrees_about_families_made_by_chance() {
    let mut tally = Tally::default();
    for seed in 0..12_000 * times() {
        let world = chance::world(seed);
        tally.compare(&world, || format!("seed {seed}: {:?}\n    {:?}", world.ask, world.facts));
    }
    let mut rules = [WHO, WHAT].concat();
    rules.extend([Rule::CopyNotPermitted, Rule::ConsentChanged, Rule::WithheldFromRecipient]);
    tally.settle("by chance", 12_000, &rules);
}

/// C15: where the permissions of one parent would do, the extract is drafted so that it can be sent, whatever the other permits besides.
#[test]
fn the_oracle_agrees_about_extracts_and_what_could_be_sent_is_drafted_so_that_it_can() {
    let (mut tally, mut alone) = (Tally::default(), 0);
    for seed in 0..2_000 * times() {
        let drafted = chance::extract(seed);
        let what = || format!("seed {seed}: {:?}\n    {:?}", drafted.ask, drafted.facts);
        tally.compare(&drafted, what);
        let mut can_be_sent = |by: &[PersonId]| {
            let mut world = drafted.clone();
            world.facts.consents.retain(|record| by.contains(&record.granter));
            let Verdict::Granted { relied, .. } = policy(&world.ask, &world.facts, world.now) else { return false };
            let relied: BTreeSet<_> = relied.into_iter().map(|(id, version, _)| (id, version)).collect();
            let rests = world.facts.consents.iter().filter(|record| relied.contains(&(record.id, record.version)));
            let granters: BTreeSet<_> = rests.map(|record| record.granter).collect();
            for granter in granters {
                world.copy_to(granter);
            }
            world.facts.resting_on = Some(relied.into_iter().collect());
            tally.compare(&world, || format!("sent, {}", what()));
            matches!(policy(&world.ask, &world.facts, world.now), Verdict::Granted { .. })
        };
        if can_be_sent(&[MIA]) | can_be_sent(&[FINN]) {
            assert!(can_be_sent(&[MIA, FINN]), "{}", what());
            alone += 1;
        }
    }
    assert!(alone > 400, "{alone}");
    tally.settle("extracts", 4_000, &[Rule::ConsentMissing, Rule::CopyNotPermitted]);
}

/// Section (d): every set of missing fields, with every body, whatever the permissions say.
#[test]
fn the_oracle_agrees_about_every_risk() {
    let mut tally = Tally::default();
    for (world, what) in others::risks() {
        tally.compare(&world, || what);
    }
    tally.settle("risks", 50_000, &[Rule::SafeguardingFieldsMissing, Rule::RecipientWithoutSafeguardingFunction]);
}

/// Section (c), and the dispatch of a subject access request.
#[test]
fn the_oracle_agrees_about_texts_without_names_and_about_what_people_may_have_of_themselves() {
    let mut tally = Tally::default();
    for (world, what) in others::anonymous().chain(others::own_data()) {
        tally.compare(&world, || what);
    }
    tally.settle("others", 74, &[Rule::CohortTooSmall, Rule::RepeatedWording, Rule::IdentifierName, Rule::SarNotDecided]);
}

/// R5, for everybody born in sixty years.
#[test]
fn the_oracle_agrees_about_every_birthday() {
    let mut born = NaiveDate::from_ymd_opt(1980, 1, 1).unwrap();
    while born < NaiveDate::from_ymd_opt(2040, 1, 1).unwrap() {
        if (born.format("%m-%d").to_string()) != "02-29" {
            assert_eq!(age_out_on(born), family::age_out_day(born), "{born}");
        }
        born = born + Days::new(1);
    }
}
