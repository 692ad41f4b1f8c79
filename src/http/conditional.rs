//! Versions in headers: `If-Match` before a change, `If-None-Match` before an answer that rarely changes.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::envelope::{Single, single};
use super::openapi::part::{Part, Sketch};
use super::problem::{Code, Fault, Problem};
use super::respond::Answer;

/// The `ETag` of a version: strong, in quotes.
#[must_use]
pub fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

/// The `If-Match` header. Reading it never fails: a bad body is to be told first.
#[derive(Debug)]
pub struct IfMatch(Sent);

#[derive(Debug)]
enum Sent {
    Nothing,
    Text(String),
    Unreadable,
}

impl IfMatch {
    /// The version the caller has read. Missing or `*` is `precondition-required`; what is no entity tag is `malformed-request`. A tag that
    /// this service never gave is version 0, which is stale for every record.
    pub fn required(&self) -> Result<i32, Problem> {
        let text = match &self.0 {
            Sent::Nothing => return Err(Problem::new(Code::PreconditionRequired)),
            Sent::Text(text) if text.trim() == "*" => return Err(Problem::new(Code::PreconditionRequired)),
            Sent::Text(text) => text.trim(),
            Sent::Unreadable => return Err(malformed()),
        };
        // Proxies that compress weaken tags.
        let tag = text.strip_prefix("W/").unwrap_or(text);
        let opaque = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).filter(|tag| !tag.contains('"')).ok_or_else(malformed)?;
        let canonical = |version: &i32| *version > 0 && version.to_string() == opaque;
        Ok(opaque.parse().ok().filter(canonical).unwrap_or(0))
    }
}

fn malformed() -> Problem {
    Problem::new(Code::MalformedRequest).with_fault(Fault::header("If-Match", "pattern", "Must be one ETag in quotes."))
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(match single(request.headers(), &header::IF_MATCH) {
            Single::Absent => Sent::Nothing,
            Single::Text(text) => Sent::Text(text.to_owned()),
            Single::Unreadable => Sent::Unreadable,
        })))
    }
}

impl Part for IfMatch {
    fn describe(sketch: &mut Sketch) {
        sketch.header("IfMatch", &[Code::StaleVersion, Code::PreconditionRequired]);
    }
}

/// The `If-None-Match` header. A value that cannot be read matches nothing.
#[derive(Debug)]
pub struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// The body, or 304 if the caller has it already. The tag is a hash of the body.
    pub fn answer<T: Serialize>(&self, body: &T) -> Answer {
        let answer = Answer::ok(body);
        let tag = hash_tag(answer.body());
        if self.holds(&tag) { Answer::not_modified(&tag) } else { answer.cached(&tag) }
    }

    /// Whether the caller has what carries this tag (compared weakly, RFC 9110 section 13.1.2).
    pub(super) fn holds(&self, tag: &str) -> bool {
        self.0.iter().any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
    }
}

/// A strong tag made from the content.
pub(super) fn hash_tag(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(hash.get(..18).unwrap_or_default()))
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
        ready(Ok(Self(values.flat_map(|value| value.split(',')).map(|tag| tag.trim().to_owned()).collect())))
    }
}

impl Part for IfNoneMatch {
    fn describe(sketch: &mut Sketch) {
        sketch.header("IfNoneMatch", &[]);
        sketch.cached();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<i32, &'static str> {
        IfMatch(Sent::Text(text.to_owned())).required().map_err(|problem| problem.code().as_str())
    }

    #[test]
    fn an_etag_is_read_strong_or_weak_and_nothing_else_is() {
        assert_eq!(read("\"7\""), Ok(7));
        assert_eq!(read("W/\"7\""), Ok(7));
        assert_eq!(read("*"), Err("precondition-required"));
        for bad in ["7", "\"7", "\"7\", \"8\"", "", "w/\"7\""] {
            assert_eq!(read(bad), Err("malformed-request"), "{bad}");
        }
        for never_given in ["\"abc\"", "\"07\"", "\"-1\"", "\"99999999999\"", "\"\""] {
            assert_eq!(read(never_given), Ok(0), "{never_given}");
        }
    }
}
