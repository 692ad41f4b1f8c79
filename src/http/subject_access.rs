//! Subject access requests.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{Patch, Valid};
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::{IdempotencyKey, MandatoryKey};
use super::openapi::Operation;
use super::page::{Filters, Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::{Answer, PdfFile};
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::SarId;
use crate::domain::subject_access::{
    NewSarClockEvent, NewSarDispatch, NewSarItems, NewSarRefusal, NewSubjectAccessRequest, SarBundle, SarCandidate, SarUpdate,
    SubjectAccessRequest, SubjectAccessRequestSummary,
};
use crate::domain::vocabulary::SarStatus;
use crate::{op, page_of, print};

page_of!(SubjectAccessRequestPage, SubjectAccessRequestSummary);
page_of!(SarCandidatePage, SarCandidate);

/// Which requests to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SarFilters {
    /// Only those that stand so.
    #[schema(max_items = 7)]
    status: Option<Vec<SarStatus>>,
}

impl Filters for SarFilters {
    const TOTAL: bool = true;
}

/// The path of a subject access request.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SarPath {
    /// The request.
    sar_id: SarId,
}

fn shown(request: &SubjectAccessRequest) -> Answer {
    Answer::ok(request).version(request.version)
}

/// List subject access requests.
///
/// The register of the service manager, newest first, each with its clock. A request is seen by those who see every case it is about (C1, C9).
#[utoipa::path(get, path = "/subject-access-requests", operation_id = "listSubjectAccessRequests", tag = "subject-access-requests",
    responses((status = 200, description = "A page of requests.", body = SubjectAccessRequestPage)))]
async fn list(permit: Permit<act::SarList>, listing: Listing<SarFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let page = app.list_subject_access(permit, listing.filters.status.clone().unwrap_or_default(), listing.page).await?;
    Ok(listing.answer::<SubjectAccessRequestPage>(page))
}

/// Record a subject access request.
///
/// By whoever takes it, however it came: spoken and misrouted requests count. The clock runs from the day on which it arrived; the service manager is
/// told what is due (C9).
#[utoipa::path(post, path = "/subject-access-requests", operation_id = "logSubjectAccessRequest", tag = "subject-access-requests",
    responses((status = 201, description = "The request as it was recorded.", body = SubjectAccessRequest)))]
async fn log(
    permit: Permit<act::SarLog>,
    body: Valid<NewSubjectAccessRequest>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.log_subject_access(permit, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/subject-access-requests/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a subject access request.
///
/// How it stands and its clock; for the service manager also where the answer goes, what was searched and what left. Whoever recorded it sees how it
/// stands and its clock, whether or not they see what it is about (C9).
#[utoipa::path(get, path = "/subject-access-requests/{sarId}", operation_id = "getSubjectAccessRequest", tag = "subject-access-requests",
    responses((status = 200, description = "The request.", body = SubjectAccessRequest)))]
async fn read(permit: Permit<act::SarRead>, path: Path<SarPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(shown(&app.read_subject_access(permit, path.sar_id).await?))
}

/// Change a subject access request.
///
/// Where the answer goes, what was searched, why it is in the interests of the child, and who decides nothing about it (C9).
#[utoipa::path(patch, path = "/subject-access-requests/{sarId}", operation_id = "updateSubjectAccessRequest", tag = "subject-access-requests",
    responses((status = 200, description = "The request as it is now.", body = SubjectAccessRequest)))]
async fn update(
    permit: Permit<act::SarUpdate>,
    path: Path<SarPath>,
    change: Patch<SarUpdate>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(shown(&app.update_subject_access(permit, path.sar_id, read.required()?, change.merge()).await?))
}

/// Record what moves the clock.
///
/// Proof of identity or authority, asked for at once or not at all: the month counts from the day the last of it arrives. A question what is meant stops
/// the clock until it is answered. It takes longer once, with a reason, if the requester is told in time (C9).
#[utoipa::path(post, path = "/subject-access-requests/{sarId}/clock-events", operation_id = "recordSubjectAccessClockEvent",
    tag = "subject-access-requests",
    responses((status = 200, description = "The request as it is now.", body = SubjectAccessRequest)))]
async fn clock_event(
    permit: Permit<act::SarClockEvent>,
    path: Path<SarPath>,
    body: Valid<NewSarClockEvent>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.record_sar_clock_event(permit, path.sar_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&done.value).replayed(done.replayed))
}

/// List what is held about the subject.
///
/// The notes from and about them, each version, newest first, of every case of which whoever asks may be told: a young person's own case is never in the
/// list of a parent. Each with what it says, what was decided of it, and whether others have rights in it (C1, C4, C8, C9, C17).
#[utoipa::path(get, path = "/subject-access-requests/{sarId}/candidate-items", operation_id = "listSubjectAccessCandidateItems",
    tag = "subject-access-requests",
    responses((status = 200, description = "A page of notes.", body = SarCandidatePage)))]
async fn candidates(
    permit: Permit<act::SarCandidates>,
    path: Path<SarPath>,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_sar_candidates(permit, path.sar_id, listing.page).await?;
    Ok(listing.answer::<SarCandidatePage>(page))
}

