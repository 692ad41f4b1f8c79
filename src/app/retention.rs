//! What is due for disposal, and what is held back from it (C16).

use chrono::NaiveDate;

use super::sides::{self, Offer};
use super::{App, Error, Result, expect_version};
use crate::authz::{Act, Action, Permit, act};
use crate::db::tasks::NewTask;
use crate::db::{Tx, cases, retention_holds as holds, tasks};
use crate::domain::fault::Fault;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, RetentionHoldId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::retention_hold::{NewHoldRelease, NewRetentionHold, RetentionHold, RetentionReview};
use crate::domain::vocabulary::TaskKind;

fn offering(permit: &Permit<impl Act>, offer: Offer, hold: RetentionHold) -> RetentionHold {
    let actions: &[Action] = if hold.release.is_none() { &[Action::HoldRelease] } else { &[] };
    RetentionHold { allowed_actions: offer.among(permit.caller(), actions), ..hold }
}

fn shown(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: RetentionHoldId) -> Result<RetentionHold> {
    let hold = holds::find(tx, permit, id)?;
    let offer = Offer::of(tx, permit, hold.case_id)?;
    Ok(offering(permit, offer, hold))
}

impl App {
    /// Closed cases whose time is over before this day, or tomorrow, and those of which that cannot be told.
    pub async fn list_retention_reviews(
        &self,
        permit: Permit<act::RetentionReview>,
        before: Option<NaiveDate>,
        page: PageRequest,
    ) -> Result<Page<RetentionReview>> {
        let (app, today) = (self.clone(), self.clock.now().day());
        let is_due = move |day: NaiveDate| before.map_or(day <= today, |before| day < before);
        self.look(permit, move |tx, permit| Ok(cases::reviews(tx, permit, is_due, &|facts| app.keep(facts), &page)?)).await
    }

    /// The holds on a case in scope.
    pub async fn list_holds(&self, permit: Permit<act::HoldList>, case: CaseId, page: PageRequest) -> Result<Page<RetentionHold>> {
        self.look(permit, move |tx, permit| {
            let holds = holds::list(tx, permit, case, &page)?;
            let offer = Offer::of(tx, permit, case)?;
            Ok(holds.map(|hold| offering(permit, offer, hold)))
        })
        .await
    }

    /// Places a hold on a case in scope, however it stands. It keeps what is there, so whoever serves another side may place one, and not release it.
    pub async fn place_hold(
        &self,
        permit: Permit<act::HoldPlace>,
        case: CaseId,
        new: NewRetentionHold,
        request: Option<Idempotency>,
    ) -> Result<Created<RetentionHold>> {
        let now = self.clock.now();
        let place = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            cases::require(tx, permit, case)?;
            if new.review_on <= now.day() {
                return Err(Error::Rule(vec![Fault::new("#/reviewOn", "contradicting_fields", "This day is to come.")]));
            }
            let id = holds::place(tx, permit, case, &new, now)?;
            tasks::create(tx, permit, NewTask::ahead(TaskKind::HoldReview, case, id.0, new.review_on), now)?;
            Ok(id)
        };
        self.once(permit, request, place, shown).await
    }

    /// Releases a hold. Others on the same case go on standing.
    pub async fn release_hold(
        &self,
        permit: Permit<act::HoldRelease>,
        id: RetentionHoldId,
        version: i32,
        why: NewHoldRelease,
        request: Option<Idempotency>,
    ) -> Result<Created<RetentionHold>> {
        let now = self.clock.now();
        let release = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let hold = holds::find(tx, permit, id)?;
            expect_version(hold.version, version)?;
            sides::require_one_side(tx, permit, &[hold.case_id].into())?;
            if hold.release.is_some() {
                return Err(Error::State { rule: None, allowed: Vec::new() });
            }
            holds::release(tx, permit, &hold, &why.reason, now)?;
            tasks::settle(tx, permit, TaskKind::HoldReview, id.0, now)?;
            Ok(id)
        };
        self.once(permit, request, release, shown).await
    }
}
