//! Why a use case did not do what was asked.

use crate::authz::Action;
use crate::db::{self, Refusing};
use crate::domain::disclosure::{Failing, PolicyRef, Refusal, RefusalRule};
use crate::domain::fault::Fault;

/// A disclosure that was refused.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// What the caller may do instead, if it was refused because of how something stands.
    pub allowed: Vec<Action>,
    /// The index of its entry in the disclosure log.
    pub index: Option<i64>,
    /// The policy in force.
    pub policy: PolicyRef,
}

/// Why a use case did not do what was asked. Nothing was changed, unless it says so.
#[derive(Debug)]
pub enum Error {
    /// The database: not found, stale, busy …
    Db(db::Error),
    /// A change that would leave the record against the contract (`400 validation-failed`).
    Invalid(Vec<Fault>),
    /// Parameters of the query that cannot be met (`400 validation-failed`); each fault names its parameter.
    Parameters(Vec<Fault>),
    /// Well formed, but against a rule of the request itself (`422 rule-violated`).
    Rule(Vec<Fault>),
    /// What is to be proved lies outside the tree (`422 rule-violated`); the parameter that says so.
    OutsideTree(&'static str),
    /// Parts of the request break rules of the policy that are about the request itself (`422 rule-violated`).
    Failing(Vec<Failing>),
    /// A disclosure was refused. That was committed and logged.
    Refused(Box<Refused>),
    /// The record is in a state that does not allow this (`409 invalid-state`); what it does allow.
    State {
        /// The finer rule, where there is one.
        rule: Option<Fault>,
        /// What the caller may do instead.
        allowed: Vec<Action>,
    },
    /// Two people are needed (`409 same-person`).
    SamePerson(Fault),
    /// A hold keeps a case that is to be disposed of (`409 retention-hold`).
    OnHold(Fault),
    /// A team that a live permission names cannot be removed (`409 in-use`).
    InUse(Fault),
    /// The caller's roles have the action, but not for this (`403 forbidden`).
    Forbidden,
    /// The caller has opened as many cases within the hour as are allowed (`429 rate-limited`).
    TooManyCases {
        /// How many are.
        most: u32,
        /// In how many seconds they may open another.
        wait: u32,
    },
    /// There is no such operation in this profile (`404 not-found`).
    Absent,
}

impl From<db::Error> for Error {
    fn from(error: db::Error) -> Self {
        Self::Db(error)
    }
}

impl Refusing for Error {
    fn is_refusal(&self) -> bool {
        match self {
            Self::Db(error) => error.is_refusal(),
            Self::Absent => false,
            Self::Invalid(_)
            | Self::Parameters(_)
            | Self::Rule(_)
            | Self::OutsideTree(_)
            | Self::Failing(_)
            | Self::Refused(_)
            | Self::State { .. }
            | Self::SamePerson(_)
            | Self::OnHold(_)
            | Self::InUse(_)
            | Self::TooManyCases { .. }
            | Self::Forbidden => true,
        }
    }
}

impl Error {
    /// A breach of one rule at one place.
    #[must_use]
    pub fn rule(pointer: impl Into<String>, rule: &'static str, detail: &'static str) -> Self {
        Self::Rule(vec![Fault::new(pointer, rule, detail)])
    }

    /// Parts of the request break rules of the policy.
    #[must_use]
    pub fn failing(failings: Vec<Failing>) -> Self {
        Self::Failing(failings)
    }

    /// The same, where the part of the request that is at fault stands at this place.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        let all = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.within(place)).collect();
        match self {
            Self::Invalid(faults) => Self::Invalid(all(faults)),
            Self::Rule(faults) => Self::Rule(all(faults)),
            Self::SamePerson(fault) => Self::SamePerson(fault.within(place)),
            other => other,
        }
    }

    /// Another holder of the role decides: whoever is close to it, or decided before, does not (C9, C15, C16, C17).
    #[must_use]
    pub fn conflicted(pointer: impl Into<String>) -> Self {
        let rule = RefusalRule::ConflictedDecider;
        Self::SamePerson(Fault::new(pointer, rule.as_str(), rule.detail()))
    }

    /// Why the case that a request names in `caseId` was not come by: what is out of scope is as unknown as what does not exist.
    #[must_use]
    pub fn of_named_case(error: db::Error) -> Self {
        match error {
            db::Error::NotFound => Self::Rule(vec![Fault::unknown("#/caseId")]),
            error => error.into(),
        }
    }

    /// The record is in the wrong state, by a rule of the policy.
    #[must_use]
    pub fn state(rule: RefusalRule, pointer: impl Into<String>, allowed: &[Action]) -> Self {
        Self::State { rule: Some(Fault::new(pointer, rule.as_str(), rule.detail())), allowed: allowed.to_vec() }
    }
}

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;
