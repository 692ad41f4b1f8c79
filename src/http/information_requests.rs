//! Requests for information, both ways.

use actix_web::web;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::cases::CasePath;
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::{IdempotencyKey, MandatoryKey};
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::{CaseId, InformationRequestId, StaffId};
use crate::domain::information_request::{
    InformationRequest, InformationRequestFilter, InformationRequestSummary, NewInformationCancellation, NewInformationRequest,
    NewInformationResponse,
};
use crate::domain::staff::Assignee;
use crate::domain::vocabulary::{AskedBy, InformationRequestStatus};
use crate::{op, page_of};

page_of!(InformationRequestPage, InformationRequestSummary);

/// Which requests for information to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InformationRequestFilters {
    /// Only those that stand so.
    #[schema(max_items = 8)]
    status: Option<Vec<InformationRequestStatus>>,
    /// Only those that the service made, or those from outside.
    asked_by: Option<AskedBy>,
    /// Only those of this case.
    case_id: Option<CaseId>,
    /// Only those of the cases this member of staff works on; `me` for the caller.
    assigned_to: Option<Assignee>,
    /// Only those whose answer is due before this day.
    due_before: Option<NaiveDate>,
}

impl Filters for InformationRequestFilters {
    const TOTAL: bool = true;
}

impl InformationRequestFilters {
    fn asked_for(&self, caller: StaffId) -> InformationRequestFilter {
        InformationRequestFilter {
            status: self.status.clone().unwrap_or_default(),
            asked_by: self.asked_by,
            case_id: self.case_id,
            assigned_to: self.assigned_to.map(|staff| staff.asked_by(caller)),
            due_before: self.due_before,
        }
    }
}

/// The path of a request for information.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InformationRequestPath {
    /// The request.
    request_id: InformationRequestId,
}

/// List requests for information.
///
/// Of every case the caller may see, both ways: what the service asked, and what was asked of it. Newest first, without the words (C12).
#[utoipa::path(get, path = "/information-requests", operation_id = "listInformationRequests", tag = "information-requests",
    responses((status = 200, description = "A page of requests.", body = InformationRequestPage)))]
async fn list(
    permit: Permit<act::InformationRequestList>,
    listing: Listing<InformationRequestFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let filter = listing.filters.asked_for(permit.staff());
    let page = app.list_information_requests(permit, filter, listing.page).await?;
    Ok(listing.answer::<InformationRequestPage>(page))
}

/// Ask for information, or record what was asked.
///
/// With `askedBy: service` somebody outside is asked. That tells that the family is known, so it is a disclosure in the direction
/// `inbound_request`: decided, recorded and logged like any other, and only after 201 is it asked. With `askedBy: outside` staff record what an
/// officer or professional asked, which tells nobody anything; requests for legal proceedings are recorded as such (C12; R2-R15).
#[utoipa::path(post, path = "/cases/{caseId}/information-requests", operation_id = "requestInformation", tag = "information-requests",
    responses((status = 201, description = "The request as it was recorded.", body = InformationRequest)))]
async fn record(
    permit: Permit<act::InformationRequestRecord>,
    path: Path<CasePath>,
    body: Valid<NewInformationRequest>,
    key: MandatoryKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let made = app.request_information(permit, path.case_id, request, body.into_inner()).await?;
    let answer = Answer::created(&format!("/information-requests/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a request for information.
///
/// With what was asked and what came of it (C12).
#[utoipa::path(get, path = "/information-requests/{requestId}", operation_id = "getInformationRequest", tag = "information-requests",
    responses((status = 200, description = "The request.", body = InformationRequest)))]
async fn read(
    permit: Permit<act::InformationRequestRead>,
    path: Path<InformationRequestPath>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = app.read_information_request(permit, path.request_id).await?;
    Ok(Answer::ok(&request).version(request.version))
}

/// Record what came of a request for information.
///
/// What the service answered names the disclosure by which it left: of the same case, to whoever asked. What the service received is kept as
/// a note, too, which stays inside unless its provenance says otherwise (C12).
#[utoipa::path(post, path = "/information-requests/{requestId}/response", operation_id = "respondToInformationRequest",
    tag = "information-requests", responses((status = 200, description = "The request as it is now.", body = InformationRequest)))]
async fn respond(
    permit: Permit<act::InformationRequestRespond>,
    path: Path<InformationRequestPath>,
    body: Valid<NewInformationResponse>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.respond_to_information_request(permit, path.request_id, read.required()?, body.into_inner(), request).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// Call off a request for information.
///
/// One that the service made and that is not answered. It is called off by itself when the permission to ask is withdrawn, was an error, or
/// ends with the case (C12, R17).
#[utoipa::path(post, path = "/information-requests/{requestId}/cancellation", operation_id = "cancelInformationRequest",
    tag = "information-requests", responses((status = 200, description = "The request as it is now.", body = InformationRequest)))]
async fn cancel(
    permit: Permit<act::InformationRequestCancel>,
    path: Path<InformationRequestPath>,
    body: Valid<NewInformationCancellation>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.cancel_information_request(permit, path.request_id, read.required()?, body.into_inner(), request).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// The operations on requests for information.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(list),
        op!(record).refuses(&[Code::ConsentRequired, Code::ConsentScopeExceeded, Code::InvalidState, Code::RuleViolated, Code::SamePerson]),
        op!(read),
        op!(respond).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
        op!(cancel).refuses(&[Code::SamePerson, Code::InvalidState]),
    ]
}
