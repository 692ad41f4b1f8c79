//! The use cases: a function for each operation, which is one transaction with its policy and its log entries.

pub mod capacity;
pub mod cases;
pub mod consents;
pub mod disclosure_log;
pub mod disclosures;
mod error;
mod health;
pub mod notes;
mod opening;
pub mod participants;
pub mod people;
pub mod recipients;
pub mod service;
mod sides;
pub mod staff;
pub mod tasks;
pub mod test_clock;

pub use error::{Error, Refused, Result};

pub use crate::db::Error as Failure;

use crate::authz::{Act, Action, Caller, Permit};
use crate::clock::Clock;
use crate::db::{self, Db, Tx};
use crate::domain::action::ActionName;
use crate::domain::disclosure::Limits;
use crate::domain::vocabulary::{Art9Condition, LawfulBasis};

/// What a deployment configures, as far as use cases need it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the confidentiality policy in force, stored with every decision (C13).
    pub policy_name: String,
    /// Its version.
    pub policy_version: String,
    /// The lawful basis of a disclosure under UK GDPR Art. 6.
    pub lawful_basis: LawfulBasis,
    /// The condition for special category data under UK GDPR Art. 9.
    pub art9_condition: Option<Art9Condition>,
    /// The figures of the policy.
    pub limits: Limits,
    /// The areas of the service; a case may name one.
    pub areas: Vec<String>,
    /// Whether the clock may be set: the demonstration only.
    pub test_clock: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy_name: "Confidentiality policy".to_owned(),
            policy_version: "2025-04".to_owned(),
            lawful_basis: LawfulBasis::PublicTask,
            art9_condition: Some(Art9Condition::SubstantialPublicInterest),
            limits: Limits::default(),
            areas: Vec::new(),
            test_clock: false,
        }
    }
}

/// The service.
#[derive(Clone, Debug)]
pub struct App {
    db: Db,
    /// The clock of the domain.
    pub clock: Clock,
    /// What the deployment configures.
    pub settings: Settings,
}

impl App {
    /// The service on this database.
    #[must_use]
    pub fn new(db: Db, clock: Clock, settings: Settings) -> Self {
        Self { db, clock, settings }
    }

    /// The keys of the deployment.
    #[must_use]
    pub fn keys(&self) -> &db::sealed::Keyring {
        self.db.keys()
    }

    /// Shows case content. Every read of it passes here, so that its entry in the access log is one line in this place.
    async fn look<A, T>(&self, permit: Permit<A>, f: impl FnOnce(&mut Tx<'_>, &Permit<A>) -> db::Result<T> + Send + 'static) -> Result<T>
    where
        A: Act,
        T: Send + 'static,
    {
        self.db.read(move |tx| Ok(f(tx, &permit)?)).await
    }
}

/// The verbs of those actions that one of the caller's roles has: `allowedActions`. The state of the record chose `actions`.
#[must_use]
pub fn allowed(caller: &Caller, actions: &[Action]) -> Vec<ActionName> {
    actions.iter().filter(|action| caller.may(**action)).map(|action| ActionName(action.verb())).collect()
}

/// The record still has the version the client saw; the statement that changes it checks once more.
fn expect_version(current: i32, seen: i32) -> db::Result<()> {
    if current == seen { Ok(()) } else { Err(db::Error::Stale { current }) }
}

#[cfg(test)]
impl App {
    /// The service on a database of a test, at the time of the tests.
    fn on(scratch: &db::testing::Scratch) -> Self {
        let settings = Settings { areas: vec!["south".into()], ..Settings::default() };
        Self::new(scratch.db.clone(), Clock::frozen(db::testing::now()), settings)
    }
}
