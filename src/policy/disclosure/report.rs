//! What is said of permissions that do not serve: of each need the rule that counts, of all needs one list.

use std::collections::{BTreeMap, BTreeSet};

use super::clauses;
use crate::domain::disclosure::{Ask, Conflict, ConsentFact, Failing, Refusal, RefusalCode, RefusalRule};
use crate::domain::ids::{ConsentId, PersonId};
use crate::domain::time::Timestamp;

/// By which the newest permission is known.
pub(super) fn age(permission: &ConsentFact) -> (Timestamp, ConsentId) {
    (permission.decided_at, permission.id)
}

/// How far the permissions got that do not serve: the rule that stopped the one which got furthest, of equals the newest.
#[derive(Default)]
pub(super) struct Furthest(Option<(u8, (Timestamp, ConsentId), RefusalRule)>);

impl Furthest {
    pub(super) fn stopped(&mut self, stage: u8, permission: &ConsentFact, rule: RefusalRule) {
        self.0 = self.0.max(Some((stage, age(permission), rule)));
    }

    pub(super) fn rule(self) -> RefusalRule {
        self.0.map_or(RefusalRule::ConsentMissing, |(_, _, rule)| rule)
    }
}

/// What fails: one entry for each pointer and rule, in the order of the request.
#[derive(Default)]
pub(super) struct Found {
    pub(super) failings: Vec<(String, BTreeMap<RefusalRule, BTreeSet<PersonId>>)>,
    conflicts: BTreeMap<PersonId, Conflict>,
}

impl Found {
    pub(super) fn add(&mut self, pointer: &str, rule: RefusalRule, subject: Option<PersonId>) {
        if self.failings.last().is_none_or(|(last, _)| last != pointer) {
            self.failings.push((pointer.to_owned(), BTreeMap::new()));
        }
        if let Some((_, rules)) = self.failings.last_mut() {
            rules.entry(rule).or_default().extend(subject.filter(|_| rule.names_people()));
        }
    }

    /// People who decide together disagree, if they do.
    pub(super) fn conflict(&mut self, conflict: Option<Conflict>) {
        let Some(Conflict { about, refusals, shows_here }) = conflict else { return };
        let known = self.conflicts.entry(about).or_insert(Conflict { about, refusals: BTreeSet::new(), shows_here });
        // What shows in this case for one thing shows there.
        known.shows_here |= shows_here;
        known.refusals.extend(refusals);
    }

    pub(super) fn refusal(self, ask: &Ask) -> Refusal {
        let entries = self.failings.into_iter().flat_map(|(pointer, rules)| rules.into_iter().map(move |entry| (pointer.clone(), entry)));
        let failings: Vec<_> = entries
            .map(|(pointer, (rule, subjects))| Failing { pointer, rule, subject_ids: subjects.into_iter().collect(), range: None })
            .collect();
        let required = failings.iter().any(|failing| failing.rule.names_people());
        let code = if required { RefusalCode::ConsentRequired } else { RefusalCode::ConsentScopeExceeded };
        Refusal { code, failings, clauses: clauses(ask), conflicts: self.conflicts.into_values().collect() }
    }
}
