//! The staff: who they are, and an end to their tokens.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Patch;
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::StaffId;
use crate::domain::staff::{Staff, StaffUpdate};
use crate::{op, page_of};

page_of!(StaffPage, Staff);

/// The path of a member of staff.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaffPath {
    /// The member of staff.
    staff_id: StaffId,
}

/// List the staff.
///
/// Names for pickers and for the filters of the logs, oldest first. A member of staff appears with their first valid token (C10).
#[utoipa::path(get, path = "/staff", operation_id = "listStaff", tag = "staff",
    responses((status = 200, description = "A page of the staff.", body = StaffPage)))]
async fn list(permit: Permit<act::StaffList>, listing: Listing<NoFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(listing.answer::<StaffPage>(app.list_staff(permit, listing.page).await?))
}

/// Disable or enable a member of staff.
///
/// Every token of somebody who is disabled is refused from the next request on (C10). The service itself, which is on record for what it
/// does by itself, cannot be disabled.
#[utoipa::path(patch, path = "/staff/{staffId}", operation_id = "updateStaff", tag = "staff",
    responses((status = 200, description = "The member of staff as they are now.", body = Staff)))]
async fn update(
    permit: Permit<act::StaffUpdate>,
    path: Path<StaffPath>,
    change: Patch<StaffUpdate>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let staff = app.update_staff(permit, path.staff_id, read.required()?, change.merge()).await?;
    Ok(Answer::ok(&staff).version(staff.version))
}

/// Refuse the tokens somebody holds now.
///
/// Tokens issued later count again: for a lost device or a changed role. Whoever leaves is disabled instead (C10).
#[utoipa::path(post, path = "/staff/{staffId}/token-revocation", operation_id = "revokeStaffTokens", tag = "staff",
    responses((status = 200, description = "The member of staff as they are now.", body = Staff)))]
async fn revoke(
    permit: Permit<act::StaffRevokeTokens>,
    path: Path<StaffPath>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let staff = app.revoke_tokens(permit, path.staff_id, key.without_body()?).await?;
    Ok(Answer::ok(&staff.value).version(staff.value.version).replayed(staff.replayed))
}

/// The operations on the staff.
pub fn operations() -> Vec<Operation> {
    vec![op!(list), op!(update).refuses(&[Code::InvalidState]), op!(revoke).refuses(&[Code::InvalidState])]
}
