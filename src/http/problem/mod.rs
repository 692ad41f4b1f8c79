//! Problems (RFC 9457): the one shape in which anything that fails is answered.
//!
//! Titles and details are fixed texts per code and rule. No submitted or stored value is ever quoted; 500 and 503 carry no detail.

mod code;

use std::borrow::Cow;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::code::Code;
use crate::domain::ids::{PersonId, RequestId};
use crate::domain::version::Version;

/// A stretch of a text, in characters, from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CharacterRange {
    /// The first character, counted from 0.
    #[schema(format = Int32, minimum = 0, maximum = 20_000)]
    pub start: u32,
    /// The character after the last.
    #[schema(format = Int32, minimum = 0, maximum = 20_000)]
    pub end: u32,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Where in the body: a JSON Pointer as a URI fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512, example = "#/recipient/recipientId")]
    pub pointer: Option<String>,
    /// Which query or path parameter.
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
    pub range: Option<CharacterRange>,
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

    /// A fault of a header.
    #[must_use]
    pub fn header(name: impl Into<String>, rule: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { header: Some(name.into()), ..Self::new(rule, detail) }
    }
}

/// The policy on which a decision rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyCited {
    /// Its name.
    #[schema(max_length = 200, example = "Confidentiality policy")]
    pub name: String,
    /// Its version.
    #[schema(max_length = 32, example = "2025-04")]
    pub version: String,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 16, example = "R12")]
    pub rule: Option<String>,
    /// The clauses of the policy behind it.
    #[schema(max_items = 20)]
    pub clauses: Vec<Clause>,
}

/// A clause of the confidentiality policy, `C1` to `C17`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(max_length = 4, example = "C11")]
pub struct Clause(pub String);

/// The name of an action, as in `allowedActions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(max_length = 64, example = "withdraw")]
pub struct ActionName(pub String);

/// What is said about a failed request (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem, example = json!({"type": "/problems/not-found", "title": "Not found", "status": 404, "code": "not-found",
    "instance": "urn:uuid:01a0b3a4-571a-75f4-b018-50c5a38fd547", "requestId": "01a0b3a4-571a-75f4-b018-50c5a38fd547"}))]
pub(in crate::http) struct ProblemBody<'a> {
    /// A page in plain English about this kind of problem.
    #[schema(format = "uri-reference", max_length = 300)]
    r#type: String,
    /// The fixed title of this kind of problem.
    #[schema(max_length = 100)]
    title: &'static str,
    /// The HTTP status.
    #[schema(format = Int32, minimum = 400, maximum = 599)]
    status: u16,
    /// The kind of problem, for programs.
    code: Code,
    /// This occurrence: the request's id as a URN.
    #[schema(format = "uri", max_length = 45)]
    instance: String,
    /// The request's id, as in `X-Request-Id`.
    request_id: RequestId,
    /// More about it: a fixed text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 500)]
    detail: Option<&'a str>,
    /// Every fault that was found.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, value_type = Vec<Fault>, max_items = 100)]
    errors: &'a [Fault],
    /// The policy on which a refusal rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<PolicyCited>)]
    policy: Option<&'a PolicyCited>,
    /// The place of the refusal in the disclosure log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Int64, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    refusal_index: Option<u64>,
    /// The version the record has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    current_version: Option<Version>,
    /// What the caller may do with the record as it is.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false, value_type = Vec<ActionName>, max_items = 50)]
    allowed_actions: &'a [ActionName],
}

#[derive(Clone, Debug, Default)]
struct Details {
    detail: Option<Cow<'static, str>>,
    errors: Vec<Fault>,
    policy: Option<PolicyCited>,
    refusal_index: Option<u64>,
    current_version: Option<Version>,
    allowed_actions: Vec<ActionName>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A request that failed, on its way to being answered.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    details: Box<Details>,
}

impl Problem {
    /// At most so many faults are listed.
    const MOST_FAULTS: usize = 100;

