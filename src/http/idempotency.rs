//! `Idempotency-Key`: the same request, sent twice, takes effect once.

use std::future::{Ready, ready};
use std::marker::PhantomData;

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

/// The key of an operation. Reading it never fails: it is judged after the body.
#[derive(Debug)]
pub struct Key<M>(Sent, PhantomData<M>);

/// The key of an operation that accepts one; a machine must always send it.
pub type IdempotencyKey = Key<Accepted>;

/// The key of an operation that must have one.
pub type MandatoryKey = Key<Mandatory>;

/// The key of an operation that changes nothing, so that there is nothing to repeat: it is judged like any other, and then forgotten.
pub type IdleKey = Key<Idle>;

/// What a key is to its operation.
pub trait Manner {
    /// The header parameter in the document's components.
    const COMPONENT: &'static str;
    /// Whether it makes a repeated request take effect once.
    const REPLAYS: bool;
}

/// It may be sent.
#[derive(Debug)]
pub struct Accepted;

/// It must be sent.
#[derive(Debug)]
pub struct Mandatory;

/// It may be sent, and has no effect.
#[derive(Debug)]
pub struct Idle;

impl Manner for Accepted {
    const COMPONENT: &'static str = "IdempotencyKey";
    const REPLAYS: bool = true;
}

impl Manner for Mandatory {
    const COMPONENT: &'static str = "MandatoryIdempotencyKey";
    const REPLAYS: bool = true;
}

impl Manner for Idle {
    const COMPONENT: &'static str = "IdleIdempotencyKey";
    const REPLAYS: bool = false;
}

#[derive(Debug)]
struct Sent {
    route: String,
    key: Option<Result<String, ()>>,
    machine: bool,
}

impl IdempotencyKey {
    /// The key with the fingerprint of the body, if one was sent or the caller is a machine.
    pub fn optional(self, fingerprint: [u8; 32]) -> Result<Option<Idempotency>, Problem> {
        self.0.judge_if_due(fingerprint)
    }

    /// The same for an operation without a body: all its requests are alike.
    pub fn without_body(self) -> Result<Option<Idempotency>, Problem> {
        self.optional([0; 32])
    }
}

impl MandatoryKey {
    /// The key with the fingerprint of the body.
    pub fn required(self, fingerprint: [u8; 32]) -> Result<Idempotency, Problem> {
        self.0.judge(fingerprint)
    }
}

impl IdleKey {
    /// It has the form of a key, or was left out by somebody who is no machine.
    pub fn judged(self) -> Result<(), Problem> {
        self.0.judge_if_due([0; 32]).map(drop)
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

    fn judge_if_due(self, fingerprint: [u8; 32]) -> Result<Option<Idempotency>, Problem> {
        if self.key.is_none() && !self.machine { Ok(None) } else { self.judge(fingerprint).map(Some) }
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

impl<M> FromRequest for Key<M> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Sent::read(request), PhantomData)))
    }
}

impl<M: Manner> Part for Key<M> {
    fn describe(sketch: &mut Sketch) {
        if M::REPLAYS {
            sketch.header(M::COMPONENT, &[Code::IdempotencyInProgress, Code::IdempotencyKeyReused]);
            sketch.replayed();
        } else {
            sketch.header(M::COMPONENT, &[]);
        }
    }
}
