//! The HTTP contract: paths, headers and statuses around the types of `domain` and the use cases of `app`.
//!
//! An operation is registered once, by [`op!`](crate::op): its path, roles, parameters, body and headers are read from the handler
//! itself, so that router, document and role table cannot differ.
//!
//! Checks come in this order: route (404, 405), token (401), role (403), body and parameters (413, 415, 400), `If-Match` (428), and
//! only then the record. The token is therefore checked by a middleware on the route ([`gate`]): actix polls all arguments of a
//! handler together, and a permit that waited for the database would let a broken body answer first.

mod access_log;
pub mod admin;
pub mod body;
mod capacity;
mod cases;
mod concerns;
pub mod conditional;
pub mod connection;
mod consents;
mod disclosure_log;
mod disclosures;
mod disposals;
pub mod docs;
pub mod envelope;
mod export;
pub mod extract;
mod failure;
pub mod gate;
pub mod idempotency;
mod information_requests;
mod legal_requests;
pub mod limits;
mod log_checkpoints;
mod log_proofs;
mod notes;
mod observe;
pub mod openapi;
pub mod page;
mod participants;
mod people;
mod person_merges;
pub mod problem;
mod recipients;
mod referrals;
pub mod respond;
mod retention;
mod schema;
mod service;
mod staff;
mod strict;
mod subject_access;
mod tag_keys;
mod tasks;
mod test_clock;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::{App, Error, web};

use self::gate::Authenticate;
use self::openapi::{Operation, Service};
use crate::metrics::Metrics;

/// Where all operations live.
pub const BASE: &str = "/api/v1";

/// What this floor needs to know, given at start-up.
pub struct Edge {
    /// Who turns a token into a caller.
    pub authenticate: Arc<dyn Authenticate>,
    /// The figures for the operator.
    pub metrics: Arc<Metrics>,
    /// How often one may ask.
    pub limits: Arc<limits::Limits>,
    /// Signs cursors.
    pub cursor_key: [u8; 32],
    /// Makes the fingerprints of request bodies.
    pub idempotency_key: [u8; 32],
    /// The address under which clients reach the service, without a path; makes the `type` of problems absolute.
    pub public_url: Option<String>,
    /// Origins that browsers may call from.
    pub allowed_origins: Vec<String>,
}

/// Every operation of the service.
#[must_use]
pub fn operations() -> Vec<Operation> {
    [
        service::operations(),
        staff::operations(),
        recipients::operations(),
        people::operations(),
        person_merges::operations(),
        capacity::operations(),
        referrals::operations(),
        cases::operations(),
        participants::operations(),
        notes::operations(),
        tasks::operations(),
        consents::operations(),
        disclosures::operations(),
        concerns::operations(),
        information_requests::operations(),
        legal_requests::operations(),
        subject_access::operations(),
        retention::operations(),
        disposals::operations(),
        disclosure_log::operations(),
        access_log::operations(),
        log_proofs::operations(),
        log_checkpoints::operations(),
        tag_keys::operations(),
        test_clock::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The application: the operations of `service` behind the envelope that every answer passes through. The use cases are added as
/// application data by the caller.
pub fn app(
    service: &Arc<Service>,
    edge: &web::Data<Edge>,
) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()> + use<>> {
    let routes = Arc::clone(service);
    App::new()
        .app_data(edge.clone())
        .app_data(web::Data::from(Arc::clone(service.contract())))
        .configure(docs::mount)
        .service(web::scope(BASE).configure(move |config| routes.mount(config)))
        .default_service(web::to(gate::not_found))
        .wrap(cors(&edge.allowed_origins))
        .wrap(envelope::Envelope)
}

/// Cross-origin access by allow-list, without cookies. A request from another origin is answered as any other, without leave for the
/// browser to show the answer: the same origin sends `Origin` as well.
fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH"])
        .allowed_headers([
            "Authorization",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Idempotency-Key",
            "Access-Reason",
            "X-Correlation-Id",
            "traceparent",
        ])
        .expose_headers([
            "ETag",
            "Location",
            "Link",
            "Retry-After",
            "X-Request-Id",
            "Deprecation",
            "Sunset",
            "Content-Disposition",
            "Idempotency-Replayed",
            "RateLimit",
            "RateLimit-Policy",
        ])
        .max_age(7200)
        .block_on_origin_mismatch(false);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// The headers of every answer.
fn dress(headers: &mut header::HeaderMap, request: crate::domain::ids::RequestId) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    for (name, value) in
        [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")]
    {
        if !headers.contains_key(&name) {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
    }
    if let Ok(id) = header::HeaderValue::from_str(&request.to_string()) {
        headers.insert(header::HeaderName::from_static("x-request-id"), id);
    }
}

/// The answer with its body's type forgotten.
fn boxed<B: MessageBody + 'static>(response: ServiceResponse<B>) -> ServiceResponse<BoxBody> {
    response.map_into_boxed_body()
}
