//! The use cases: a function for each operation, which is one transaction with its policy and its log entries.

pub mod access_log;
pub mod capacity;
pub mod cases;
pub mod checkpoints;
pub mod concerns;
pub mod consents;
pub mod cosignatures;
pub mod disclosure_log;
pub mod disclosures;
pub mod disposals;
mod error;
mod filling;
mod health;
pub mod information_requests;
pub mod legal_requests;
pub mod log_export;
pub mod log_keys;
pub mod log_proofs;
pub mod log_receipts;
pub mod log_verification;
pub mod notes;
mod opening;
pub mod participants;
pub mod people;
pub mod person_merges;
mod reading;
mod receipts;
pub mod recipients;
pub mod referrals;
pub mod replay;
pub mod retention;
pub mod service;
mod sides;
pub mod staff;
pub mod subject_access;
pub mod tag_keys;
pub mod tasks;
pub mod test_clock;

pub use error::{Error, Refused, Result};

pub use crate::db::{Error as Failure, as_one_request};

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use crate::authz::{Act, Action, Caller, Permit, check};
use crate::clock::Clock;
use crate::db::{self, Asked, Db, LogIndexes, Tx, idempotency};
use crate::domain::action::ActionName;
use crate::domain::disclosure::Limits;
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::Identifier;
use crate::domain::retention::{RetentionYears, SOURCE as RETENTION_SOURCE};
use crate::domain::vocabulary::{AccessTarget, Art9Condition, LawfulBasis};
use crate::ledger::witness::WitnessKey;

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
    /// How the service is called in letters.
    pub service_name: String,
    /// How it can be reached, as letters say it.
    pub service_contact: Option<String>,
    /// The areas of the service; a case may name one.
    pub areas: Vec<String>,
    /// For how long cases are kept (C16).
    pub retention: RetentionYears,
    /// On what the retention schedule rests.
    pub retention_source: String,
    /// For how many days backups are kept.
    pub backup_days: u32,
    /// The witnesses of the logs.
    pub witnesses: Vec<WitnessKey>,
    /// Whether the clock may be set: the demonstration only.
    pub test_clock: bool,
    /// How many cases a member of staff may open in an hour. None is no limit.
    pub cases_an_hour: Option<NonZeroU32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy_name: "Confidentiality policy".to_owned(),
            policy_version: "2025-04".to_owned(),
            lawful_basis: LawfulBasis::PublicTask,
            art9_condition: Some(Art9Condition::SubstantialPublicInterest),
            limits: Limits::default(),
            service_name: "SEND Information, Advice and Support Service".to_owned(),
            service_contact: None,
            areas: Vec::new(),
            retention: RetentionYears::default(),
            retention_source: RETENTION_SOURCE.to_owned(),
            backup_days: 35,
            witnesses: Vec::new(),
            test_clock: false,
            cases_an_hour: None,
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
    /// Who signs the logs.
    keepers: Option<Arc<checkpoints::Keepers>>,
    reading: Arc<reading::Reading>,
    making: legal_requests::Making,
}

impl App {
    /// The service on this database.
    #[must_use]
    pub fn new(db: Db, clock: Clock, settings: Settings) -> Self {
        let reading = Arc::new(reading::Reading::at_most(settings.cases_an_hour));
        Self { db, clock, settings, keepers: None, reading, making: legal_requests::Making::default() }
    }

    /// The keys of the deployment.
    #[must_use]
    pub fn keys(&self) -> &db::keyring::Keyring {
        self.db.keys()
    }

    /// What the access log will tell of this request; nothing, if its action leaves no trace.
    fn asked<A: Act>(&self, permit: &Permit<A>) -> Option<Asked> {
        Asked::new(permit.caller(), A::ACTION, self.clock.now())
    }

    /// Shows what is on record. Every read and search passes here, with the answer or the refusal it ends in, and nothing is answered before
    /// the access log tells of it.
    async fn look<A, T>(&self, permit: Permit<A>, f: impl FnOnce(&mut Tx<'_>, &Permit<A>) -> Result<T> + Send + 'static) -> Result<T>
    where
        A: Act,
        T: Send + 'static,
    {
        let Some(asked) = self.asked(&permit) else { return self.db.read(move |tx| f(tx, &permit)).await };
        self.settle::<A>().await;
        let (reading, a_record) = (self.reading.clone(), asked.shows_record());
        let shown = move |tx: &mut Tx<'_>| {
            let value = f(tx, &permit)?;
            // A list across cases opens none of them; a list that is about one, such as its notes, does.
            if a_record || tx.cases_shown().len() == 1 {
                reading.open(permit.caller().staff, tx.cases_shown(), Instant::now())?;
            }
            Ok(value)
        };
        self.db.look(asked, shown).await
    }

