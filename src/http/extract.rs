//! What a handler asks for besides its body: the permit, the path, the query. All are ready at once, in the order of the arguments.

use std::any::TypeId;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::body::contract;
use super::envelope::RequestContext;
use super::openapi::part::{Part, Place, Sketch};
use super::problem::{Code, Fault, Problem};
use crate::authz::{Act, Caller, Permit, check};

impl<A: Act> FromRequest for Permit<A> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    /// No caller is 401, a caller without the role 403. Correlation headers that cannot be read are told after that.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let permit = extensions
            .get::<Caller>()
            .ok_or_else(|| Problem::new(Code::Unauthenticated))
            .and_then(|caller| check::<A>(caller).map_err(|_| Problem::new(Code::Forbidden)))
            .and_then(|permit| extensions.get::<RequestContext>().map_or(Ok(()), RequestContext::judge).map(|()| permit));
        ready(permit)
    }
}

impl<A: Act> Part for Permit<A> {
    fn describe(sketch: &mut Sketch) {
        sketch.action(A::ACTION);
    }
}

/// The parameters of the path. What does not match their schema is `malformed-request`.
#[derive(Debug)]
pub struct Path<T>(T);

impl<T> std::ops::Deref for Path<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read_path::<T>(request, TypeId::of::<Self>()).map(Self))
    }
}

fn read_path<T: DeserializeOwned>(request: &HttpRequest, of: TypeId) -> Result<T, Problem> {
    let pairs: Vec<(String, String)> = request.match_info().iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    let contract = contract(request)?;
    let value = contract.parameters(of)?.parameters(&pairs).map_err(|faults| Problem::new(Code::MalformedRequest).with_faults(faults))?;
    serde_json::from_value(Value::Object(value)).map_err(|_| Problem::new(Code::MalformedRequest))
}

impl<T: ToSchema + 'static> Part for Path<T> {
    fn describe(sketch: &mut Sketch) {
        sketch.parameters::<T>(TypeId::of::<Self>(), Place::Path);
    }
}

/// The parameters of the query, strictly: unknown, empty and repeated ones are refused. Lists are written with commas.
#[derive(Debug)]
pub struct Query<T>(T);

impl<T> Query<T> {
    /// The parameters themselves.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = pairs(request, TypeId::of::<Self>()).and_then(|pairs| typed(request, TypeId::of::<Self>(), &pairs));
        ready(read.and_then(|value| serde_json::from_value(value).map_err(|_| Problem::new(Code::ValidationFailed))).map(Self))
    }
}

impl<T: ToSchema + 'static> Part for Query<T> {
    fn describe(sketch: &mut Sketch) {
        sketch.parameters::<T>(TypeId::of::<Self>(), Place::Query);
    }
}

/// Nothing is asked in the query of an operation that reads none: a parameter that is silently ignored promises what it does not do.
pub(super) fn no_query(query: &str) -> Result<(), Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|_| Problem::new(Code::MalformedRequest))?;
    if pairs.is_empty() { Ok(()) } else { Err(Problem::new(Code::UnknownParameter).with_fault(unknown(std::iter::empty()))) }
}

/// A parameter that there is not. Its name is the client's, and could be somebody's: it is not repeated, and those that there are are told.
fn unknown<'a>(names: impl Iterator<Item = &'a str>) -> Fault {
    let names = names.collect::<Vec<_>>().join(", ");
    let detail =
        if names.is_empty() { "There are no parameters here.".to_owned() } else { format!("The only parameters here are: {names}.") };
    Fault::of_query("unknown", detail)
}

/// The pairs of the query, each known, filled and there once.
pub(super) fn pairs(request: &HttpRequest, of: TypeId) -> Result<Vec<(String, String)>, Problem> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string())
        .map_err(|_| Problem::new(Code::MalformedRequest))?
        .into_inner();
    let contract = contract(request)?;
    let known = contract.parameters(of)?;
    let mut faults: Vec<Fault> = Vec::new();
    if !pairs.iter().all(|(name, _)| known.knows(name)) {
        faults.push(unknown(known.names()));
    }
    for (index, (name, text)) in pairs.iter().enumerate().filter(|(_, (name, _))| known.knows(name)) {
        let (rule, detail) = if text.is_empty() {
            ("empty", "Must not be empty; leave it out instead.")
        } else if pairs.iter().take(index).any(|(earlier, _)| earlier == name) {
            ("repeated", "Must be given once; several values are separated by commas.")
        } else {
            continue;
        };
        faults.push(Fault::parameter(name, rule, detail));
    }
    if faults.is_empty() { Ok(pairs) } else { Err(Problem::new(Code::UnknownParameter).with_faults(faults)) }
}

/// The pairs as one object that matches the schema.
pub(super) fn typed(request: &HttpRequest, of: TypeId, pairs: &[(String, String)]) -> Result<Value, Problem> {
    contract(request)?.parameters(of)?.parameters(pairs).map(Value::Object).map_err(Problem::invalid)
}

/// Application data belongs to no contract.
impl<T: ?Sized + 'static> Part for web::Data<T> {
    fn describe(_: &mut Sketch) {}
}

/// The bare request belongs to no contract.
impl Part for HttpRequest {
    fn describe(_: &mut Sketch) {}
}
