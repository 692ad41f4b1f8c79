//! Requests for legal proceedings.

use actix_web::{rt, web};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::conditional::IfMatch;
use super::extract::{Path, Query};
use super::idempotency::{IdempotencyKey, MandatoryKey};
use super::openapi::Operation;
use super::page::{Filters, Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::{Answer, PdfFile};
use crate::app::App;
use crate::app::legal_requests::BundleToMake;
use crate::authz::{Permit, act};
use crate::domain::ids::{CaseId, LegalRequestId, PersonId};
use crate::domain::legal_bundle::LegalBundle;
use crate::domain::legal_request::{
    LegalCandidate, LegalRequest, LegalRequestFilter, LegalRequestSummary, NewLegalClosure, NewLegalDecision, NewLegalDispatch,
    NewLegalExtract, NewLegalRequest,
};
use crate::domain::vocabulary::LegalRequestStatus;
use crate::{op, page_of, print};

page_of!(LegalRequestPage, LegalRequestSummary);
page_of!(LegalCandidatePage, LegalCandidate);

/// Which requests to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalRequestFilters {
    /// Only those that stand so.
    #[schema(max_items = 9)]
    status: Option<Vec<LegalRequestStatus>>,
    /// Only those about this case.
    case_id: Option<CaseId>,
    /// Only those that the officer wants before this day.
    deadline_before: Option<NaiveDate>,
}

impl Filters for LegalRequestFilters {
    const TOTAL: bool = true;
}

impl From<&LegalRequestFilters> for LegalRequestFilter {
    fn from(asked: &LegalRequestFilters) -> Self {
        Self { status: asked.status.clone().unwrap_or_default(), case_id: asked.case_id, deadline_before: asked.deadline_before }
    }
}

/// The path of a request for legal proceedings.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalRequestPath {
    /// The request.
    legal_request_id: LegalRequestId,
}

fn shown(request: &LegalRequest) -> Answer {
    Answer::ok(request).version(request.version)
}

/// List requests for legal proceedings.
///
/// About every case the service manager may see, newest first. One that was not answered by the day that was named is refused (C15).
#[utoipa::path(get, path = "/legal-requests", operation_id = "listLegalRequests", tag = "legal-requests",
    responses((status = 200, description = "A page of requests.", body = LegalRequestPage)))]
async fn list(
    permit: Permit<act::LegalRequestList>,
    listing: Listing<LegalRequestFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_legal_requests(permit, (&listing.filters).into(), listing.page).await?;
    Ok(listing.answer::<LegalRequestPage>(page))
}

/// Record a request for legal proceedings.
///
/// What an officer asks for, by whoever takes it. It tells nobody anything and decides nothing; the service manager is told. That the letter speaks
/// of a court order changes nothing: without permission nothing leaves (C15).
#[utoipa::path(post, path = "/legal-requests", operation_id = "logLegalRequest", tag = "legal-requests",
    responses((status = 201, description = "The request as it was recorded.", body = LegalRequest)))]
async fn log(
    permit: Permit<act::LegalRequestLog>,
    body: Valid<NewLegalRequest>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.log_legal_request(permit, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/legal-requests/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a request for legal proceedings.
///
/// With what was decided, what was extracted and why, and what was sent to whom (C15).
#[utoipa::path(get, path = "/legal-requests/{legalRequestId}", operation_id = "getLegalRequest", tag = "legal-requests",
    responses((status = 200, description = "The request.", body = LegalRequest)))]
async fn read(permit: Permit<act::LegalRequestRead>, path: Path<LegalRequestPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(shown(&app.read_legal_request(permit, path.legal_request_id).await?))
}

