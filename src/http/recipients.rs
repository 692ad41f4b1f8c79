//! The recipient register.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{Patch, Valid};
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::RecipientId;
use crate::domain::recipient::{NewRecipient, Recipient, RecipientFilter, RecipientUpdate};
use crate::domain::vocabulary::RecipientType;
use crate::{op, page_of};

page_of!(RecipientPage, Recipient);

/// Which bodies to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecipientFilters {
    /// Only bodies of these kinds.
    #[schema(max_items = 30)]
    body_type: Option<Vec<RecipientType>>,
    /// Only those that may still be chosen, or only the others.
    active: Option<bool>,
    /// Only those of the council, or only the others.
    in_council: Option<bool>,
    /// Only those that act on risks, or only the others.
    safeguarding_function: Option<bool>,
}

impl Filters for RecipientFilters {}

impl From<&RecipientFilters> for RecipientFilter {
    fn from(asked: &RecipientFilters) -> Self {
        Self {
            body_type: asked.body_type.clone().unwrap_or_default(),
            active: asked.active,
            in_council: asked.in_council,
            safeguarding_function: asked.safeguarding_function,
        }
    }
}

/// The path of an outside body.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecipientPath {
    /// The outside body.
    recipient_id: RecipientId,
}

/// List outside bodies.
///
/// The register of those to whom information may go, newest first: council teams, schools, health, those who protect (C3, C11).
#[utoipa::path(get, path = "/recipients", operation_id = "listRecipients", tag = "recipients",
    responses((status = 200, description = "A page of the register.", body = RecipientPage)))]
async fn list(permit: Permit<act::RecipientRead>, listing: Listing<RecipientFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let page = app.list_recipients(permit, (&listing.filters).into(), listing.page).await?;
    Ok(listing.answer::<RecipientPage>(page))
}

/// Read an outside body.
///
/// With its teams; one that is inactive is shown, too, because old records name it (C3).
#[utoipa::path(get, path = "/recipients/{recipientId}", operation_id = "getRecipient", tag = "recipients",
    responses((status = 200, description = "The body.", body = Recipient)))]
async fn read(permit: Permit<act::RecipientRead>, path: Path<RecipientPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let body = app.read_recipient(permit, path.recipient_id).await?;
    Ok(Answer::ok(&body).version(body.version))
}

/// Enter an outside body.
///
/// The register names bodies and their teams, never people. Only a body with a safeguarding function receives a risk (C3, C11, C17).
#[utoipa::path(post, path = "/recipients", operation_id = "createRecipient", tag = "recipients",
    responses((status = 201, description = "The body as it was entered.", body = Recipient)))]
async fn create(
    permit: Permit<act::RecipientCreate>,
    body: Valid<NewRecipient>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.create_recipient(permit, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/recipients/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Change an outside body.
///
/// Bodies are made inactive, never removed. A team that a live permission names cannot be removed. Once a permission, refusal, disclosure or
/// log entry names a body, it cannot come to belong to the council or cease to (C3).
#[utoipa::path(patch, path = "/recipients/{recipientId}", operation_id = "updateRecipient", tag = "recipients",
    responses((status = 200, description = "The body as it is now.", body = Recipient)))]
async fn update(
    permit: Permit<act::RecipientUpdate>,
    path: Path<RecipientPath>,
    change: Patch<RecipientUpdate>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let body = app.update_recipient(permit, path.recipient_id, read.required()?, change.merge()).await?;
    Ok(Answer::ok(&body).version(body.version))
}

/// The operations on the recipient register.
pub fn operations() -> Vec<Operation> {
    vec![op!(list), op!(read), op!(create), op!(update).refuses(&[Code::InUse])]
}
