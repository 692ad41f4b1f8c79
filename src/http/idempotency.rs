//! `Idempotency-Key`: the same request, sent twice, takes effect once.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::envelope::{Single, single};
use super::openapi::part::{Part, Sketch};
use super::problem::{Code, Fault, Problem};
use crate::authz::Caller;
use crate::domain::idempotency::Idempotency;
use crate::domain::vocabulary::Role;

const NAME: &str = "Idempotency-Key";

/// The key of an operation that accepts one; a machine must always send it. Reading it never fails: it is judged after the body.
#[derive(Debug)]
pub struct IdempotencyKey(Sent);

/// The key of an operation that must have one. Reading it never fails: it is judged after the body.
#[derive(Debug)]
pub struct MandatoryKey(Sent);

#[derive(Debug)]
struct Sent {
    route: String,
    key: Option<Result<String, ()>>,
    machine: bool,
}

impl IdempotencyKey {
    /// The key with the fingerprint of the body, if one was sent or the caller is a machine.
    pub fn optional(self, fingerprint: [u8; 32]) -> Result<Option<Idempotency>, Problem> {
        if self.0.key.is_none() && !self.0.machine {
            return Ok(None);
        }
        self.0.judge(fingerprint).map(Some)
    }
}

impl MandatoryKey {
    /// The key with the fingerprint of the body.
    pub fn required(self, fingerprint: [u8; 32]) -> Result<Idempotency, Problem> {
        self.0.judge(fingerprint)
    }
}

impl Sent {
    fn read(request: &HttpRequest) -> Self {
        let printable = |text: &str| (16..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        let key = match single(request.headers(), &HeaderName::from_static("idempotency-key")) {
            Single::Absent => None,
            Single::Text(text) if printable(text) => Some(Ok(text.to_owned())),
            Single::Text(_) | Single::Unreadable => Some(Err(())),
        };
        let machine = |role: &Role| match role {
            Role::MachineIntake | Role::MachineStatistics | Role::MachineAudit => true,
            Role::Adviser | Role::ServiceManager | Role::Auditor | Role::Analyst | Role::Administrator => false,
        };
        let machine = request.extensions().get::<Caller>().is_some_and(|caller| caller.roles.iter().any(machine));
        Self { route: format!("{} {}", request.method(), request.path()), key, machine }
    }

    fn judge(self, fingerprint: [u8; 32]) -> Result<Idempotency, Problem> {
        match self.key {
            Some(Ok(key)) => Ok(Idempotency { route: self.route, key, fingerprint }),
            Some(Err(())) => Err(Problem::new(Code::MalformedRequest).with_fault(Fault::header(
                NAME,
                "pattern",
                "Must be sent once, with 16 to 64 printable ASCII characters.",
            ))),
            None => Err(Problem::new(Code::IdempotencyKeyRequired).with_fault(Fault::header(NAME, "required", "Is required."))),
        }
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Sent::read(request))))
    }
}

impl FromRequest for MandatoryKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Sent::read(request))))
    }
}

impl Part for IdempotencyKey {
    fn describe(sketch: &mut Sketch) {
        sketch.header("IdempotencyKey", &[Code::IdempotencyInProgress, Code::IdempotencyKeyReused]);
        sketch.replayed();
    }
}

impl Part for MandatoryKey {
    fn describe(sketch: &mut Sketch) {
        sketch.header("MandatoryIdempotencyKey", &[Code::IdempotencyInProgress, Code::IdempotencyKeyReused]);
        sketch.replayed();
    }
}