    /// A problem of this kind. What is unavailable or in progress may be tried again shortly.
    #[must_use]
    pub fn new(code: Code) -> Self {
        let problem = Self { code, details: Box::default() };
        match code {
            Code::Unauthenticated => problem.with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Code::Unavailable => problem.retry_after(5),
            Code::IdempotencyInProgress => problem.retry_after(1),
            _ => problem,
        }
    }

    /// A fault of ours: the source is logged, here and once, and never answered.
    #[must_use]
    pub fn internal(source: &dyn std::error::Error) -> Self {
        Self::logged(Code::Internal, source)
    }

    /// Something needed cannot be reached: the source is logged, here and once, and never answered.
    #[must_use]
    pub fn unavailable(source: &dyn std::error::Error) -> Self {
        Self::logged(Code::Unavailable, source)
    }

    fn logged(code: Code, source: &dyn std::error::Error) -> Self {
        let chain: Vec<String> = std::iter::successors(Some(source), |error| error.source()).map(ToString::to_string).collect();
        tracing::error!(code = code.as_str(), cause = chain.join(": "), "a request failed");
        Self::new(code)
    }

    /// The request breaks the contract in these ways.
    #[must_use]
    pub fn invalid(faults: Vec<Fault>) -> Self {
        Self::new(Code::ValidationFailed).with_faults(faults)
    }

    /// What answers a bare status from below: no such thing leaves the service without a code.
    pub(in crate::http) fn of_status(status: StatusCode) -> Self {
        Self::new(Code::of_status(status))
    }

    /// The kind.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The faults listed.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.details.errors
    }

    /// With one more fault.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        self.with_faults(vec![fault])
    }

    /// With more faults; those beyond the hundredth are left out.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.details.errors.extend(faults);
        self.details.errors.truncate(Self::MOST_FAULTS);
        self
    }

    /// With a fixed text.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.details.detail = Some(detail.into());
        self
    }

    /// With the policy on which it rests.
    #[must_use]
    pub fn with_policy(mut self, policy: PolicyCited) -> Self {
        self.details.policy = Some(policy);
        self
    }

    /// With the place of the refusal in the disclosure log.
    #[must_use]
    pub fn with_refusal_index(mut self, index: u64) -> Self {
        self.details.refusal_index = Some(index);
        self
    }

    /// With the version the record has now.
    #[must_use]
    pub fn with_current_version(mut self, version: Version) -> Self {
        self.details.current_version = Some(version);
        self
    }

    /// With what the caller may do instead.
    #[must_use]
    pub fn with_allowed_actions(mut self, verbs: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.details.allowed_actions = verbs.into_iter().map(|verb| ActionName(verb.into())).collect();
        self
    }

    /// Not to be tried again before so many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    pub(in crate::http) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.details.headers.retain(|(held, _)| *held != name);
        self.details.headers.push((name, value));
        self
    }

    pub(in crate::http) fn body(&self, request: RequestId, public_url: Option<&str>) -> ProblemBody<'_> {
        let details = &self.details;
        ProblemBody {
            r#type: format!("{}/problems/{}", public_url.unwrap_or_default().trim_end_matches('/'), self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            code: self.code,
            instance: format!("urn:uuid:{request}"),
            request_id: request,
            detail: details.detail.as_deref(),
            errors: &details.errors,
            policy: details.policy.as_ref(),
            refusal_index: details.refusal_index,
            current_version: details.current_version,
            allowed_actions: &details.allowed_actions,
        }
    }

    /// The answer to this request.
    pub(in crate::http) fn answer(&self, request: RequestId, public_url: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        for header in &self.details.headers {
            response.insert_header(header.clone());
        }
        response.content_type("application/problem+json");
        // Plain strings and numbers always serialise.
        response.body(serde_json::to_vec(&self.body(request, public_url)).unwrap_or_default())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.as_str())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// The envelope renders it again with the id of the request, which is not known here.
    fn error_response(&self) -> HttpResponse {
        self.answer(RequestId::mint(), None)
    }
}
