//! The signed checkpoints of the logs, what witnesses say of them, and receipts.

use actix_web::web;

use super::body::Valid;
use super::disclosure_log::EntryPath;
use super::export::ExportFile;
use super::extract::Path;
use super::idempotency::IdleKey;
use super::openapi::Operation;
use super::page::{Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::log_proof::{CheckpointRow, NewCosignature};
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

/// Hand in what a witness says of the disclosure log.
///
/// The line that `sendiass log witness` prints: a cosignature of the checkpoint of this size, by a witness that the service knows (C13). It is
/// served with the checkpoint. Handed in again, it is what it was.
#[utoipa::path(post, path = "/disclosure-log/cosignatures", operation_id = "cosignDisclosureLog", tag = "disclosure-log",
    responses((status = 201, description = "The checkpoint with the line.", body = CheckpointRow)))]
async fn disclosures_cosign(
    permit: Permit<act::DisclosureLogCosign>,
    body: Valid<NewCosignature>,
    key: IdleKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    key.judged()?;
    Ok(Answer::created("/disclosure-log/checkpoints", &app.cosign(permit, body.into_inner()).await?))
}

/// Hand in what a witness says of the access log.
///
/// The line that `sendiass log witness` prints: a cosignature of the checkpoint of this size, by a witness that the service knows (C13). It is
/// served with the checkpoint. Handed in again, it is what it was.
#[utoipa::path(post, path = "/access-log/cosignatures", operation_id = "cosignAccessLog", tag = "access-log",
    responses((status = 201, description = "The checkpoint with the line.", body = CheckpointRow)))]
async fn accesses_cosign(
    permit: Permit<act::AccessLogCosign>,
    body: Valid<NewCosignature>,
    key: IdleKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    key.judged()?;
    Ok(Answer::created("/access-log/checkpoints", &app.cosign(permit, body.into_inner()).await?))
}

/// Read the receipt of an entry of the disclosure log.
///
/// That the entry is in the log, with the signed checkpoint and the entry itself, for whoever received something: a `.tlog-proof` of C2SP, which
/// `sendiass log verify-receipt` checks without the service (C3, C13). Whoever keeps it can show later if the log was written anew.
#[utoipa::path(get, path = "/disclosure-log/entries/{index}/receipt", operation_id = "getDisclosureLogReceipt", tag = "disclosure-log",
    responses((status = 200, description = "The receipt.", body = ExportFile, content_type = "text/plain")))]
async fn receipt(permit: Permit<act::DisclosureLogProve>, path: Path<EntryPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let receipt = app.read_log_receipt(permit, path.index).await?;
    Ok(Answer::file("text/plain; charset=utf-8", &format!("entry-{}.tlog-proof", path.index), receipt))
}

/// The operations on checkpoints.
pub fn operations() -> Vec<Operation> {
    let cosigned = [op!(disclosures_cosign), op!(accesses_cosign)].map(|operation| operation.refuses(&[Code::RuleViolated]));
    let read = [op!(disclosures_newest), op!(disclosures_all), op!(receipt), op!(accesses_newest), op!(accesses_all)];
    read.into_iter().chain(cosigned).collect()
}
