//! Two people on record who are one.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::conditional::IfMatch;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::people::PersonPath;
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::ids::PersonMergeId;
use crate::domain::person_merge::{NewMergeReversal, NewPersonMerge, PersonMerge};
use crate::op;

/// The path of a merge.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonMergePath {
    /// The merge.
    merge_id: PersonMergeId,
}

/// Record that two people are one.
///
/// An anonymous caller is later known. All that was recorded of the one in the body counts for the one of the path, in every decision, list and
/// search, and keeps the id it was recorded under. Refused where somebody is served separately, and where the two records cannot be true of one
/// person (C1, C2).
#[utoipa::path(post, path = "/people/{personId}/merges", operation_id = "mergePeople", tag = "people",
    responses((status = 201, description = "The merge as it was recorded.", body = PersonMerge)))]
async fn merge(
    permit: Permit<act::PersonMerge>,
    path: Path<PersonPath>,
    body: Valid<NewPersonMerge>,
    read: IfMatch,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.merge_people(permit, path.person_id, read.required()?, body.into_inner(), request).await?;
    let answer = Answer::created(&format!("/person-merges/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a merge.
///
/// How it is known that two people on record are one, and how that was taken back, if it was (C2).
#[utoipa::path(get, path = "/person-merges/{mergeId}", operation_id = "getPersonMerge", tag = "people",
    responses((status = 200, description = "The merge.", body = PersonMerge)))]
async fn read(permit: Permit<act::PersonMergeRead>, path: Path<PersonMergePath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let merge = app.read_merge(permit, path.merge_id).await?;
    Ok(Answer::ok(&merge).version(merge.version))
}

/// Take a merge back.
///
/// They are two after all. Everything counts for whom it was recorded of, as before, and what was recorded meanwhile for whom it names (C2).
#[utoipa::path(post, path = "/person-merges/{mergeId}/reversal", operation_id = "reversePersonMerge", tag = "people",
    responses((status = 200, description = "The merge as it is now.", body = PersonMerge)))]
async fn reverse(
    permit: Permit<act::PersonMergeReverse>,
    path: Path<PersonMergePath>,
    body: Valid<NewMergeReversal>,
    read: IfMatch,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.reverse_merge(permit, path.merge_id, read.required()?, body.into_inner(), request).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// The operations on merges of people.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(merge).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
        op!(read),
        op!(reverse).refuses(&[Code::SamePerson, Code::InvalidState]),
    ]
}
