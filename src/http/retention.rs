//! How long cases are kept: what is due, and holds.

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
use super::page::{Filters, Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::RetentionHoldId;
use crate::domain::retention_hold::{NewHoldRelease, NewRetentionHold, RetentionHold, RetentionReview};
use crate::{op, page_of};

page_of!(RetentionHoldPage, RetentionHold);
page_of!(RetentionReviewPage, RetentionReview);

/// Which cases are due.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewFilters {
    /// Those whose time is over before this day; by default before tomorrow.
    due_before: Option<NaiveDate>,
}

impl Filters for ReviewFilters {}

/// The path of a hold.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldPath {
    /// The hold.
    hold_id: RetentionHoldId,
}

/// List the cases whose keeping is to be looked at.
///
/// Closed cases whose time is over, and those of which a date of birth is not known: these never fall to disposal by themselves. The one that was
/// closed first comes first. A page may hold fewer rows than its limit and not be the last (C16).
#[utoipa::path(get, path = "/retention-reviews", operation_id = "listRetentionReviews", tag = "retention",
    responses((status = 200, description = "A page of cases.", body = RetentionReviewPage)))]
async fn reviews(permit: Permit<act::RetentionReview>, listing: Listing<ReviewFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let page = app.list_retention_reviews(permit, listing.filters.due_before, listing.page).await?;
    Ok(listing.answer::<RetentionReviewPage>(page))
}

/// List the holds on a case.
///
/// Those that stand and those that were released, newest first (C16).
#[utoipa::path(get, path = "/cases/{caseId}/retention-holds", operation_id = "listRetentionHolds", tag = "retention",
    responses((status = 200, description = "A page of holds.", body = RetentionHoldPage)))]
async fn holds(
    permit: Permit<act::HoldList>,
    path: Path<CasePath>,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_holds(permit, path.case_id, listing.page).await?;
    Ok(listing.answer::<RetentionHoldPage>(page))
}

/// Place a hold on a case.
///
/// A hold beats everything: while it stands, the case is not disposed of, proposed or not. Several may stand at once, each with its reason and the
/// day on which it is looked at again (C16).
#[utoipa::path(post, path = "/cases/{caseId}/retention-holds", operation_id = "placeRetentionHold", tag = "retention",
    responses((status = 201, description = "The hold as it was placed.", body = RetentionHold)))]
async fn place(
    permit: Permit<act::HoldPlace>,
    path: Path<CasePath>,
    body: Valid<NewRetentionHold>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.place_hold(permit, path.case_id, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/cases/{}/retention-holds", made.value.case_id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Release a hold.
///
/// With the reason. Others on the same case go on standing (C16).
#[utoipa::path(post, path = "/retention-holds/{holdId}/release", operation_id = "releaseRetentionHold", tag = "retention",
    responses((status = 200, description = "The hold as it is now.", body = RetentionHold)))]
async fn release(
    permit: Permit<act::HoldRelease>,
    path: Path<HoldPath>,
    body: Valid<NewHoldRelease>,
    read: IfMatch,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.release_hold(permit, path.hold_id, read.required()?, body.into_inner(), request).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// The operations on how long cases are kept.
pub fn operations() -> Vec<Operation> {
    vec![op!(reviews), op!(holds), op!(place).refuses(&[Code::RuleViolated]), op!(release).refuses(&[Code::SamePerson, Code::InvalidState])]
}
