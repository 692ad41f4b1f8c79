//! The shape of a problem in an answer.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use super::Code;
use crate::domain;
use crate::domain::action::ActionName;
use crate::domain::disclosure::PolicyRef;
use crate::domain::disclosure::{Failing, TextRange};
use crate::domain::ids::{PersonId, RequestId};

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Where in the body: a JSON Pointer as a URI fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512, example = "#/recipient/recipientId")]
    pub pointer: Option<String>,
    /// Which query or path parameter, of those that there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64)]
    pub parameter: Option<String>,
    /// Which header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 64)]
    pub header: Option<String>,
    /// The rule that was broken: a keyword of the schema, or a rule of the confidentiality policy.
    #[schema(value_type = String, max_length = 64, example = "format")]
    pub rule: Cow<'static, str>,
    /// The same in words, fixed per rule.
    #[schema(value_type = String, max_length = 500, example = "Must be a UUID.")]
    pub detail: Cow<'static, str>,
    /// The people whose permission is concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// Which characters of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub range: Option<TextRange>,
}

impl From<domain::fault::Fault> for Fault {
    fn from(fault: domain::fault::Fault) -> Self {
        Self::at(fault.pointer, fault.rule, fault.detail)
    }
}

impl From<Failing> for Fault {
    fn from(failing: Failing) -> Self {
        let detail = failing.detail();
        let fault = Self::at(failing.pointer, failing.rule.as_str(), detail);
        Self { subject_ids: failing.subject_ids, range: failing.range, ..fault }
    }
}

impl Fault {
    fn new(rule: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            pointer: None,
            parameter: None,
            header: None,
            rule: rule.into(),
            detail: detail.into(),
            subject_ids: Vec::new(),
            range: None,
        }
    }

    /// A fault of the body at this JSON Pointer (`#/recipient/recipientId`).
    #[must_use]
    pub fn at(pointer: impl Into<String>, rule: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::new(rule, detail) }
    }

    /// A fault of a query or path parameter.
    #[must_use]
    pub fn parameter(name: impl Into<String>, rule: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { parameter: Some(name.into()), ..Self::new(rule, detail) }
    }

    /// A fault of the query as a whole.
    #[must_use]
    pub fn of_query(rule: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(rule, detail)
    }

    /// A fault of a header.
    #[must_use]
    pub fn header(name: impl Into<String>, rule: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { header: Some(name.into()), ..Self::new(rule, detail) }
    }
}

/// What is said about a failed request (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem, example = json!({"type": "/problems/not-found", "title": "Not found", "status": 404, "code": "not-found",
    "instance": "urn:uuid:01a0b3a4-571a-75f4-b018-50c5a38fd547", "requestId": "01a0b3a4-571a-75f4-b018-50c5a38fd547"}))]
pub(in crate::http) struct ProblemBody<'a> {
    /// A page in plain English about this kind of problem.
    #[schema(format = "uri-reference", max_length = 300)]
    pub(super) r#type: String,
    /// The fixed title of this kind of problem.
    #[schema(max_length = 100)]
    pub(super) title: &'static str,
    /// The HTTP status.
    #[schema(format = Int32, minimum = 400, maximum = 599)]
    pub(super) status: u16,
    /// The kind of problem, for programs.
    pub(super) code: Code,
    /// This occurrence: the request's id as a URN.
    #[schema(format = "uri", max_length = 45)]
    pub(super) instance: String,
    /// The request's id, as in `X-Request-Id`.
    pub(super) request_id: RequestId,
    /// More about it: a fixed text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500)]
    pub(super) detail: Option<&'a str>,
    /// Every fault that was found.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, value_type = Vec<Fault>, max_items = 100)]
    pub(super) errors: &'a [Fault],
    /// The policy on which a refusal rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<PolicyRef>)]
    pub(super) policy: Option<&'a PolicyRef>,
    /// The place of the refusal in the disclosure log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Int64, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub(super) refusal_index: Option<u64>,
    /// The version the record has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub(super) current_version: Option<i32>,
    /// What the caller may do with the record as it is.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, value_type = Vec<ActionName>, max_items = 50)]
    pub(super) allowed_actions: &'a [ActionName],
}
