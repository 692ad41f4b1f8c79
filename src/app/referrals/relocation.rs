//! A referral that was accepted into the wrong case goes to the right one, with a trace, as a note does (C8).

use std::collections::BTreeSet;

use super::{carry_away, shown};
use crate::app::cases::require_open;
use crate::app::{App, Error, Result, expect_version, sides};
use crate::authz::{Act, Permit, act};
use crate::db::{Tx, cases, participants, referrals, tasks};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, ReferralId};
use crate::domain::referral::{NewReferralRelocation, Referral};

/// Both cases are in scope, and held in one order, so that two who move between the same cases never wait for each other.
fn hold(tx: &mut Tx<'_>, permit: &Permit<impl Act>, from: CaseId, to: CaseId) -> Result<()> {
    for case in BTreeSet::from([from, to]) {
        match cases::require(tx, permit, case) {
            Err(error) if case == to => return Err(Error::of_named_case(error)),
            other => other?,
        };
    }
    if from == to { Err(Error::Rule(vec![Fault::contradicting("#/caseId")])) } else { Ok(()) }
}

/// Out of a case in which somebody is or was served separately nothing goes to one in which anybody of it takes part, but to one of their own (C1). A
/// referral names nobody on record, so it is asked of all.
fn require_kept_apart(tx: &mut Tx<'_>, permit: &Permit<impl Act>, from: CaseId, to: CaseId) -> Result<()> {
    let apart = participants::apart(tx, permit, from)?;
    if apart.is_empty() {
        return Ok(());
    }
    let (here, there) = (participants::people(tx, permit, from)?, participants::people(tx, permit, to)?);
    let own = participants::apart(tx, permit, to)?;
    if here.iter().any(|person| there.contains(person)) && !apart.iter().all(|person| own.contains(person)) {
        let detail = "Somebody is or was served separately here: it goes to no other case of theirs but their own.";
        return Err(Error::State { rule: Some(Fault::new("#", "referral_kept_apart", detail)), allowed: Vec::new() });
    }
    Ok(())
}

impl App {
    /// Moves an accepted referral from the wrong case to the right one, both of which the caller sees.
    pub async fn relocate_referral(
        &self,
        permit: Permit<act::ReferralRelocate>,
        id: ReferralId,
        version: i32,
        new: NewReferralRelocation,
        request: Option<Idempotency>,
    ) -> Result<Created<Referral>> {
        let now = self.clock.now();
        let relocate = move |tx: &mut Tx<'_>, permit: &Permit<act::ReferralRelocate>| {
            let found = referrals::find(tx, permit, id)?;
            expect_version(found.version, version)?;
            let Some(from) = found.case_id else { return Err(Error::State { rule: None, allowed: Vec::new() }) };
            // Its version is asked for once more as it is written.
            hold(tx, permit, from, new.case_id)?;
            require_kept_apart(tx, permit, from, new.case_id)?;
            sides::may_move(tx, permit, from, new.case_id)?;
            for case in [from, new.case_id] {
                let status = cases::require(tx, permit, case)?.status;
                require_open(tx, permit, case, status)?;
            }
            carry_away(tx, permit, &found, new.case_id, now)?;
            referrals::relocate(tx, permit, id, version, new.case_id, new.reason, now)?;
            tasks::follow(tx, permit, id.0, new.case_id)?;
            Ok(id)
        };
        self.once(permit, request, relocate, shown).await
    }
}