/// Decide about items.
///
/// Each is included, redacted or withheld; the latter two on a ground of the law and with a reason, and so is included what is about others, too. What
/// is decided of an item takes the place of what was decided of it before, until the answer is sent; of an item that is not named nothing changes. All
/// that is held must be decided before the answer can be built, and what is recorded afterwards is not decided (C9).
#[utoipa::path(put, path = "/subject-access-requests/{sarId}/items", operation_id = "decideSubjectAccessItems", tag = "subject-access-requests",
    responses((status = 200, description = "The request as it is now.", body = SubjectAccessRequest)))]
async fn decide(
    permit: Permit<act::SarDecide>,
    path: Path<SarPath>,
    body: Valid<NewSarItems>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(shown(&app.decide_sar_items(permit, path.sar_id, read.required()?, body.into_inner()).await?))
}

/// Build the answer.
///
/// Only once every item is decided. What is recorded or decided afterwards unmakes it (C9).
#[utoipa::path(post, path = "/subject-access-requests/{sarId}/bundle", operation_id = "buildSubjectAccessBundle",
    tag = "subject-access-requests",
    responses((status = 202, description = "It is built; `Location` tells how far it is.", body = SarBundle)))]
async fn build(permit: Permit<act::SarBundle>, path: Path<SarPath>, key: IdempotencyKey, app: web::Data<App>) -> Result<Answer, Problem> {
    let request = key.without_body()?;
    let made = app.build_sar_bundle(permit, path.sar_id, request).await?;
    Ok(Answer::accepted(&format!("/subject-access-requests/{}/bundle", made.value.sar_id), &made.value).replayed(made.replayed))
}

/// Ask how far the answer is.
///
/// It is ready, or it is not built, or is none any more (C9).
#[utoipa::path(get, path = "/subject-access-requests/{sarId}/bundle", operation_id = "getSubjectAccessBundle", tag = "subject-access-requests",
    responses((status = 200, description = "How far it is.", body = SarBundle)))]
async fn bundle(permit: Permit<act::SarBundleRead>, path: Path<SarPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.sar_bundle(permit, path.sar_id).await?))
}

/// Fetch the answer.
///
/// A letter, as a PDF: what is on record, the notes in the words that go, to whom something was passed on, and the rights of whoever it is about. For the
/// service manager, to be sent to whoever asked. Once it was sent it stays as it was then, but for the cases that were disposed of (C3, C9, C16).
#[utoipa::path(get, path = "/subject-access-requests/{sarId}/bundle/file", operation_id = "getSubjectAccessBundleFile",
    tag = "subject-access-requests",
    responses((status = 200, description = "The letter.", body = PdfFile, content_type = "application/pdf")))]
async fn file(permit: Permit<act::SarBundleFile>, path: Path<SarPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let letter = app.sar_letter(permit, path.sar_id).await?;
    let file = web::block(move || print::subject_access(&letter)).await;
    let file = file.map_err(|error| Problem::internal(&error))?.map_err(|error| Problem::internal(&error))?;
    Ok(Answer::file("application/pdf", "answer.pdf", file))
}

/// Send the answer.
///
/// By the service manager, directly to whoever asked, at a contact of their own that is safe and verified: never by way of the council, a school or
/// another parent. What leaves of each case is a disclosure on the ground of the right to it, in one transaction with its entry in the disclosure log.
/// What it still lacks is told all at once; that is a refusal, which is logged, too (C3, C9; R1, R2).
#[utoipa::path(post, path = "/subject-access-requests/{sarId}/dispatch", operation_id = "dispatchSubjectAccessRequest",
    tag = "subject-access-requests",
    responses((status = 200, description = "The request as it is now.", body = SubjectAccessRequest)))]
async fn dispatch(
    permit: Permit<act::SarDispatch>,
    path: Path<SarPath>,
    body: Valid<NewSarDispatch>,
    key: MandatoryKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let done = app.dispatch_subject_access(permit, path.sar_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&done.value).replayed(done.replayed))
}

/// Refuse a subject access request.
///
/// With the reason, and the day on which the requester was told of it and of their rights (C9).
#[utoipa::path(post, path = "/subject-access-requests/{sarId}/refusal", operation_id = "refuseSubjectAccessRequest",
    tag = "subject-access-requests",
    responses((status = 200, description = "The request as it is now.", body = SubjectAccessRequest)))]
async fn refuse(
    permit: Permit<act::SarRefuse>,
    path: Path<SarPath>,
    body: Valid<NewSarRefusal>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.refuse_subject_access(permit, path.sar_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&done.value).replayed(done.replayed))
}

/// The operations on subject access requests.
pub fn operations() -> Vec<Operation> {
    const REFUSED: &[Code] = &[Code::InvalidState, Code::RuleViolated, Code::SamePerson];
    const READ: &[Code] = &[Code::SamePerson, Code::AccessReasonRequired];
    vec![
        op!(list),
        op!(log).refuses(&[Code::RuleViolated, Code::AccessReasonRequired]),
        op!(read),
        op!(update).refuses(REFUSED),
        op!(clock_event).refuses(REFUSED),
        op!(candidates).refuses(READ),
        op!(decide).refuses(REFUSED),
        op!(build).refuses(READ).refuses(&[Code::InvalidState]),
        op!(bundle).refuses(READ).refuses(&[Code::InvalidState]),
        op!(file).refuses(READ).refuses(&[Code::InvalidState]),
        op!(dispatch).refuses(REFUSED),
        op!(refuse).refuses(REFUSED),
    ]
}
