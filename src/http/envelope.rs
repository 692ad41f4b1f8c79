//! The outermost layer: gives every request its id, and every answer that id, the fixed headers, and a problem for a body if it failed.

use std::future::{Future, Ready, poll_fn, ready};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::{Error, HttpMessage, HttpResponse, web};

use super::observe::Observed;
use super::problem::{Code, Fault, Problem};
use super::{Edge, boxed, dress};
use crate::domain::ids::RequestId;

/// What is known of a request before it is routed.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The id made for it here.
    pub id: RequestId,
    /// The id under which the client knows it.
    pub correlation: Option<String>,
    /// The client's trace (W3C Trace Context).
    pub traceparent: Option<String>,
    fault: Option<Fault>,
}

impl RequestContext {
    fn read(headers: &HeaderMap) -> Self {
        let mut context = Self { id: RequestId::mint(), correlation: None, traceparent: None, fault: None };
        for (name, good, slot) in [
            ("x-correlation-id", is_correlation_id as fn(&str) -> bool, &mut context.correlation),
            ("traceparent", is_traceparent, &mut context.traceparent),
        ] {
            match single(headers, &HeaderName::from_static(name)) {
                Single::Absent => {}
                Single::Text(text) if good(text) => *slot = Some(text.to_owned()),
                Single::Text(_) | Single::Unreadable => {
                    context.fault = Some(Fault::header(name, "pattern", "Does not have the form this header must have."));
                }
            }
        }
        context
    }

    /// A correlation header that cannot be read refuses the request, but only after the checks that come first.
    pub(super) fn judge(&self) -> Result<(), Problem> {
        match &self.fault {
            Some(fault) => Err(Problem::new(Code::MalformedRequest).with_fault(fault.clone())),
            None => Ok(()),
        }
    }
}

/// A header that may be sent once.
pub(super) enum Single<'a> {
    /// It was not sent.
    Absent,
    /// Its value.
    Text(&'a str),
    /// It was sent twice, or holds more than ASCII.
    Unreadable,
}

/// The value of a header that may be sent once.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Single<'a> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Single::Absent,
        (Some(value), None) => value.to_str().map_or(Single::Unreadable, Single::Text),
        (Some(_), Some(_)) => Single::Unreadable,
    }
}

fn is_correlation_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// `version-trace-parent-flags` (W3C Trace Context 1, section 3.2); ids of zeros alone are not ids.
fn is_traceparent(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [version, trace, parent, flags] = parts.as_slice() else { return false };
    let hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = |part: &str, length: usize| hex(part, length) && part.bytes().any(|byte| byte != b'0');
    hex(version, 2) && *version != "ff" && id(trace, 32) && id(parent, 16) && hex(flags, 2)
}

/// The task panicked; the message went to standard error.
pub(super) struct Panicked;

/// The future's value, unless it panics on the way.
pub(super) async fn guarded<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(move |context| match std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => std::task::Poll::Ready(Err(Panicked)),
    })
    .await
}

/// The middleware.
#[derive(Clone, Copy, Debug)]
pub struct Envelope;

impl<S, B> Transform<S, ServiceRequest> for Envelope
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Enveloped<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Enveloped { service: Rc::new(service) }))
    }
}

/// A service inside the envelope.
#[derive(Debug)]
pub struct Enveloped<S> {
    service: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for Enveloped<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        Box::pin(async move {
            let context = RequestContext::read(request.headers());
            let id = context.id;
            let observed = Observed::begin(&request, id);
            request.extensions_mut().insert(context);
            let lost = match guarded(async { service.call(request).await }).await {
                Ok(Ok(response)) => {
                    let route = response.request().match_pattern();
                    let (answered, problem) = finish(boxed(response), id);
                    observed.end(route.as_deref(), answered.status().as_u16(), problem.as_ref());
                    return Ok(answered);
                }
                Ok(Err(error)) => error.as_error::<Problem>().cloned(),
                Err(Panicked) => None,
            };
            // No request is left to answer with its settings; what can be said is said.
            let problem = lost.unwrap_or_else(|| Problem::new(Code::Internal));
            observed.end(None, problem.code().status().as_u16(), Some(&problem));
            Err(bare(&problem, id))
        })
    }
}

/// The answer as it leaves, and its problem if it is one.
fn finish(response: ServiceResponse<BoxBody>, id: RequestId) -> (ServiceResponse<BoxBody>, Option<Problem>) {
    let status = response.status();
    let mut failed = None;
    let (request, mut response) = response.into_parts();
    if status.is_client_error() || status.is_server_error() {
        let problem = response.error().and_then(|error| error.as_error::<Problem>()).cloned().unwrap_or_else(|| Problem::of_status(status));
        let public_url = request.app_data::<web::Data<Edge>>().and_then(|edge| edge.public_url.as_deref());
        let mut rendered = problem.answer(id, public_url);
        for (name, value) in response.headers() {
            if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH && !rendered.headers().contains_key(name) {
                rendered.headers_mut().append(name.clone(), value.clone());
            }
        }
        response = rendered;
        failed = Some(problem);
    }
    dress(response.headers_mut(), id);
    (ServiceResponse::new(request, response), failed)
}

/// An answer for a request that was lost inside.
fn bare(problem: &Problem, id: RequestId) -> Error {
    let mut response: HttpResponse = problem.answer(id, None);
    dress(response.headers_mut(), id);
    actix_web::error::InternalError::from_response(problem.clone(), response).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_parent_has_four_parts_of_the_right_length_and_no_id_of_zeros() {
        assert!(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        for bad in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        ] {
            assert!(!is_traceparent(bad), "{bad}");
        }
    }
}
