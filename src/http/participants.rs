//! Who takes part in a case.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{Patch, Valid};
use super::cases::CasePath;
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::ParticipantId;
use crate::domain::participant::{NewParticipant, Participant, ParticipantUpdate};
use crate::{op, page_of};

page_of!(ParticipantPage, Participant);

/// No filters: all participants, and how many.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
pub struct ParticipantFilters {}

impl Filters for ParticipantFilters {
    const TOTAL: bool = true;
}

/// The path of a participant.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParticipantPath {
    /// The participant.
    participant_id: ParticipantId,
}

/// List the participants of a case.
///
/// In the order in which they came, those whose part has ended among them (C1).
#[utoipa::path(get, path = "/cases/{caseId}/participants", operation_id = "listParticipants", tag = "cases",
    responses((status = 200, description = "A page of participants.", body = ParticipantPage)))]
async fn list(
    permit: Permit<act::ParticipantList>,
    path: Path<CasePath>,
    listing: Listing<ParticipantFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(listing.answer::<ParticipantPage>(app.list_participants(permit, path.case_id, listing.page).await?))
}

/// Let somebody take part in a case.
///
/// With their role, how they stand to the child or young person, and for whom they hold parental responsibility. Somebody who is served
/// separately makes the case restricted, with its worker named and nobody else (C1).
#[utoipa::path(post, path = "/cases/{caseId}/participants", operation_id = "addParticipant", tag = "cases",
    responses((status = 201, description = "The participant as recorded.", body = Participant)))]
async fn create(
    permit: Permit<act::ParticipantAdd>,
    path: Path<CasePath>,
    body: Valid<NewParticipant>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.add_participant(permit, path.case_id, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/participants/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Change a participant.
///
/// A part ends with `endedOn`; nobody is removed. A change of parental responsibility counts from the next decision on. That somebody is no longer
/// served separately is said by a service manager with an `Access-Reason`, and what was told until then stays theirs (C1).
#[utoipa::path(patch, path = "/participants/{participantId}", operation_id = "updateParticipant", tag = "cases",
    responses((status = 200, description = "The participant as they are now.", body = Participant)))]
async fn update(
    permit: Permit<act::ParticipantUpdate>,
    path: Path<ParticipantPath>,
    change: Patch<ParticipantUpdate>,
    read: IfMatch,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let participant = app.update_participant(permit, path.participant_id, read.required()?, change.merge()).await?;
    Ok(Answer::ok(&participant).version(participant.version))
}

/// The operations on participants.
pub fn operations() -> Vec<Operation> {
    let refusals = &[Code::RuleViolated, Code::SamePerson, Code::InvalidState];
    vec![op!(list), op!(create).refuses(refusals), op!(update).refuses(refusals)]
}
