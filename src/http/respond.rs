//! Answers: a body with the headers that belong to it.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use utoipa::ToSchema;

use super::BASE;
use super::conditional::etag;
use super::problem::Problem;

/// A PDF file.
#[derive(Clone, Debug, ToSchema)]
#[schema(value_type = String, format = Binary, example = "%PDF-1.7")]
#[expect(dead_code, reason = "it only describes what is answered")]
pub struct PdfFile(String);

/// What a handler answers with. The body is written at once; if that fails, the answer is a 500.
#[must_use]
pub struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Result<Vec<u8>, Problem>,
    media: &'static str,
}

impl Answer {
    fn json<T: Serialize>(status: StatusCode, body: &T) -> Self {
        let body = serde_json::to_vec(body).map_err(|error| Problem::internal(&error));
        Self { status, headers: Vec::new(), body, media: "application/json" }
    }

    /// 200 with this body.
    pub fn ok<T: Serialize>(body: &T) -> Self {
        Self::json(StatusCode::OK, body)
    }

    /// 200 with this text.
    pub(super) fn text(text: String) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: Ok(text.into_bytes()), media: "text/plain; charset=utf-8" }
    }

    /// 201 with the new resource, at this path below the base (`/people/{id}`).
    pub fn created<T: Serialize>(path: &str, body: &T) -> Self {
        Self::json(StatusCode::CREATED, body).with(header::LOCATION, format!("{BASE}{path}"))
    }

    /// 202: it is being made, and how far it is can be asked for at this path below the base, a second from now.
    pub fn accepted<T: Serialize>(path: &str, body: &T) -> Self {
        let location = format!("{BASE}{path}");
        Self::json(StatusCode::ACCEPTED, body).with(header::LOCATION, location).with(header::RETRY_AFTER, "1".to_owned())
    }

    /// 200 with a file of this kind, under a name that tells nothing of anybody.
    pub fn file(media: &'static str, name: &str, body: Vec<u8>) -> Self {
        let file = Self { status: StatusCode::OK, headers: Vec::new(), body: Ok(body), media };
        file.with(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
    }

    /// 304: the caller has what carries this tag.
    pub(super) fn not_modified(tag: &str) -> Self {
        Self { status: StatusCode::NOT_MODIFIED, headers: Vec::new(), body: Ok(Vec::new()), media: "application/json" }.cached(tag)
    }

    /// With the `ETag` of this version.
    pub fn version(self, version: i32) -> Self {
        self.with(header::ETAG, etag(version))
    }

    /// With `Idempotency-Replayed: true`, if the request had taken effect before.
    pub fn replayed(self, replayed: bool) -> Self {
        if replayed { self.with(HeaderName::from_static("idempotency-replayed"), "true".to_owned()) } else { self }
    }

    /// To be kept by the caller's own cache, and asked for again each time.
    pub(super) fn cached(self, tag: &str) -> Self {
        self.with(header::ETAG, tag.to_owned()).with(header::CACHE_CONTROL, "private, no-cache".to_owned())
    }

    /// With this header.
    pub fn with(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }
}

impl Responder for Answer {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let body = match self.body {
            Ok(body) => body,
            Err(problem) => return HttpResponse::from_error(problem),
        };
        let mut response = HttpResponse::build(self.status);
        for (name, value) in self.headers {
            match HeaderValue::from_str(&value) {
                Ok(value) => response.insert_header((name, value)),
                Err(error) => return HttpResponse::from_error(Problem::internal(&error)),
            };
        }
        if self.status == StatusCode::NOT_MODIFIED {
            return response.finish();
        }
        response.content_type(self.media).body(body)
    }
}