/// Decide about a request for legal proceedings.
///
/// Consider it, have permission sought, grant or refuse it. To grant there must be a permission in force, for `legal_request`: the disclosure policy
/// decides, and its refusal is recorded and logged. Silence by the day that was named is a refusal. Whoever serves another side of the family does
/// not decide (C15; R2-R15).
#[utoipa::path(post, path = "/legal-requests/{legalRequestId}/decision", operation_id = "decideLegalRequest", tag = "legal-requests",
    responses((status = 200, description = "The request as it is now.", body = LegalRequest)))]
async fn decide(
    permit: Permit<act::LegalRequestDecide>,
    path: Path<LegalRequestPath>,
    body: Valid<NewLegalDecision>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.decide_legal_request(permit, path.legal_request_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&done.value).replayed(done.replayed))
}

/// List the notes that could be extracted.
///
/// Those of the case that count, newest first, each with what was decided of it last. Where one is restricted a reason is needed, so that none stays
/// undecided unseen (C4, C15).
#[utoipa::path(get, path = "/legal-requests/{legalRequestId}/candidate-items", operation_id = "listLegalCandidateItems", tag = "legal-requests",
    responses((status = 200, description = "A page of notes.", body = LegalCandidatePage)))]
async fn candidates(
    permit: Permit<act::LegalRequestCandidates>,
    path: Path<LegalRequestPath>,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_legal_candidates(permit, path.legal_request_id, listing.page).await?;
    Ok(listing.answer::<LegalCandidatePage>(page))
}

/// Say which notes are extracted.
///
/// Each note that counts is included or left out, with the reason: a request for the whole file is answered item by item. The disclosure policy
/// decides about what is included, and its refusal is recorded and logged (C15; R2-R15).
#[utoipa::path(put, path = "/legal-requests/{legalRequestId}/items", operation_id = "extractForLegalRequest", tag = "legal-requests",
    responses((status = 200, description = "The request as it is now.", body = LegalRequest)))]
async fn extract(
    permit: Permit<act::LegalRequestExtract>,
    path: Path<LegalRequestPath>,
    body: Valid<NewLegalExtract>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(shown(&app.extract_for_legal_request(permit, path.legal_request_id, read.required()?, body.into_inner()).await?))
}

/// Makes the file beside the request for it: whoever asked may go away meanwhile. What a restart cuts off is taken up by the next look at it.
fn make(app: &web::Data<App>, wanted: Option<BundleToMake>) {
    let (app, Some(wanted)) = (app.clone(), wanted) else { return };
    rt::spawn(async move {
        let letters = wanted.letters().to_vec();
        let files = web::block(move || letters.iter().map(print::extract).collect::<Result<Vec<_>, _>>()).await;
        let files = files.ok().and_then(Result::ok);
        if files.is_none() {
            tracing::error!("an extract could not be set as a letter");
        }
        if app.keep_legal_bundle(wanted, files).await.is_err() {
            tracing::warn!("the file of an extract could not be kept; it is made again when it is asked for");
        }
    });
}

/// Have the extract made a file.
///
/// A letter to the officer, as a PDF: what is enclosed, numbered and word for word, and that the rest is not. Only once the items were decided, and
/// not after what they rest on has ended. Nothing leaves by this: it is sent by `dispatch` (C3, C15).
#[utoipa::path(post, path = "/legal-requests/{legalRequestId}/bundle", operation_id = "buildLegalBundle", tag = "legal-requests",
    responses((status = 202, description = "It is being made, or was made; `Location` tells how far it is.", body = LegalBundle)))]
async fn build(
    permit: Permit<act::LegalRequestBundle>,
    path: Path<LegalRequestPath>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.without_body()?;
    let asked = app.ask_legal_bundle(permit, path.legal_request_id, request).await?;
    let (bundle, wanted) = asked.value;
    make(&app, wanted);
    Ok(Answer::accepted(&format!("/legal-requests/{}/bundle", bundle.legal_request_id), &bundle).replayed(asked.replayed))
}

