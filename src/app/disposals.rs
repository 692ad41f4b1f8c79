//! Disposal of cases (C16): one proposes, another approves, and with that the keys are destroyed.

use std::collections::{BTreeSet, HashSet};

use chrono::Days;

use super::{App, Error, Result, allowed, expect_version, faultless, sides};
use crate::authz::{Act, Action, Permit, act};
use crate::db::{self, Tx, cases, disposals, named, participants};
use crate::domain::disclosure::RefusalRule;
use crate::domain::disposal::{Disposal, DisposalCase, NewDisposal, NewDisposalApproval};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, DisposalId, PersonId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{DisposalGround, DisposalStatus, ErasureNotice, Role};
use crate::policy::{bearing, retention};

/// The disposal with what the caller may do: it is approved by nobody who proposed it, nor by whoever serves another side of a family there, as they
/// do in those `not_theirs`.
fn offering(permit: &Permit<impl Act>, not_theirs: &HashSet<DisposalId>, disposal: Disposal) -> Disposal {
    let approved_by_others = disposal.recorded_by.id == permit.staff() || not_theirs.contains(&disposal.id);
    let actions: &[Action] = match disposal.status {
        DisposalStatus::Proposed if approved_by_others => &[Action::DisposalCases, Action::DisposalCancel],
        DisposalStatus::Proposed => &[Action::DisposalCases, Action::DisposalCancel, Action::DisposalApprove],
        DisposalStatus::Executed | DisposalStatus::Cancelled => &[],
    };
    Disposal { allowed_actions: allowed(permit.caller(), actions), ..disposal }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: DisposalId) -> Result<Disposal> {
    let not_theirs = disposals::of_another_side(tx, permit, vec![id])?;
    Ok(offering(permit, &not_theirs, disposals::find(tx, permit, id)?))
}

/// A disposal that is still only proposed, at the version the client saw.
fn proposed(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: DisposalId, version: i32) -> Result<Disposal> {
    let disposal = disposals::find(tx, permit, id)?;
    expect_version(disposal.version, version)?;
    if disposal.status == DisposalStatus::Proposed { Ok(disposal) } else { Err(Error::State { rule: None, allowed: Vec::new() }) }
}

/// This stands in the way of disposing of the case that stands there in the request.
fn objecting(rule: RefusalRule, pointer: String) -> Error {
    match rule {
        RefusalRule::OnHold => Error::OnHold(Fault::new(pointer, rule.as_str(), rule.detail())),
        rule => Error::state(rule, pointer, &[]),
    }
}

/// Whoever is kept away from one of the cases of a disposal does not decide about it, and is not told of which. The access log will name them.
fn sees_all(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &[CaseId]) -> Result<()> {
    for case in cases {
        match cases::require(tx, permit, *case) {
            Err(db::Error::NotFound) => return Err(Error::conflicted("#")),
            required => required?,
        };
    }
    Ok(())
}

impl App {
    /// Nothing stands in the way of disposing of these cases, which are all in scope.
    fn may_dispose(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<impl Act>,
        new: &NewDisposal,
        pointer: impl Fn(usize) -> String,
        now: Timestamp,
    ) -> Result<()> {
        let standing = cases::standing(tx, permit, &new.case_ids, &|facts| self.keep(facts))?;
        for (i, standing) in standing.iter().enumerate() {
            if let Some(rule) = retention::objection(standing, new, now.day()) {
                return Err(objecting(rule, pointer(i)));
            }
            if standing.held_unknown {
                return Err(Error::conflicted("#"));
            }
        }
        Ok(())
    }

