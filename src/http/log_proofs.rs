//! Proofs about the logs. Both have the same.

use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

use super::extract::Query;
use super::openapi::Operation;
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::log_proof::{ConsistencyProof, InclusionProof, RangeProof};
use crate::domain::log_verification::LogVerification;
use crate::op;

/// Which entry is to be proved.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InclusionQuery {
    /// The place of the entry, from 0.
    #[schema(minimum = 0)]
    index: i64,
    /// How many entries the tree has; all there are, if it is left out.
    #[schema(minimum = 0)]
    size: Option<i64>,
}

/// Between which sizes.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsistencyQuery {
    /// How many entries there were.
    #[schema(minimum = 0)]
    from_size: i64,
    /// How many there were later; all there are, if it is left out.
    #[schema(minimum = 0)]
    to_size: Option<i64>,
}

/// Which part is to be proved.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RangeQuery {
    /// The first entry of the part.
    #[schema(minimum = 0)]
    index_from: i64,
    /// The first entry after the part.
    #[schema(minimum = 0)]
    index_to: i64,
    /// How many entries the tree has; all there are, if it is left out.
    #[schema(minimum = 0)]
    size: Option<i64>,
}

/// Prove that an entry is in the disclosure log.
///
/// An inclusion proof of RFC 6962 §2.1.1: the hashes that lead from the leaf to the root (C3, C13). What lies outside the tree is `outside_tree`.
#[utoipa::path(get, path = "/disclosure-log/proofs/inclusion", operation_id = "proveDisclosureLogInclusion", tag = "disclosure-log",
    responses((status = 200, description = "The proof.", body = InclusionProof)))]
async fn disclosures_inclusion(
    permit: Permit<act::DisclosureLogProve>,
    of: Query<InclusionQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.prove_inclusion(permit, of.index, of.size).await?))
}

/// Prove that the disclosure log was only added to.
///
/// A consistency proof of RFC 6962 §2.1.2: whoever kept a root sees that nothing before it was changed (C3, C13).
#[utoipa::path(get, path = "/disclosure-log/proofs/consistency", operation_id = "proveDisclosureLogConsistency", tag = "disclosure-log",
    responses((status = 200, description = "The proof.", body = ConsistencyProof)))]
async fn disclosures_consistency(
    permit: Permit<act::DisclosureLogProve>,
    of: Query<ConsistencyQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.prove_consistency(permit, of.from_size, of.to_size).await?))
}

/// Prove that nothing of a part was withheld.
///
/// With all leaves of the part, and so with all entries of a period, the hashes give the root of the disclosure log (C3, C13).
#[utoipa::path(get, path = "/disclosure-log/proofs/range", operation_id = "proveDisclosureLogRange", tag = "disclosure-log",
    responses((status = 200, description = "The proof.", body = RangeProof)))]
async fn disclosures_range(permit: Permit<act::DisclosureLogProve>, of: Query<RangeQuery>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.prove_range(permit, of.index_from, of.index_to, of.size).await?))
}

/// Prove that an entry is in the access log.
///
/// An inclusion proof of RFC 6962 §2.1.1: the hashes that lead from the leaf to the root (C10, C13). What lies outside the tree is `outside_tree`.
#[utoipa::path(get, path = "/access-log/proofs/inclusion", operation_id = "proveAccessLogInclusion", tag = "access-log",
    responses((status = 200, description = "The proof.", body = InclusionProof)))]
async fn accesses_inclusion(
    permit: Permit<act::AccessLogProve>,
    of: Query<InclusionQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.prove_inclusion(permit, of.index, of.size).await?))
}

/// Prove that the access log was only added to.
///
/// A consistency proof of RFC 6962 §2.1.2: whoever kept a root sees that nothing before it was changed (C10, C13).
#[utoipa::path(get, path = "/access-log/proofs/consistency", operation_id = "proveAccessLogConsistency", tag = "access-log",
    responses((status = 200, description = "The proof.", body = ConsistencyProof)))]
async fn accesses_consistency(
    permit: Permit<act::AccessLogProve>,
    of: Query<ConsistencyQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.prove_consistency(permit, of.from_size, of.to_size).await?))
}

/// Prove that nothing of a part was withheld.
///
/// With all leaves of the part, and so with all entries of a period, the hashes give the root of the access log (C10, C13).
#[utoipa::path(get, path = "/access-log/proofs/range", operation_id = "proveAccessLogRange", tag = "access-log",
    responses((status = 200, description = "The proof.", body = RangeProof)))]
async fn accesses_range(permit: Permit<act::AccessLogProve>, of: Query<RangeQuery>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.prove_range(permit, of.index_from, of.index_to, of.size).await?))
}

/// Which part is to be checked.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerificationQuery {
    /// The first entry of the part.
    #[schema(minimum = 0)]
    index_from: i64,
    /// The first entry after the part; at most 5,000 after its first.
    #[schema(minimum = 0)]
    index_to: i64,
}

/// Have the service check its own disclosure log.
///
/// Every entry of the part against its leaf and the columns it is found by, the leaves against the tree, the root against the newest checkpoint (C3,
/// C13). It finds damage, and it is no substitute for verifying an export offline: whoever can change the rows can change this answer.
#[utoipa::path(get, path = "/disclosure-log/verification", operation_id = "verifyDisclosureLog", tag = "disclosure-log",
    responses((status = 200, description = "What was found.", body = LogVerification)))]
async fn disclosures_verification(
    permit: Permit<act::DisclosureLogProve>,
    of: Query<VerificationQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.verify_log(permit, of.index_from, of.index_to).await?))
}

/// Have the service check its own access log.
///
/// Every entry of the part against its leaf and the columns it is found by, the leaves against the tree, the root against the newest checkpoint (C10,
/// C13). It finds damage, and it is no substitute for verifying an export offline: whoever can change the rows can change this answer.
#[utoipa::path(get, path = "/access-log/verification", operation_id = "verifyAccessLog", tag = "access-log",
    responses((status = 200, description = "What was found.", body = LogVerification)))]
async fn accesses_verification(
    permit: Permit<act::AccessLogProve>,
    of: Query<VerificationQuery>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.verify_log(permit, of.index_from, of.index_to).await?))
}

/// The operations that prove.
pub fn operations() -> Vec<Operation> {
    let all = [
        op!(disclosures_inclusion),
        op!(disclosures_consistency),
        op!(disclosures_range),
        op!(accesses_inclusion),
        op!(accesses_consistency),
        op!(accesses_range),
        op!(disclosures_verification),
        op!(accesses_verification),
    ];
    all.into_iter().map(|operation| operation.refuses(&[Code::RuleViolated])).collect()
}