    /// Whoever is about to read the access log sees in it what was logged before.
    async fn settle<A: Act>(&self) {
        if A::ACTION.trace().is_some_and(|(_, target)| target == AccessTarget::AccessLog) {
            self.db.settle().await;
        }
    }

    /// Changes what is on record, and answers with the indexes of its entries in the disclosure log, too. Every write passes here, with what it
    /// made or the refusal it ends in, and what it made and its entry in the access log are one transaction.
    async fn change_logged<A, T>(
        &self,
        permit: Permit<A>,
        f: impl FnOnce(&mut Tx<'_>, &Permit<A>) -> Result<T> + Send + 'static,
    ) -> Result<(T, LogIndexes)>
    where
        A: Act,
        T: Send + 'static,
    {
        match self.asked(&permit) {
            Some(asked) => {
                let reading = asked.shows_record().then(|| self.reading.clone());
                let change = move |tx: &mut Tx<'_>| {
                    let value = f(tx, &permit)?;
                    if let Some(reading) = reading {
                        reading.open(permit.caller().staff, tx.cases_shown(), Instant::now())?;
                    }
                    Ok(value)
                };
                self.db.change(asked, change).await
            }
            None => self.db.write(move |tx| f(tx, &permit)).await,
        }
    }

    /// Has the access log tell that this caller asked for what none of their roles may do.
    pub async fn turn_away(&self, caller: &Caller, action: Action) -> Result<()> {
        match Asked::new(caller, action, self.clock.now()) {
            Some(asked) => Ok(self.db.turn_away(asked).await?),
            None => Ok(()),
        }
    }

    /// Changes what is on record.
    async fn change<A, T>(&self, permit: Permit<A>, f: impl FnOnce(&mut Tx<'_>, &Permit<A>) -> Result<T> + Send + 'static) -> Result<T>
    where
        A: Act,
        T: Send + 'static,
    {
        Ok(self.change_logged(permit, f).await?.0)
    }

    /// Makes or changes something once, however often the request is sent: `make` answers with its id, `show` with it as it is then. A repeated
    /// request comes no further than `show`, so whoever lost the answer gets it, although the version has moved.
    async fn once<A, I, T>(
        &self,
        permit: Permit<A>,
        request: Option<Idempotency>,
        make: impl FnOnce(&mut Tx<'_>, &Permit<A>) -> Result<I> + Send + 'static,
        show: impl FnOnce(&mut Tx<'_>, &Permit<A>, I) -> Result<T> + Send + 'static,
    ) -> Result<Created<T>>
    where
        A: Act,
        I: Identifier,
        T: Send + 'static,
    {
        self.change(permit, move |tx, permit| {
            let done = idempotency::once(tx, permit, request.as_ref(), Clock::real(), |tx| make(tx, permit))?;
            Ok(Created { value: show(tx, permit, done.value)?, replayed: done.replayed })
        })
        .await
    }
}

/// Leave to do what an action takes besides: somebody who may do the one may not do the other.
fn leave<A: Act>(caller: &Caller) -> Result<Permit<A>> {
    check(caller).map_err(|_| Error::Forbidden)
}

/// Nothing is wrong, or it breaks rules of the request itself.
fn faultless(faults: Vec<Fault>) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(Error::Rule(faults)) }
}

/// The verbs of those actions that one of the caller's roles has: `allowedActions`. The state of the record chose `actions`.
#[must_use]
pub fn allowed(caller: &Caller, actions: &[Action]) -> Vec<ActionName> {
    possible(caller, actions).into_iter().map(|action| ActionName(action.verb())).collect()
}

/// Those of these that the caller may do.
fn possible(caller: &Caller, actions: &[Action]) -> Vec<Action> {
    actions.iter().copied().filter(|action| caller.may(*action)).collect()
}

/// The record still has the version the client saw; the statement that changes it checks once more.
fn expect_version(current: i32, seen: i32) -> Result<()> {
    if current == seen { Ok(()) } else { Err(db::Error::Stale { current }.into()) }
}

#[cfg(test)]
impl App {
    /// The service on a database of a test, at the time of the tests.
    fn on(scratch: &db::testing::Scratch) -> Self {
        let settings = Settings { areas: vec!["south".into()], ..Settings::default() };
        Self::new(scratch.db.clone(), Clock::frozen(db::testing::now()), settings)
    }
}