    /// Proposes to dispose of cases in scope: all of them or none.
    pub async fn propose_disposal(
        &self,
        permit: Permit<act::DisposalPropose>,
        new: NewDisposal,
        request: Idempotency,
    ) -> Result<Created<Disposal>> {
        let (now, app) = (self.clock.now(), self.clone());
        let propose = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            if new.ground != DisposalGround::PeriodOver && !permit.caller().is(Role::ServiceManager) {
                return Err(Error::Forbidden);
            }
            if new.officer.is_some() != new.officer_agreed_on.is_some() {
                return Err(Error::Rule(vec![Fault::contradicting("#/officer")]));
            }
            if new.officer_agreed_on.is_some_and(|day| day > now.day()) {
                let rule = RefusalRule::DecidedInFuture;
                return Err(Error::rule("#/officerAgreedOn", rule.as_str(), rule.detail()));
            }
            let place = |i: usize| format!("#/caseIds/{i}");
            let mut faults = Vec::new();
            for (i, id) in new.case_ids.iter().enumerate() {
                match cases::require(tx, permit, *id) {
                    Ok(_) => {}
                    Err(db::Error::NotFound) => faults.push(Fault::unknown(place(i))),
                    Err(error) => return Err(error.into()),
                }
            }
            faultless(faults)?;
            sides::require_one_side(tx, permit, &new.case_ids.iter().copied().collect())?;
            app.may_dispose(tx, permit, &new, place, now)?;
            if let Some(taken) = disposals::proposed_already(tx, permit, &new.case_ids)? {
                let i = new.case_ids.iter().position(|id| *id == taken).unwrap_or_default();
                return Err(Error::state(RefusalRule::DisposalProposed, place(i), &[]));
            }
            Ok(disposals::propose(tx, permit, &new, now)?)
        };
        self.once(permit, Some(request), propose, shown).await
    }

    /// What is proposed, and the certificates of what was done.
    pub async fn list_disposals(
        &self,
        permit: Permit<act::DisposalList>,
        status: Vec<DisposalStatus>,
        page: PageRequest,
    ) -> Result<Page<Disposal>> {
        let list = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let page = disposals::list(tx, permit, &status, &page)?;
            let not_theirs = disposals::of_another_side(tx, permit, page.items.iter().map(|disposal| disposal.id).collect())?;
            Ok(page.map(|disposal| offering(permit, &not_theirs, disposal)))
        };
        self.look(permit, list).await
    }

    /// A disposal, with its certificate once it was done.
    pub async fn read_disposal(&self, permit: Permit<act::DisposalRead>, id: DisposalId) -> Result<Disposal> {
        self.look(permit, move |tx, permit| shown(tx, permit, id)).await
    }

    /// The cases of a proposed disposal that are in scope.
    pub async fn list_disposal_cases(
        &self,
        permit: Permit<act::DisposalCases>,
        id: DisposalId,
        page: PageRequest,
    ) -> Result<Page<DisposalCase>> {
        self.look(permit, move |tx, permit| Ok(disposals::list_cases(tx, permit, id, &page)?)).await
    }

    /// Gives up a proposed disposal, all of whose cases are in scope. It keeps what is there, so whoever serves another side may do it, too.
    pub async fn cancel_disposal(
        &self,
        permit: Permit<act::DisposalCancel>,
        id: DisposalId,
        version: i32,
        request: Option<Idempotency>,
    ) -> Result<Created<Disposal>> {
        let now = self.clock.now();
        let cancel = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let cases = disposals::hold(tx, permit, id)?;
            let disposal = proposed(tx, permit, id, version)?;
            sees_all(tx, permit, &cases)?;
            disposals::cancel(tx, permit, &disposal, now)?;
            Ok(id)
        };
        self.once(permit, request, cancel, shown).await
    }

    /// Approves a disposal and does it, in one transaction: holds and periods are looked at once more, the entries that account for it are written,
    /// the keys destroyed and the rows deleted. Then both logs are signed.
    pub async fn approve_disposal(
        &self,
        permit: Permit<act::DisposalApprove>,
        id: DisposalId,
        version: i32,
        word: NewDisposalApproval,
        request: Idempotency,
    ) -> Result<Created<Disposal>> {
        let (now, app) = (self.clock.now(), self.clone());
        let approve = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            app.dispose(tx, permit, id, version, &word, now)?;
            Ok(id)
        };
        let mut done = self.once(permit, Some(request), approve, shown).await?;
        if let Some(certificate) = &mut done.value.certificate {
            // They had no places before the transaction ended.
            let mut placed = self.db.read(move |tx| Ok::<_, Error>(disposals::entries(tx, vec![id])?)).await?;
            certificate.entries = placed.remove(&id).unwrap_or_default();
        }
        if !done.replayed {
            // It is done: what fails here is made up for, by the next checkpoint and by `sendiass retention sweep`.
            self.db.forget_deleted().await;
            drop(self.sign_now().await);
        }
        Ok(done)
    }

    fn dispose(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<act::DisposalApprove>,
        id: DisposalId,
        version: i32,
        word: &NewDisposalApproval,
        now: Timestamp,
    ) -> Result<()> {
        let cases = disposals::hold(tx, permit, id)?;
        let disposal = proposed(tx, permit, id, version)?;
        if disposal.recorded_by.id == permit.staff() {
            return Err(Error::conflicted("#"));
        }
        if disposal.ground == DisposalGround::ErasureRequest && word.notices == ErasureNotice::NotRequired {
            return Err(Error::Rule(vec![Fault::new("#/notices", "contradicting_fields", "Who asked for erasure is owed these notices.")]));
        }
        sees_all(tx, permit, &cases)?;
        sides::require_one_side(tx, permit, &cases.iter().copied().collect())?;
        let mut people: BTreeSet<PersonId> = named::people(tx, permit, &cases)?.into_iter().collect();
        for case in &cases {
            people.extend(participants::people(tx, permit, *case)?);
        }
        db::guard::take(tx, people)?;
        let Disposal { class, ground, officer, officer_agreed_on, .. } = disposal.clone();
        let new = NewDisposal { case_ids: cases, class, ground, officer, officer_agreed_on };
        self.may_dispose(tx, permit, &new, |_| "#".to_owned(), now)?;
        let others = bearing::still_counts(&disposals::bearing(tx, permit, &new.case_ids)?, now.day());
        if !others.is_empty() {
            // Whoever is kept away from one of those others is not told of it.
            let known = cases::known(tx, permit, others.iter().copied())?;
            let told = || Error::state(RefusalRule::StillCounts, "#", &[]);
            return Err(if known.len() == others.len() { told() } else { Error::conflicted("#") });
        }
        let until = now.day().checked_add_days(Days::new(self.settings.backup_days.into())).unwrap_or(chrono::NaiveDate::MAX);
        Ok(disposals::execute(tx, permit, &disposal, &new.case_ids, (word.notices, until), now)?)
    }
}