/// Ask how far the file of the extract is.
///
/// Items that were decided anew make it `building` again (C15).
#[utoipa::path(get, path = "/legal-requests/{legalRequestId}/bundle", operation_id = "getLegalBundle", tag = "legal-requests",
    responses((status = 200, description = "How far it is.", body = LegalBundle)))]
async fn bundle(permit: Permit<act::LegalRequestRead>, path: Path<LegalRequestPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let (bundle, wanted) = app.legal_bundle(permit, path.legal_request_id).await?;
    make(&app, wanted);
    Ok(Answer::ok(&bundle))
}

/// Which file.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalFileQuery {
    /// That of the copy for this person, once the extract was sent; without it, that of the officer.
    copy_to: Option<PersonId>,
}

/// Fetch the file of the extract.
///
/// For the service manager, to be sent to the officer who asked. A copy is another file: it holds only what its receiver may have (C3, C15; R15).
#[utoipa::path(get, path = "/legal-requests/{legalRequestId}/bundle/file", operation_id = "getLegalBundleFile", tag = "legal-requests",
    responses((status = 200, description = "The letter, with what it encloses.", body = PdfFile, content_type = "application/pdf")))]
async fn file(
    permit: Permit<act::LegalRequestBundleFile>,
    path: Path<LegalRequestPath>,
    which: Query<LegalFileQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let file = app.legal_bundle_file(permit, path.legal_request_id, which.copy_to).await?;
    Ok(Answer::file("application/pdf", "extract.pdf", file))
}

/// Send the extract.
///
/// To the officer who asked, with a copy to everybody whose permission it rests on; a copy holds only what its receiver may have. It is decided again,
/// and rests on the permissions it was drafted on. The sending, the copies and the entry in the disclosure log are one transaction: without the
/// copy nothing leaves (C15; R2-R16).
#[utoipa::path(post, path = "/legal-requests/{legalRequestId}/dispatch", operation_id = "dispatchLegalRequest", tag = "legal-requests",
    responses((status = 200, description = "The request as it is now.", body = LegalRequest)))]
async fn dispatch(
    permit: Permit<act::LegalRequestDispatch>,
    path: Path<LegalRequestPath>,
    body: Valid<NewLegalDispatch>,
    key: MandatoryKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let done = app.dispatch_legal_request(permit, path.legal_request_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&done.value).replayed(done.replayed))
}

/// Close a request for legal proceedings.
///
/// One that was answered, refused or blocked (C15).
#[utoipa::path(post, path = "/legal-requests/{legalRequestId}/closure", operation_id = "closeLegalRequest", tag = "legal-requests",
    responses((status = 200, description = "The request as it is now.", body = LegalRequest)))]
async fn close(
    permit: Permit<act::LegalRequestClose>,
    path: Path<LegalRequestPath>,
    body: Valid<NewLegalClosure>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.close_legal_request(permit, path.legal_request_id, read.required()?, body.into_inner(), request).await?;
    Ok(shown(&done.value).replayed(done.replayed))
}

/// The operations on requests for legal proceedings.
pub fn operations() -> Vec<Operation> {
    const REFUSED: &[Code] = &[Code::ConsentRequired, Code::ConsentScopeExceeded, Code::InvalidState, Code::RuleViolated, Code::SamePerson];
    vec![
        op!(list),
        op!(log).refuses(&[Code::RuleViolated, Code::AccessReasonRequired]),
        op!(read),
        op!(decide).refuses(REFUSED),
        op!(candidates),
        op!(extract).refuses(REFUSED),
        op!(build).refuses(&[Code::InvalidState, Code::AccessReasonRequired]),
        op!(bundle).refuses(&[Code::InvalidState, Code::AccessReasonRequired]),
        op!(file).refuses(&[Code::InvalidState, Code::AccessReasonRequired]),
        op!(dispatch).refuses(REFUSED).refuses(&[Code::CopyRecipientRequired]),
        op!(close).refuses(&[Code::SamePerson, Code::InvalidState]),
    ]
}
