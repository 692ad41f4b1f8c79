//! What left the service, and whether something may.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::cases::CasePath;
use super::extract::Path;
use super::idempotency::{IdleKey, MandatoryKey};
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::disclosure::{
    Annotation, Disclosure, DisclosureCheck, DisclosureSummary, NewAnnotation, NewDisclosure, NewDisclosureCheck,
};
use crate::domain::ids::{DisclosureId, PersonId};
use crate::{op, page_of};

page_of!(DisclosurePage, DisclosureSummary);

/// Which disclosures to list.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisclosureFilters {
    /// Only those about this person: their accounting, without what is withheld from them.
    subject_id: Option<PersonId>,
}

impl Filters for DisclosureFilters {
    const TOTAL: bool = true;
}

/// The path of a disclosure.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisclosurePath {
    /// The disclosure.
    disclosure_id: DisclosureId,
}

/// Ask whether something may be shared.
///
/// The same function decides as for a disclosure. It names the permission that covers it, or everything that stands in the way and what
/// would help. It leaves no other trace than any look at a case (C11).
#[utoipa::path(post, path = "/cases/{caseId}/disclosure-checks", operation_id = "checkDisclosure", tag = "disclosures",
    responses((status = 200, description = "Whether it may, and why.", body = DisclosureCheck)))]
async fn check(
    permit: Permit<act::DisclosureCheck>,
    path: Path<CasePath>,
    body: Valid<NewDisclosureCheck>,
    key: IdleKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    key.judged()?;
    Ok(Answer::ok(&app.check_disclosure(permit, path.case_id, body.into_inner()).await?))
}

/// List what left a case.
///
/// Newest first; with `subjectId` the accounting of one person, without what is withheld from them (C3).
#[utoipa::path(get, path = "/cases/{caseId}/disclosures", operation_id = "listDisclosures", tag = "disclosures",
    responses((status = 200, description = "A page of disclosures.", body = DisclosurePage)))]
async fn list(
    permit: Permit<act::DisclosureList>,
    path: Path<CasePath>,
    listing: Listing<DisclosureFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_disclosures(permit, path.case_id, listing.filters.subject_id, listing.page).await?;
    Ok(listing.answer::<DisclosurePage>(page))
}

/// Pass information on.
///
/// On the ground of permission, anonymised, or because of a risk. The service decides, and writes the decision in its log: 201 means that
/// it was granted, and only then does the content leave. A refusal is recorded and logged, too; `refusalIndex` is its place in the
/// disclosure log (C3, C5, C6, C11, C12, C17; R1-R16).
#[utoipa::path(post, path = "/cases/{caseId}/disclosures", operation_id = "recordDisclosure", tag = "disclosures",
    responses((status = 201, description = "The disclosure, granted and logged.", body = Disclosure)))]
async fn record(
    permit: Permit<act::DisclosureRecord>,
    path: Path<CasePath>,
    body: Valid<NewDisclosure>,
    key: MandatoryKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let made = app.record_disclosure(permit, path.case_id, Some(request), body.into_inner()).await?;
    Ok(Answer::created(&format!("/disclosures/{}", made.value.id), &made.value).replayed(made.replayed))
}

/// Read a disclosure.
///
/// With its entries in the disclosure log and what happened later (C3).
#[utoipa::path(get, path = "/disclosures/{disclosureId}", operation_id = "getDisclosure", tag = "disclosures",
    responses((status = 200, description = "The disclosure.", body = Disclosure)))]
async fn read(permit: Permit<act::DisclosureRead>, path: Path<DisclosurePath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.read_disclosure(permit, path.disclosure_id).await?))
}

/// Add what happened to a disclosure later.
///
/// Receipt confirmed, recalled, the person told, not sent after all, unfounded, or corrected: linked to the disclosure, never an edit, and
/// never in need of permission (C3, C17).
#[utoipa::path(post, path = "/disclosures/{disclosureId}/annotations", operation_id = "annotateDisclosure", tag = "disclosures",
    responses((status = 201, description = "The annotation; `Location` is the disclosure it is linked to.", body = Annotation)))]
async fn annotate(
    permit: Permit<act::DisclosureAnnotate>,
    path: Path<DisclosurePath>,
    body: Valid<NewAnnotation>,
    key: MandatoryKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.required(body.fingerprint())?;
    let made = app.annotate_disclosure(permit, path.disclosure_id, Some(request), body.into_inner()).await?;
    Ok(Answer::created(&format!("/disclosures/{}", path.disclosure_id), &made.value).replayed(made.replayed))
}

/// The operations on disclosures.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(check).refuses(&[Code::RuleViolated]),
        op!(list),
        op!(record).refuses(&[
            Code::ConsentRequired,
            Code::ConsentScopeExceeded,
            Code::InvalidState,
            Code::RuleViolated,
            Code::IdentifyingDetails,
            Code::SamePerson,
        ]),
        op!(read),
        op!(annotate).refuses(&[Code::RuleViolated]),
    ]
}
