//! From a use case that did not do what was asked to what the client is told.

use super::limits;
use super::problem::{self, Code, Problem};
use crate::app::{Error, Failure, Refused};
use crate::authz::Action;
use crate::domain::action::ActionName;
use crate::domain::disclosure::RefusalCode;

fn names(actions: Vec<Action>) -> Vec<ActionName> {
    actions.into_iter().map(|action| ActionName(action.verb())).collect()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Db(failure) => failure.into(),
            Error::Invalid(faults) => Self::invalid(faults),
            Error::Parameters(faults) => Self::invalid(
                faults.into_iter().map(|fault| problem::Fault::parameter(fault.pointer, fault.rule, fault.detail)).collect::<Vec<_>>(),
            ),
            Error::Rule(faults) => Self::new(Code::RuleViolated).with_faults(faults),
            Error::OutsideTree(parameter) => {
                Self::new(Code::RuleViolated).with_fault(problem::Fault::parameter(parameter, "outside_tree", "Lies outside the tree."))
            }
            Error::Failing(failings) => Self::new(Code::RuleViolated).with_faults(failings),
            Error::Refused(refused) => {
                let Refused { refusal, allowed, index, policy } = *refused;
                let code = match refusal.code {
                    RefusalCode::ConsentRequired => Code::ConsentRequired,
                    RefusalCode::ConsentScopeExceeded => Code::ConsentScopeExceeded,
                    RefusalCode::RuleViolated => Code::RuleViolated,
                    RefusalCode::IdentifyingDetails => Code::IdentifyingDetails,
                    RefusalCode::CopyRecipientRequired => Code::CopyRecipientRequired,
                    RefusalCode::InvalidState => Code::InvalidState,
                    RefusalCode::SamePerson => Code::SamePerson,
                };
                let problem = Self::new(code).with_faults(refusal.failings).with_policy(policy);
                let problem = if code == Code::InvalidState { problem.with_allowed_actions(names(allowed)) } else { problem };
                match index.and_then(|index| u64::try_from(index).ok()) {
                    Some(index) => problem.with_refusal_index(index),
                    None => problem,
                }
            }
            Error::State { rule, allowed } => {
                Self::new(Code::InvalidState).with_faults(rule.into_iter().collect()).with_allowed_actions(names(allowed))
            }
            Error::SamePerson(fault) => Self::new(Code::SamePerson).with_fault(fault),
            Error::OnHold(fault) => Self::new(Code::RetentionHold).with_fault(fault),
            Error::InUse(fault) => Self::new(Code::InUse).with_fault(fault),
            Error::TooManyCases { most, wait } => limits::used_up("cases", most, 3600, wait),
            Error::Forbidden => Self::new(Code::Forbidden),
            Error::Absent => Self::new(Code::NotFound),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound => Self::new(Code::NotFound),
            Failure::AccessReasonRequired => Self::new(Code::AccessReasonRequired),
            Failure::Stale { current } => Self::new(Code::StaleVersion).with_current_version(current),
            Failure::KeyReused => Self::new(Code::IdempotencyKeyReused),
            Failure::InProgress => Self::new(Code::IdempotencyInProgress),
            // Each of these is over in a moment, and nothing was written: the client repeats the request with the same key.
            Failure::Conflict | Failure::Busy | Failure::Unavailable => Self::new(Code::Unavailable),
            Failure::Corrupt(what) => Self::broken(&format!("a stored {what} is not what was written")),
            Failure::NotLogged(cause) => {
                // The operator is told what is wrong with the log; the client, that nothing was done.
                drop(Self::from(*cause));
                Self::new(Code::Unavailable)
            }
            Failure::Panicked => Self::broken("a use case panicked"),
            Failure::Other(error) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::Fault;

    #[test]
    fn each_failure_has_its_code() {
        let fault = || Fault::new("#/x", "y", "Z.");
        for (error, code) in [
            (Error::Db(Failure::NotFound), Code::NotFound),
            (Error::Db(Failure::AccessReasonRequired), Code::AccessReasonRequired),
            (Error::Db(Failure::Stale { current: 2 }), Code::StaleVersion),
            (Error::Db(Failure::Conflict), Code::Unavailable),
            (Error::Db(Failure::KeyReused), Code::IdempotencyKeyReused),
            (Error::Db(Failure::InProgress), Code::IdempotencyInProgress),
            (Error::Db(Failure::Busy), Code::Unavailable),
            (Error::Db(Failure::Corrupt("name")), Code::Internal),
            (Error::Db(Failure::Unavailable), Code::Unavailable),
            (Error::Db(Failure::Panicked), Code::Internal),
            (Error::Db(Failure::NotLogged(Box::new(Failure::Corrupt("log tree")))), Code::Unavailable),
            (Error::Invalid(vec![fault()]), Code::ValidationFailed),
            (Error::Rule(vec![fault()]), Code::RuleViolated),
            (Error::OutsideTree("index"), Code::RuleViolated),
            (Error::State { rule: None, allowed: vec![Action::CaseReopen] }, Code::InvalidState),
            (Error::SamePerson(fault()), Code::SamePerson),
            (Error::OnHold(fault()), Code::RetentionHold),
            (Error::InUse(fault()), Code::InUse),
            (Error::Forbidden, Code::Forbidden),
            (Error::TooManyCases { most: 200, wait: 60 }, Code::RateLimited),
            (Error::Absent, Code::NotFound),
        ] {
            assert_eq!(Problem::from(error).code(), code);
        }
    }
}
