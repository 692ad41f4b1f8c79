//! Problems (RFC 9457): the one shape in which anything that fails is answered.
//!
//! Titles and details are fixed texts per code and rule. No submitted or stored value is ever quoted; 500 and 503 carry no detail.

mod code;
mod wire;

use std::borrow::Cow;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};

pub use self::code::Code;
pub use self::wire::Fault;
pub(in crate::http) use self::wire::ProblemBody;
use crate::domain::action::ActionName;
use crate::domain::disclosure::{PolicyRef, RefusalRule};
use crate::domain::ids::RequestId;

#[derive(Clone, Debug, Default)]
struct Details {
    detail: Option<Cow<'static, str>>,
    errors: Vec<Fault>,
    policy: Option<PolicyRef>,
    refusal_index: Option<u64>,
    current_version: Option<i32>,
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

    /// A fault of ours, told to the operator in these words, which quote no stored value.
    #[must_use]
    pub fn broken(cause: &str) -> Self {
        tracing::error!(code = Code::Internal.as_str(), cause, "a request failed");
        Self::new(Code::Internal)
    }

    fn logged(code: Code, source: &dyn std::error::Error) -> Self {
        let chain: Vec<String> = std::iter::successors(Some(source), |error| error.source()).map(ToString::to_string).collect();
        tracing::error!(code = code.as_str(), cause = chain.join(": "), "a request failed");
        Self::new(code)
    }

    /// The request breaks the contract in these ways.
    #[must_use]
    pub fn invalid(faults: Vec<impl Into<Fault>>) -> Self {
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

    /// The rules of the policy that refused a disclosure, each once; none, if it is another problem.
    pub(in crate::http) fn refused_by(&self) -> impl Iterator<Item = &'static str> {
        let faults = if self.details.policy.is_some() { self.faults() } else { &[] };
        RefusalRule::ALL.iter().map(|rule| rule.as_str()).filter(|rule| faults.iter().any(|fault| fault.rule == *rule))
    }

    /// With one more fault.
    #[must_use]
    pub fn with_fault(self, fault: impl Into<Fault>) -> Self {
        self.with_faults(vec![fault])
    }

    /// With more faults; those beyond the hundredth are left out.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<impl Into<Fault>>) -> Self {
        self.details.errors.extend(faults.into_iter().map(Into::into));
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
    pub fn with_policy(mut self, policy: PolicyRef) -> Self {
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
    pub fn with_current_version(mut self, version: i32) -> Self {
        self.details.current_version = Some(version);
        self
    }

    /// With what the caller may do instead.
    #[must_use]
    pub fn with_allowed_actions(mut self, actions: Vec<ActionName>) -> Self {
        self.details.allowed_actions = actions;
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
