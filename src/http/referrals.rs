//! Referrals.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{Patch, Valid};
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::{IdempotencyKey, MandatoryKey};
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::{CaseId, ReferralId};
use crate::domain::referral::{
    NewReferral, NewReferralDecision, NewReferralRelocation, Referral, ReferralFilter, ReferralReceipt, ReferralSummary, ReferralUpdate,
};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ReferralSource, ReferralStatus};
use crate::{op, page_of};

page_of!(ReferralPage, ReferralSummary);

/// The order of a list of referrals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum ReferralOrder {
    /// The newest first.
    #[serde(rename = "-receivedAt")]
    NewestFirst,
    /// The oldest first.
    #[serde(rename = "receivedAt")]
    OldestFirst,
}

/// Which referrals to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralFilters {
    /// Only those that stand so.
    #[schema(max_items = 4)]
    status: Option<Vec<ReferralStatus>>,
    /// Only those from these sources.
    #[schema(max_items = 20)]
    source: Option<Vec<ReferralSource>>,
    /// Only those that state a risk, or that do not.
    risk_stated: Option<bool>,
    /// Only those that were accepted into this case.
    case_id: Option<CaseId>,
    /// Only those that arrived at this instant or later.
    received_from: Option<Timestamp>,
    /// Only those that arrived before this instant.
    received_to: Option<Timestamp>,
    /// The order; the newest first, unless asked otherwise.
    sort: Option<ReferralOrder>,
}

impl Filters for ReferralFilters {
    const TOTAL: bool = true;
}

impl From<&ReferralFilters> for ReferralFilter {
    fn from(asked: &ReferralFilters) -> Self {
        Self {
            status: asked.status.clone().unwrap_or_default(),
            source: asked.source.clone().unwrap_or_default(),
            risk_stated: asked.risk_stated,
            case_id: asked.case_id,
            received_from: asked.received_from,
            received_to: asked.received_to,
            oldest_first: asked.sort == Some(ReferralOrder::OldestFirst),
        }
    }
}

/// The path of a referral.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralPath {
    /// The referral.
    referral_id: ReferralId,
}

fn shown(referral: &Referral) -> Answer {
    Answer::ok(referral).version(referral.version)
}

/// Record a referral.
///
/// From the family, from whoever knows them, or from a professional, who says how and when the family agreed. One that states a risk is kept
/// in any case, and a service manager is told. Staff with a conflict of interest are named, and never see it. The answer is a receipt for everybody,
/// and stays the same whatever becomes of it (C1, C2, C7).
#[utoipa::path(post, path = "/referrals", operation_id = "createReferral", tag = "referrals",
    responses((status = 201, description = "That it was received.", body = ReferralReceipt)))]
async fn create(
    permit: Permit<act::ReferralCreate>,
    body: Valid<NewReferral>,
    key: MandatoryKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let made = app.create_referral(permit, body.into_inner(), request).await?;
    Ok(Answer::created(&format!("/referrals/{}", made.value.id), &made.value).replayed(made.replayed))
}

/// List referrals.
///
/// The intake queue, without what was told. Those that were accepted into a case are listed and counted for those who see that case, and none for
/// whoever has a conflict of interest (C1, C7).
#[utoipa::path(get, path = "/referrals", operation_id = "listReferrals", tag = "referrals",
    responses((status = 200, description = "A page of referrals.", body = ReferralPage)))]
async fn list(permit: Permit<act::ReferralList>, listing: Listing<ReferralFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let page = app.list_referrals(permit, (&listing.filters).into(), listing.page).await?;
    Ok(listing.answer::<ReferralPage>(page))
}

/// Read a referral.
///
/// What it brings stays inside the service. One that was accepted into a case is found by those who see that case (C1, C7).
#[utoipa::path(get, path = "/referrals/{referralId}", operation_id = "getReferral", tag = "referrals",
    responses((status = 200, description = "The referral.", body = Referral)))]
async fn read(permit: Permit<act::ReferralRead>, path: Path<ReferralPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(shown(&app.read_referral(permit, path.referral_id).await?))
}

/// Change a referral.
///
/// What was told, and who may never see it, until it is decided. A service manager alone lets somebody see it again (C1, C2, C7).
#[utoipa::path(patch, path = "/referrals/{referralId}", operation_id = "updateReferral", tag = "referrals",
    responses((status = 200, description = "The referral as it is now.", body = Referral)))]
async fn update(
    permit: Permit<act::ReferralUpdate>,
    path: Path<ReferralPath>,
    change: Patch<ReferralUpdate>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(shown(&app.update_referral(permit, path.referral_id, read.required()?, change.merge()).await?))
}

/// Accept or decline a referral, or signpost.
///
/// It is accepted into a case that is there, or into a new one, which is opened in the same step with the people named. Nobody is recorded
/// from what the referral says by itself. Whoever is kept away from it is kept away from that case. Nothing is sent to whoever referred: feedback to
/// them is a disclosure (C1, C2, C7).
#[utoipa::path(post, path = "/referrals/{referralId}/decision", operation_id = "decideReferral", tag = "referrals",
    responses((status = 200, description = "The referral as it is now.", body = Referral)))]
async fn decide(
    permit: Permit<act::ReferralDecide>,
    path: Path<ReferralPath>,
    body: Valid<NewReferralDecision>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let decided = app.decide_referral(permit, path.referral_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&decided.value).replayed(decided.replayed))
}

/// Move a referral from the wrong case.
///
/// One that was accepted into the wrong case goes to the right one, both of which the caller sees. What was told leaves no word behind: the
/// timeline of the one case keeps that it went, that of the other that it came. Whoever is kept away from it is kept away from that case (C1, C8).
#[utoipa::path(post, path = "/referrals/{referralId}/relocation", operation_id = "relocateReferral", tag = "referrals",
    responses((status = 200, description = "The referral as it is now.", body = Referral)))]
async fn relocate(
    permit: Permit<act::ReferralRelocate>,
    path: Path<ReferralPath>,
    body: Valid<NewReferralRelocation>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let moved = app.relocate_referral(permit, path.referral_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&moved.value).replayed(moved.replayed))
}

/// The operations on referrals.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(create).refuses(&[Code::RuleViolated]),
        op!(list),
        op!(read),
        op!(update).refuses(&[Code::RuleViolated, Code::InvalidState]),
        op!(decide).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
        op!(relocate).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
    ]
}
