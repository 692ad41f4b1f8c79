//! Disposal of cases by two people.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::{IdempotencyKey, MandatoryKey};
use super::openapi::Operation;
use super::page::{Filters, Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::disposal::{Disposal, DisposalCase, NewDisposal, NewDisposalApproval};
use crate::domain::ids::DisposalId;
use crate::domain::vocabulary::DisposalStatus;
use crate::{op, page_of};

page_of!(DisposalPage, Disposal);
page_of!(DisposalCasePage, DisposalCase);

/// Which disposals to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisposalFilters {
    /// Only those that stand so.
    #[schema(max_items = 3)]
    status: Option<Vec<DisposalStatus>>,
}

impl Filters for DisposalFilters {}

/// The path of a disposal.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisposalPath {
    /// The disposal.
    disposal_id: DisposalId,
}

/// List disposals.
///
/// What is proposed, and the certificates of what was done, newest first. Neither names a case (C16).
#[utoipa::path(get, path = "/disposals", operation_id = "listDisposals", tag = "retention",
    responses((status = 200, description = "A page of disposals.", body = DisposalPage)))]
async fn list(permit: Permit<act::DisposalList>, listing: Listing<DisposalFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let page = app.list_disposals(permit, listing.filters.status.clone().unwrap_or_default(), listing.page).await?;
    Ok(listing.answer::<DisposalPage>(page))
}

/// Propose to dispose of cases.
///
/// Up to 100 closed cases of one class whose time is over, all or none. What is on hold is refused, and what is still to be decided. A case that is
/// reopened leaves the proposal. Nothing is gone before another service manager approves (C16).
#[utoipa::path(post, path = "/disposals", operation_id = "proposeDisposal", tag = "retention",
    responses((status = 201, description = "The proposal.", body = Disposal)))]
async fn propose(
    permit: Permit<act::DisposalPropose>,
    body: Valid<NewDisposal>,
    key: MandatoryKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let made = app.propose_disposal(permit, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/disposals/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a disposal.
///
/// What is proposed, or the certificate of what was done: class, count, dates, both people, the method, the entries of the disclosure log that
/// account for it, and the day on which backups have expired, too. No case and nobody is named (C16).
#[utoipa::path(get, path = "/disposals/{disposalId}", operation_id = "getDisposal", tag = "retention",
    responses((status = 200, description = "The disposal.", body = Disposal)))]
async fn read(permit: Permit<act::DisposalRead>, path: Path<DisposalPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let disposal = app.read_disposal(permit, path.disposal_id).await?;
    Ok(Answer::ok(&disposal).version(disposal.version))
}

/// List the cases of a proposed disposal.
///
/// Those of them that the caller may see. Of one that was done or cancelled nothing remembers which they were: the list is empty (C16).
#[utoipa::path(get, path = "/disposals/{disposalId}/cases", operation_id = "listDisposalCases", tag = "retention",
    responses((status = 200, description = "A page of cases.", body = DisposalCasePage)))]
async fn cases(
    permit: Permit<act::DisposalCases>,
    path: Path<DisposalPath>,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_disposal_cases(permit, path.disposal_id, listing.page).await?;
    Ok(listing.answer::<DisposalCasePage>(page))
}

/// Give up a proposed disposal.
///
/// By whoever sees all of its cases. Nothing is gone, and nothing remembers which they were (C16).
#[utoipa::path(post, path = "/disposals/{disposalId}/cancellation", operation_id = "cancelDisposal", tag = "retention",
    responses((status = 200, description = "The disposal as it is now.", body = Disposal)))]
async fn cancel(
    permit: Permit<act::DisposalCancel>,
    path: Path<DisposalPath>,
    read: IfMatch,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.without_body()?;
    let done = app.cancel_disposal(permit, path.disposal_id, read.required()?, request).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// Approve a disposal, and do it.
///
/// By somebody else than whoever proposed it, who sees all of its cases; a restricted one needs an `Access-Reason`. Holds and periods are looked
/// at again. The keys of the cases are destroyed and their rows deleted, with all people who stand in no other case, in one transaction with the
/// entries that account for it in both logs. From then on every path with an id of theirs answers as one that never was (C16; UK GDPR Arts 17, 19).
#[utoipa::path(post, path = "/disposals/{disposalId}/approval", operation_id = "approveDisposal", tag = "retention",
    responses((status = 200, description = "The disposal with its certificate.", body = Disposal)))]
async fn approve(
    permit: Permit<act::DisposalApprove>,
    path: Path<DisposalPath>,
    body: Valid<NewDisposalApproval>,
    read: IfMatch,
    key: MandatoryKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let done = app.approve_disposal(permit, path.disposal_id, read.required()?, body.into_inner(), request).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// The operations on disposals.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(list),
        op!(propose).refuses(&[Code::RuleViolated, Code::InvalidState, Code::SamePerson, Code::RetentionHold, Code::AccessReasonRequired]),
        op!(read),
        op!(cases),
        op!(cancel).refuses(&[Code::InvalidState, Code::SamePerson, Code::AccessReasonRequired]),
        op!(approve).refuses(&[Code::RuleViolated, Code::InvalidState, Code::SamePerson, Code::RetentionHold, Code::AccessReasonRequired]),
    ]
}
