//! Cases.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{Patch, Valid};
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Filters, Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::case::{Case, CaseAssignment, CaseClosure, CaseFilter, CaseRestriction, CaseSummary, CaseUpdate, NewCase, NewReopening};
use crate::domain::idempotency::Created;
use crate::domain::ids::{CaseId, PersonId, StaffId};
use crate::domain::staff::Assignee;
use crate::domain::time::Timestamp;
use crate::domain::timeline::TimelineEntry;
use crate::domain::vocabulary::{CaseStatus, InterventionLevel};
use crate::{op, page_of};

page_of!(CasePage, CaseSummary);
page_of!(TimelinePage, TimelineEntry);

/// The path of a case.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CasePath {
    /// The case.
    pub(super) case_id: CaseId,
}

/// The order of a list of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum CaseOrder {
    /// The newest first.
    #[serde(rename = "-openedAt")]
    NewestFirst,
    /// The oldest first.
    #[serde(rename = "openedAt")]
    OldestFirst,
}

/// Which cases to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaseFilters {
    /// Only those that stand so.
    #[schema(max_items = 3)]
    status: Option<Vec<CaseStatus>>,
    /// Only those this member of staff works on; `me` for the caller.
    assigned_to: Option<Assignee>,
    /// Only those in which this person takes or took part.
    person_id: Option<PersonId>,
    /// Only the one that people name by this reference.
    #[schema(max_length = 40, example = "IASS-2026-000123")]
    reference: Option<String>,
    /// Only those at these levels of intervention.
    #[schema(max_items = 4)]
    intervention_level: Option<Vec<InterventionLevel>>,
    /// Only those of this area of the council.
    #[schema(min_length = 1, max_length = 100)]
    area: Option<String>,
    /// Only those that are restricted, or only those that are not.
    restricted: Option<bool>,
    /// Only those opened at this instant or later.
    opened_from: Option<Timestamp>,
    /// Only those opened before this instant.
    opened_to: Option<Timestamp>,
    /// The order; the newest first, unless asked otherwise.
    sort: Option<CaseOrder>,
}

impl Filters for CaseFilters {
    const TOTAL: bool = true;
}

impl CaseFilters {
    /// The filter, with `me` turned into the caller.
    fn asked_by(&self, caller: StaffId) -> CaseFilter {
        CaseFilter {
            status: self.status.clone().unwrap_or_default(),
            assigned_to: self.assigned_to.map(|staff| staff.asked_by(caller)),
            person_id: self.person_id,
            reference: self.reference.clone(),
            intervention_level: self.intervention_level.clone().unwrap_or_default(),
            area: self.area.clone(),
            restricted: self.restricted,
            opened_from: self.opened_from,
            opened_to: self.opened_to,
            oldest_first: self.sort == Some(CaseOrder::OldestFirst),
        }
    }
}

fn shown(case: &Case) -> Answer {
    Answer::ok(case).version(case.version)
}

fn done(case: &Created<Case>) -> Answer {
    shown(&case.value).replayed(case.replayed)
}

/// List cases.
///
/// Those the caller may open, without what was told. A restricted case is listed and counted for its named staff only, and for a service
/// manager with an `Access-Reason` (C1, C4).
#[utoipa::path(get, path = "/cases", operation_id = "listCases", tag = "cases",
    responses((status = 200, description = "A page of cases.", body = CasePage)))]
async fn list(permit: Permit<act::CaseList>, listing: Listing<CaseFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let filter = listing.filters.asked_by(permit.staff());
    Ok(listing.answer::<CasePage>(app.list_cases(permit, filter, listing.page).await?))
}

/// Open a case.
///
/// The recorder works on it, unless a service manager gives it to somebody else, who may also say who opens it, from its first moment on and
/// by the rules of `assignment` and `restriction`. Help never depends on permission to share. Somebody who is served separately makes it a case of
/// their own, restricted at once; whoever works with the other side cannot open it (C1, C2, C4).
#[utoipa::path(post, path = "/cases", operation_id = "openCase", tag = "cases",
    responses((status = 201, description = "The case as it was opened.", body = Case)))]
async fn create(permit: Permit<act::CaseOpen>, body: Valid<NewCase>, key: IdempotencyKey, app: web::Data<App>) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.open_case(permit, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/cases/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a case.
///
/// With its participants. A restricted case is not found by staff who are not named on it; a service manager gives an `Access-Reason`. Whoever
/// has a conflict of interest never finds it (C1, C4).
#[utoipa::path(get, path = "/cases/{caseId}", operation_id = "getCase", tag = "cases",
    responses((status = 200, description = "The case.", body = Case)))]
