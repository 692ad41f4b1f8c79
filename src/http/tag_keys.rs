//! Tag keys of cases.

use actix_web::web;

use super::body::Valid;
use super::idempotency::IdleKey;
use super::openapi::Operation;
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::tag_key::{NewTagKey, TagKey};
use crate::op;

/// Lend an auditor the tag key of a case.
///
/// With it `sendiass log case-scan` finds every entry of the case in an export, without believing the service. It tells nothing of any other case, and
/// opens no commitment. The access log tells who lent it, and for which audit. A restricted case needs an `Access-Reason` (C13).
#[utoipa::path(post, path = "/disclosure-log/tag-keys", operation_id = "lendTagKey", tag = "disclosure-log",
    responses((status = 201, description = "The key. `Location` is where the loan is told of.", body = TagKey)))]
async fn lend(
    permit: Permit<act::DisclosureLogLend>,
    body: Valid<NewTagKey>,
    key: IdleKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    key.judged()?;
    let lent = app.lend_tag_key(permit, body.into_inner()).await?;
    Ok(Answer::created(&format!("/cases/{}/access-log", lent.case_id), &lent))
}

/// The operations on tag keys.
pub fn operations() -> Vec<Operation> {
    vec![op!(lend).refuses(&[Code::RuleViolated, Code::AccessReasonRequired])]
}
