//! The one exit (C3): what is decided here leaves, and nothing else does. Whatever lets something out goes through it.

use super::{Request, anonymous, follow_up};
use crate::app::{App, Error, Refused, Result};
use crate::authz::{Act, Action, Permit, act};
use crate::clock::Clock;
use crate::db::counted::Counted;
use crate::db::facts::{self, Judged};
use crate::db::{self, LogIndexes, Tx, idempotency};
use crate::domain::disclosure::{Ask, Grounds, Refusal};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, ConsentId, DisclosureId, Identifier};
use crate::domain::time::Timestamp;
use crate::policy::disclosure::{Grant, decide};

/// Why nothing left: an error, which undoes everything, or a refusal, which is committed and logged.
pub(in crate::app) enum Stop {
    Error(Error),
    /// With what the caller may do instead, where it is refused because of how something stands.
    Refused(Refusal, Vec<Action>),
}

impl Stop {
    /// The same, with what may be done instead with what is refused.
    pub fn allowing(self, allowed: Vec<Action>) -> Self {
        self.reading(|refusal| refusal, allowed)
    }

    /// The same, with the refusal as it reads in the request, and with what may be done instead.
    pub fn reading(self, read: impl FnOnce(Refusal) -> Refusal, allowed: Vec<Action>) -> Self {
        match self {
            Self::Refused(refusal, _) => Self::Refused(read(refusal), allowed),
            error @ Self::Error(_) => error,
        }
    }
}

impl From<db::Error> for Stop {
    fn from(error: db::Error) -> Self {
        Self::Error(error.into())
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl App {
    /// Decides about what is asked of a case, in scope, and records what came of it: the disclosure with its log entry, or the refusal.
    pub(in crate::app) fn disclose(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        case_id: CaseId,
        ask: Ask,
        now: Timestamp,
    ) -> Result<DisclosureId, Stop> {
        let request = Request::find(tx, permit, case_id, ask)?.asked_from(tx, permit)?;
        let judged = self.judge(tx, permit, &request, None, now)?;
        Ok(self.record(tx, permit, &request, judged.0, &judged.1)?)
    }

    /// Decides, behind the guards of everybody the answer rests on, and records the refusal. A draft says which permissions it rests on (R16). With
    /// the grant it is answered as whom people count; what is refused is told by the ids that were named.
    pub(in crate::app) fn judge(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisclosureRecord>,
        request: &Request,
        resting_on: Option<Vec<(ConsentId, i64)>>,
        now: Timestamp,
    ) -> Result<(Grant, Counted), Stop> {
        let Request { case_id, ask, notes, .. } = request;
        let Judged { ask, mut facts, counted } = facts::facts_for(tx, permit, *case_id, ask, notes, self.settings.limits)?;
        facts.anonymity = anonymous::facts(tx, permit, request, self.settings.limits, now)?;
        facts.resting_on = resting_on;
        request.answers.iter().for_each(|answered| answered.tell(&mut facts));
        facts.conflicted_decider = request.conflicted;
        request.rests_on(&Grounds::of(&ask, &facts, request.as_named(&counted), &self.settings.policy_version, now))?;
        match decide(&ask, &facts, now) {
            Ok(grant) => Ok((grant, counted)),
            Err(mut refusal) => {
                // What not everybody may know who sees this case leaves no trace in it, though the caller may (C1).
                if refusal.conflicts.iter().any(|conflict| conflict.shows_here) {
                    let seen = decide(&ask, &facts::as_seen_by_all(tx, permit, &facts)?, now).err();
                    refusal.conflicts_seen_by_all(&seen.map(|seen| seen.conflicts).unwrap_or_default());
                }
                let refusal = request.told_by_name(refusal, &counted);
                request.refused(tx, permit, &self.settings, &refusal, now)?;
                follow_up::review_conflict(tx, permit, *case_id, &refusal, now)?;
                Err(Stop::Refused(refusal, Vec::new()))
            }
        }
    }

    /// Makes something once that lets something out, as [`App::once`] does; with the indexes of its entries in the disclosure log. A refusal
    /// is committed with what was written of it, and decided afresh if the request is repeated.
    pub(in crate::app) async fn once_unless_refused<A, I, T>(
        &self,
        permit: Permit<A>,
        request: Option<Idempotency>,
        make: impl FnOnce(&mut Tx<'_>, &Permit<A>) -> Result<I, Stop> + Send + 'static,
        show: impl FnOnce(&mut Tx<'_>, &Permit<A>, I) -> Result<T> + Send + 'static,
    ) -> Result<(Created<T>, LogIndexes)>
    where
        A: Act,
        I: Identifier,
        T: Send + 'static,
    {
        let (outcome, log) = self
            .change_logged(permit, move |tx, permit| {
                match idempotency::once(tx, permit, request.as_ref(), Clock::real(), |tx| make(tx, permit)) {
                    Ok(done) => Ok(Ok(Created { value: show(tx, permit, done.value)?, replayed: done.replayed })),
                    Err(Stop::Refused(refusal, allowed)) => Ok(Err((refusal, allowed))),
                    Err(Stop::Error(error)) => Err(error),
                }
            })
            .await?;
        match outcome {
            Ok(done) => Ok((done, log)),
            Err((refusal, allowed)) => {
                let policy = self.policy(refusal.rule(), &refusal.clauses);
                Err(Error::Refused(Box::new(Refused { refusal, allowed, index: log.0.first().copied(), policy })))
            }
        }
    }
}
