//! Competence and capacity records.

use actix_web::web;

use super::body::Valid;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Listing, NoFilters};
use super::people::PersonPath;
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::capacity::{CapacityRecord, NewCapacityRecord};
use crate::{op, page_of};

page_of!(CapacityRecordPage, CapacityRecord);

/// List assessments of a person.
///
/// What they can decide, newest first. An assessment made in a case of the person's own is shown to those who see that case (C1, R4; Mental
/// Capacity Act 2005).
#[utoipa::path(get, path = "/people/{personId}/capacity-records", operation_id = "listCapacityRecords", tag = "people",
    responses((status = 200, description = "A page of the assessments.", body = CapacityRecordPage)))]
async fn list(
    permit: Permit<act::CapacityRead>,
    path: Path<PersonPath>,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(listing.answer::<CapacityRecordPage>(app.list_capacity_records(permit, path.person_id, listing.page).await?))
}

/// Record an assessment of competence or capacity.
///
/// For one kind of decision, never by birthday. An assessment is never changed: a new one takes its place (C1, R4).
#[utoipa::path(post, path = "/people/{personId}/capacity-records", operation_id = "recordCapacity", tag = "people",
    responses((status = 201, description = "The assessment; `Location` is the list it stands in.", body = CapacityRecord)))]
async fn record(
    permit: Permit<act::CapacityRecord>,
    path: Path<PersonPath>,
    body: Valid<NewCapacityRecord>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.record_capacity(permit, path.person_id, body.into_inner(), request).await?;
    Ok(Answer::created(&format!("/people/{}/capacity-records", path.person_id), &made.value).replayed(made.replayed))
}

/// The operations on competence and capacity records.
pub fn operations() -> Vec<Operation> {
    vec![op!(list), op!(record).refuses(&[Code::RuleViolated, Code::SamePerson])]
}