async fn read(permit: Permit<act::CaseRead>, path: Path<CasePath>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(shown(&app.read_case(permit, path.case_id).await?))
}

/// Read the timeline of a case.
///
/// One feed of all that happened in it, newest first: what was done to the case, who joined it, notes, permissions, what was passed on, risks,
/// referrals. It tells what and when, and the record itself the rest. Restricted notes are there for those only who may read them (C4, C8).
#[utoipa::path(get, path = "/cases/{caseId}/timeline", operation_id = "getTimeline", tag = "cases",
    responses((status = 200, description = "A page of the timeline.", body = TimelinePage)))]
async fn timeline(
    permit: Permit<act::CaseRead>,
    path: Path<CasePath>,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(listing.answer::<TimelinePage>(app.timeline(permit, path.case_id, listing.page).await?))
}

/// Change a case.
///
/// What is recorded of it, and whether work on it goes on or rests. A closed case is reopened first. Whoever works for another side of the family
/// writes nothing in it (C1, C4).
#[utoipa::path(patch, path = "/cases/{caseId}", operation_id = "updateCase", tag = "cases",
    responses((status = 200, description = "The case as it is now.", body = Case)))]
async fn update(
    permit: Permit<act::CaseUpdate>,
    path: Path<CasePath>,
    change: Patch<CaseUpdate>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(shown(&app.update_case(permit, path.case_id, read.required()?, change.merge()).await?))
}

/// Close a case.
///
/// The permissions recorded in it end at once, and the clock of its keeping starts. A case is not closed while a safeguarding concern awaits
/// its decision (C16).
#[utoipa::path(post, path = "/cases/{caseId}/closure", operation_id = "closeCase", tag = "cases",
    responses((status = 200, description = "The case as it is now.", body = Case)))]
async fn close(
    permit: Permit<act::CaseClose>,
    path: Path<CasePath>,
    body: Valid<CaseClosure>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    Ok(done(&app.close_case(permit, path.case_id, read.required()?, body.into_inner(), request).await?))
}

/// Reopen a case.
///
/// No permission comes back: what is agreed anew is recorded anew. A case is not reopened while somebody on it serves the other side of the
/// family (C1, C16).
#[utoipa::path(post, path = "/cases/{caseId}/reopening", operation_id = "reopenCase", tag = "cases",
    responses((status = 200, description = "The case as it is now.", body = Case)))]
async fn reopen(
    permit: Permit<act::CaseReopen>,
    path: Path<CasePath>,
    body: Valid<NewReopening>,
    key: IdempotencyKey,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    Ok(done(&app.reopen_case(permit, path.case_id, read.required()?, body.into_inner(), request).await?))
}

/// Set who works on a case.
///
/// An adviser takes a case themselves; a service manager gives it to anybody who works on cases. Nobody works for both sides, or on a case
/// they are kept away from. Taking a case does not open the restricted notes that were written before; being given it does (C1, C4).
#[utoipa::path(put, path = "/cases/{caseId}/assignment", operation_id = "assignCase", tag = "cases",
    responses((status = 200, description = "The case as it is now.", body = Case)))]
async fn assign(
    permit: Permit<act::CaseAssign>,
    path: Path<CasePath>,
    body: Valid<CaseAssignment>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(shown(&app.assign_case(permit, path.case_id, read.required()?, body.into_inner()).await?))
}

/// Restrict a case, or lift that.
///
/// Only named staff may open a restricted case, and whoever works on it is named. Staff with a conflict of interest never find it again.
/// What was set before is replaced; the reason is kept with the case (C1, C4).
#[utoipa::path(put, path = "/cases/{caseId}/restriction", operation_id = "restrictCase", tag = "cases",
    responses((status = 200, description = "The case as it is now.", body = Case)))]
async fn restrict(
    permit: Permit<act::CaseRestrict>,
    path: Path<CasePath>,
    body: Valid<CaseRestriction>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(shown(&app.restrict_case(permit, path.case_id, read.required()?, body.into_inner()).await?))
}

/// The operations on cases.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(list),
        op!(create).refuses(&[Code::RuleViolated, Code::SamePerson, Code::AccessReasonRequired]),
        op!(read),
        op!(timeline),
        op!(update).refuses(&[Code::SamePerson, Code::InvalidState]),
        op!(close).refuses(&[Code::SamePerson, Code::InvalidState]),
        op!(reopen).refuses(&[Code::SamePerson, Code::InvalidState]),
        op!(assign).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
        op!(restrict).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
    ]
}
