//! Safeguarding concerns.

use actix_web::web;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::cases::CasePath;
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::concern::{
    Concern, ConcernAnnotation, ConcernContent, ConcernFilter, ConcernSummary, NewConcernAnnotation, NewConcernOutcome,
};
use crate::domain::ids::{ConcernId, StaffId};
use crate::domain::staff::Assignee;
use crate::domain::vocabulary::ConcernStatus;
use crate::{op, page_of};

page_of!(ConcernPage, ConcernSummary);

/// Which concerns to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConcernFilters {
    /// Only those that stand so.
    #[schema(max_items = 4)]
    status: Option<Vec<ConcernStatus>>,
    /// Only those of the cases this member of staff works on; `me` for the caller.
    assigned_to: Option<Assignee>,
    /// Only those that wait for a decision or a review which is due before this day.
    review_due_before: Option<NaiveDate>,
}

impl Filters for ConcernFilters {
    const TOTAL: bool = true;
}

impl ConcernFilters {
    fn asked_by(&self, caller: StaffId) -> ConcernFilter {
        ConcernFilter {
            status: self.status.clone().unwrap_or_default(),
            assigned_to: self.assigned_to.map(|staff| staff.asked_by(caller)),
            review_due_before: self.review_due_before,
        }
    }
}

/// The path of a concern.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConcernPath {
    /// The concern.
    concern_id: ConcernId,
}

/// List safeguarding concerns.
///
/// Those of the cases the caller may see, newest first: what waits for a decision, what is due for review (C17).
#[utoipa::path(get, path = "/safeguarding-concerns", operation_id = "listSafeguardingConcerns", tag = "safeguarding",
    responses((status = 200, description = "A page of concerns.", body = ConcernPage)))]
async fn list(permit: Permit<act::ConcernList>, listing: Listing<ConcernFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let filter = listing.filters.asked_by(permit.staff());
    Ok(listing.answer::<ConcernPage>(app.list_concerns(permit, filter, listing.page).await?))
}

/// Record a safeguarding concern.
///
/// A risk to a child or person, by anybody who works on cases and at any hour. No permission, wish or refusal is asked, nor how the case stands.
/// A manager decides; to pass it on is a disclosure, and needs nobody else. A concern about a member of staff hides the case from them (C5, C17).
#[utoipa::path(post, path = "/cases/{caseId}/safeguarding-concerns", operation_id = "raiseSafeguardingConcern", tag = "safeguarding",
    responses((status = 201, description = "The concern as it was recorded.", body = Concern)))]
async fn raise(
    permit: Permit<act::ConcernRaise>,
    path: Path<CasePath>,
    body: Valid<ConcernContent>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.raise_concern(permit, path.case_id, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/safeguarding-concerns/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a safeguarding concern.
///
/// With what was decided, found and learnt of it, and what was passed on because of it (C17).
#[utoipa::path(get, path = "/safeguarding-concerns/{concernId}", operation_id = "getSafeguardingConcern", tag = "safeguarding",
    responses((status = 200, description = "The concern.", body = Concern)))]
async fn read(permit: Permit<act::ConcernRead>, path: Path<ConcernPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let concern = app.read_concern(permit, path.concern_id).await?;
    Ok(Answer::ok(&concern).version(concern.version))
}

/// Add what was done or learnt of a concern.
///
/// The person was told, the reason for not telling them is renewed, it turned out to be unfounded, a correction: linked to the concern, never an
/// edit (C17).
#[utoipa::path(post, path = "/safeguarding-concerns/{concernId}/annotations", operation_id = "annotateSafeguardingConcern",
    tag = "safeguarding",
    responses((status = 201, description = "The annotation; `Location` is the concern it is linked to.", body = ConcernAnnotation)))]
async fn annotate(
    permit: Permit<act::ConcernAnnotate>,
    path: Path<ConcernPath>,
    body: Valid<NewConcernAnnotation>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.annotate_concern(permit, path.concern_id, body.into_inner(), request).await?;
    Ok(Answer::created(&format!("/safeguarding-concerns/{}", path.concern_id), &made.value).replayed(made.replayed))
}

/// Decide not to share a concern, or review it.
///
/// With `outcome` a manager decides not to share, with the same facts as for passing it on, and a reason; it is in the disclosure log. With `finding`
/// a manager who did not decide reviews what was decided, once the person was told or the reason for not telling them is renewed (C17).
#[utoipa::path(post, path = "/safeguarding-concerns/{concernId}/outcome", operation_id = "decideSafeguardingConcern", tag = "safeguarding",
    responses((status = 200, description = "The concern as it is now.", body = Concern)))]
async fn decide(
    permit: Permit<act::ConcernDecide>,
    path: Path<ConcernPath>,
    body: Valid<NewConcernOutcome>,
    read: IfMatch,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.decide_concern(permit, path.concern_id, read.required()?, body.into_inner(), request).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// The operations on safeguarding concerns.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(list),
        op!(raise).refuses(&[Code::RuleViolated]),
        op!(read),
        op!(annotate),
        op!(decide).refuses(&[Code::RuleViolated, Code::InvalidState, Code::SamePerson]),
    ]
}
