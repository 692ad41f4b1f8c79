//! People.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{Patch, Valid};
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::{IdempotencyKey, IdleKey};
use super::openapi::Operation;
use super::page::{Listing, NoFilters};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::PersonId;
use crate::domain::person::{NewPerson, Person, PersonSearch, PersonSummary, PersonUpdate};
use crate::{op, page_of};

page_of!(PersonPage, PersonSummary);

/// The path of a person.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonPath {
    /// The person.
    pub(super) person_id: PersonId,
}

/// Record a person.
///
/// A child, young person, parent carer, professional or somebody who gives no name. A name, the name they use, or `pseudonymous: true` is
/// enough (C1, C2).
#[utoipa::path(post, path = "/people", operation_id = "createPerson", tag = "people",
    responses((status = 201, description = "The person as they were recorded.", body = Person)))]
async fn create(
    permit: Permit<act::PersonCreate>,
    body: Valid<NewPerson>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.create_person(permit, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/people/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Find people.
///
/// By name, birth date or contact, which stand in the body because personal data never stand in an address. Only people of no case yet, or
/// of cases the caller may see, are found (C1, C2).
#[utoipa::path(post, path = "/people/search", operation_id = "searchPeople", tag = "people",
    responses((status = 200, description = "A page of those found.", body = PersonPage)))]
async fn search(
    permit: Permit<act::PersonSearch>,
    body: Valid<PersonSearch>,
    key: IdleKey,
    listing: Listing<NoFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    key.judged()?;
    let listing = listing.of_body(body.fingerprint())?;
    Ok(listing.answer::<PersonPage>(app.search_people(permit, body.into_inner(), listing.page).await?))
}

/// Read a person.
///
/// With how they can be reached without harm. What somebody who is served separately told in a case of their own is shown to those who see
/// that case, and to nobody else (C1, C2, C9).
#[utoipa::path(get, path = "/people/{personId}", operation_id = "getPerson", tag = "people",
    responses((status = 200, description = "The person.", body = Person)))]
async fn read(permit: Permit<act::PersonRead>, path: Path<PersonPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let person = app.read_person(permit, path.person_id).await?;
    Ok(Answer::ok(&person).version(person.version))
}

/// Correct a person.
///
/// Names, dates, contacts, and how they can be reached without harm. A contact whose number or address changes is a new contact. Whoever sees
/// a case of the person's own changes what is known in that case, others what is known outside it (C1, C9).
#[utoipa::path(patch, path = "/people/{personId}", operation_id = "updatePerson", tag = "people",
    responses((status = 200, description = "The person as they are now.", body = Person)))]
async fn update(
    permit: Permit<act::PersonUpdate>,
    path: Path<PersonPath>,
    change: Patch<PersonUpdate>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let person = app.update_person(permit, path.person_id, read.required()?, change.merge()).await?;
    Ok(Answer::ok(&person).version(person.version))
}

/// The operations on people.
pub fn operations() -> Vec<Operation> {
    let update = op!(update).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]);
    vec![op!(create).refuses(&[Code::RuleViolated]), op!(search), op!(read), update]
}
