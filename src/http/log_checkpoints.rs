//! The signed checkpoints of the logs. Both have the same.

use actix_web::web;

use super::export::ExportFile;
use super::openapi::Operation;
use super::page::{Listing, NoFilters};
use super::problem::Problem;
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::log_proof::CheckpointRow;
use crate::{op, page_of};

page_of!(CheckpointPage, CheckpointRow);

/// Read the newest checkpoint of the disclosure log.
///
/// A signed note (C2SP checkpoint, Ed25519) of the log as it is: its name, size and root (C3, C13). Whoever keeps one can prove later that nothing
/// before it was changed.
#[utoipa::path(get, path = "/disclosure-log/checkpoint", operation_id = "getDisclosureLogCheckpoint", tag = "disclosure-log",
    responses((status = 200, description = "The signed note.", body = ExportFile, content_type = "text/plain")))]
async fn disclosures_newest(permit: Permit<act::DisclosureLogProve>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::text(app.read_checkpoint(permit).await?))
}

/// List the checkpoints of the disclosure log.
///
/// All that were signed and kept, the newest first (C3, C13).
#[utoipa::path(get, path = "/disclosure-log/checkpoints", operation_id = "listDisclosureLogCheckpoints", tag = "disclosure-log",
    responses((status = 200, description = "A page of the checkpoints.", body = CheckpointPage)))]
async fn disclosures_all(
    permit: Permit<act::DisclosureLogProve>,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_checkpoints(permit, listing.page).await?;
    Ok(listing.answer::<CheckpointPage>(page))
}

/// Read the newest checkpoint of the access log.
///
/// A signed note (C2SP checkpoint, Ed25519) of the log as it is: its name, size and root (C10, C13). Whoever keeps one can prove later that nothing
/// before it was changed.
#[utoipa::path(get, path = "/access-log/checkpoint", operation_id = "getAccessLogCheckpoint", tag = "access-log",
    responses((status = 200, description = "The signed note.", body = ExportFile, content_type = "text/plain")))]
async fn accesses_newest(permit: Permit<act::AccessLogProve>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::text(app.read_checkpoint(permit).await?))
}

/// List the checkpoints of the access log.
///
/// All that were signed and kept, the newest first (C10, C13).
#[utoipa::path(get, path = "/access-log/checkpoints", operation_id = "listAccessLogCheckpoints", tag = "access-log",
    responses((status = 200, description = "A page of the checkpoints.", body = CheckpointPage)))]
async fn accesses_all(permit: Permit<act::AccessLogProve>, listing: Listing<NoFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let page = app.list_checkpoints(permit, listing.page).await?;
    Ok(listing.answer::<CheckpointPage>(page))
}

/// The operations on checkpoints.
pub fn operations() -> Vec<Operation> {
    vec![op!(disclosures_newest), op!(disclosures_all), op!(accesses_newest), op!(accesses_all)]
}
