//! What is kept of a request when it was answered: one line in the operator's log, and its figures. The path, the query, headers and bodies
//! may hold anything, and are in neither.

use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::web;

use super::Edge;
use super::connection::{Line, Serving};
use super::problem::Problem;
use crate::domain::ids::RequestId;
use crate::metrics::{InFlight, Metrics};

/// The method, if it is one of HTTP: a client may make up others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// A request that is being answered.
pub(super) struct Observed {
    request: RequestId,
    method: &'static str,
    began: Instant,
    metrics: Option<Arc<Metrics>>,
    _in_flight: Option<InFlight>,
    _serving: Option<Serving>,
}

impl Observed {
    /// It came in.
    pub fn begin(request: &ServiceRequest, id: RequestId) -> Self {
        let metrics = request.app_data::<web::Data<Edge>>().map(|edge| edge.metrics.clone());
        Self {
            request: id,
            method: known(request.method()),
            began: Instant::now(),
            _in_flight: metrics.as_deref().map(Metrics::begin),
            _serving: request.conn_data::<Line>().map(Line::serve),
            metrics,
        }
    }

    /// It was answered: on the route of this template, if there is one, with this status, or by this problem.
    pub fn end(self, route: Option<&str>, status: u16, problem: Option<&Problem>) {
        let (route, took) = (route.unwrap_or("unknown"), self.began.elapsed());
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        tracing::info!(request = %self.request, method = self.method, route, status, micros, "answered");
        let Some(metrics) = self.metrics else { return };
        metrics.answered(self.method, route, status, took);
        if let Some(problem) = problem {
            metrics.refused(problem.code().as_str(), problem.refused_by());
        }
    }
}
