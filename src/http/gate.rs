//! The gate on each route: who is calling, and a net under the handler.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header;
use actix_web::{Error, HttpMessage, HttpResponse, web};

use super::Edge;
use super::envelope::{Panicked, RequestContext, Single, guarded, single};
use super::extract::no_query;
use super::problem::{Code, Problem};
use crate::app::as_one_request;
use crate::authz::{Action, Caller};
use crate::domain::ids::RequestId;
use crate::domain::vocabulary::{AccessReason, Vocabulary as _};

/// What a request shows of who sends it.
pub struct Credentials {
    /// The values of all its `Authorization` headers, as they came: the verifier judges their form, too.
    pub authorization: Vec<Vec<u8>>,
    /// The request.
    pub request: RequestId,
}

/// A future that stays on its thread.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Turns what a request shows into a caller: checks the token, finds the member of staff, looks whether the token was revoked.
pub trait Authenticate: Send + Sync {
    /// The caller, or `unauthenticated` (the same for each cause), `forbidden` (no role, or roles that may not be combined), or
    /// `unavailable`. `request`, `operation` and `access_reason` of the caller are set by the gate.
    fn authenticate(&self, shown: Credentials) -> Answering<'_, Result<Caller, Problem>>;

    /// Has the access log tell that none of the caller's roles may do what they ask; `unavailable`, if it cannot.
    fn turned_away<'a>(&'a self, caller: &'a Caller, action: Action) -> Answering<'a, Result<(), Problem>>;
}

/// A reason that is not on the list is as good as none: the record then asks for one.
fn access_reason(headers: &header::HeaderMap) -> Option<AccessReason> {
    match single(headers, &header::HeaderName::from_static("access-reason")) {
        Single::Text(text) => AccessReason::parse(text),
        Single::Absent | Single::Unreadable => None,
    }
}

/// The middleware of a route.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The operation (`operationId`).
    pub operation: Arc<str>,
    /// Only callers with a valid token come in; otherwise anybody does.
    pub guarded: bool,
    /// What the operation needs leave for.
    pub action: Option<Action>,
    /// Whether the operation reads a query. One that does not refuses any, from callers who have leave.
    pub queried: bool,
}

impl<S> Transform<S, ServiceRequest> for Gate
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Gated<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Gated { gate: self.clone(), service: Rc::new(service) }))
    }
}

/// A handler behind the gate.
#[derive(Debug)]
pub struct Gated<S> {
    gate: Gate,
    service: Rc<S>,
}

impl<S> Service<ServiceRequest> for Gated<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (gate, service) = (self.gate.clone(), Rc::clone(&self.service));
        Box::pin(async move {
            // Kept to answer with if the handler panics; routing is done, so a second owner of the request is harmless.
            let kept = request.request().clone();
            let passing = guarded(as_one_request(async move {
                admit(gate, &request).await?;
                service.call(request).await
            }));
            Ok(match passing.await {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => ServiceResponse::from_err(error, kept),
                Err(Panicked) => ServiceResponse::from_err(Problem::new(Code::Internal), kept),
            })
        })
    }
}

async fn admit(gate: Gate, request: &ServiceRequest) -> Result<(), Problem> {
    let context = request.extensions().get::<RequestContext>().cloned().ok_or_else(|| Problem::new(Code::Internal))?;
    let edge = request.app_data::<web::Data<Edge>>().ok_or_else(|| Problem::new(Code::Internal))?;
    edge.limits.of_client(request)?;
    let mut may = true;
    if gate.guarded {
        let authorization = request.headers().get_all(header::AUTHORIZATION).map(|value| value.as_bytes().to_vec()).collect();
        let shown = Credentials { authorization, request: context.id };
        let caller = edge.authenticate.authenticate(shown).await?;
        edge.limits.of_caller(caller.staff)?;
        let access_reason = access_reason(request.headers());
        let caller = Caller { request: context.id, operation: gate.operation, access_reason, ..caller };
        if let Some(action) = gate.action.filter(|action| !caller.may(*action)) {
            may = false;
            edge.authenticate.turned_away(&caller, action).await?;
        }
        request.extensions_mut().insert(caller);
    } else {
        context.judge()?;
    }
    if may && !gate.queried { no_query(request.query_string()) } else { Ok(()) }
}

/// Answers where there is no route.
pub async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> header::HeaderMap {
        let request = pairs.iter().fold(TestRequest::default(), |request, pair| request.append_header((pair.0, pair.1)));
        request.to_http_request().headers().clone()
    }

    #[test]
    fn a_reason_that_is_not_on_the_list_is_none() {
        assert_eq!(access_reason(&headers(&[("access-reason", "supervision")])), AccessReason::parse("supervision"));
        assert_eq!(access_reason(&headers(&[("access-reason", "Supervision")])), None);
        assert_eq!(access_reason(&headers(&[("access-reason", "supervision"), ("access-reason", "supervision")])), None);
        assert_eq!(access_reason(&headers(&[])), None);
    }
}
