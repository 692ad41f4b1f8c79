//! Bodies: read strictly, checked against the schema the document publishes, and only then turned into a type.

use std::any::TypeId;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::Sha256;
use utoipa::ToSchema;
use validator::Validate;

use super::Edge;
use super::openapi::Contract;
use super::openapi::part::{Body, Part, Sketch};
use super::problem::{Code, Problem};
use super::schema::{crossed, crossed_problem};
use super::strict;
use crate::domain::fault::Fault;
use crate::domain::patch::Merge;

/// The longest body, in bytes.
pub const LARGEST: usize = 256 * 1024;
/// How long it may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body that matches its schema and the rules across its fields.
#[derive(Debug)]
pub struct Valid<T> {
    value: T,
    fingerprint: [u8; 32],
}

impl<T> Valid<T> {
    /// The body itself.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// HMAC of the bytes as they were sent.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

impl<T> std::ops::Deref for Valid<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + ToSchema + Validate + 'static> FromRequest for Valid<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (value, fingerprint) = read(&request, payload, &["application/json"]).await?;
            let contract = contract(&request)?;
            matches(&contract, TypeId::of::<Self>(), &value)?;
            Ok(Self { value: typed(value)?, fingerprint })
        })
    }
}

impl<T: ToSchema + 'static> Part for Valid<T> {
    fn describe(sketch: &mut Sketch) {
        sketch.body::<T>(TypeId::of::<Self>(), Body::Whole);
    }
}

/// A change of the writable part `T` of a record: a merge patch (RFC 7396) that matches the schema derived from that of `T`.
///
/// `absent` keeps, `null` clears, an array is replaced whole.
pub struct Patch<T> {
    changes: Value,
    fingerprint: [u8; 32],
    contract: Arc<Contract>,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned + Validate + 'static> Patch<T> {
    /// What turns the record's writable part as it is into what it shall be, checked as if it had been sent whole.
    #[must_use]
    pub fn merge(self) -> Merge<T> {
        Box::new(move |current| {
            let wrong = || vec![Fault::new("#", "schema", "Does not match the schema.")];
            let mut merged = serde_json::to_value(current).map_err(|_| wrong())?;
            merge(&mut merged, &self.changes);
            let faults = self.contract.faults(TypeId::of::<Valid<T>>(), &merged).map_err(|_| wrong())?;
            if !faults.is_empty() {
                return Err(faults);
            }
            let value: T = serde_json::from_value(merged).map_err(|_| wrong())?;
            match value.validate().map_err(|errors| crossed(&errors)) {
                Ok(()) => Ok(value),
                Err((rules, form)) => Err(if form.is_empty() { rules } else { form }),
            }
        })
    }

    /// HMAC of the bytes as they were sent.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// Whether the change touches this property of the record.
    #[must_use]
    pub fn names(&self, property: &str) -> bool {
        self.changes.get(property).is_some()
    }
}

impl<T: ToSchema + 'static> FromRequest for Patch<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (changes, fingerprint) = read(&request, payload, &["application/merge-patch+json", "application/json"]).await?;
            let contract = contract(&request)?;
            matches(&contract, TypeId::of::<Self>(), &changes)?;
            Ok(Self { changes, fingerprint, contract, of: PhantomData })
        })
    }
}

impl<T: ToSchema + 'static> Part for Patch<T> {
    fn describe(sketch: &mut Sketch) {
        sketch.body::<T>(TypeId::of::<Valid<T>>(), Body::Unsent);
        sketch.body::<T>(TypeId::of::<Self>(), Body::Patch);
    }
}

pub(super) fn contract(request: &HttpRequest) -> Result<Arc<Contract>, Problem> {
    let held = request.app_data::<web::Data<Contract>>().ok_or_else(|| Problem::new(Code::Internal))?;
    Ok(Arc::clone(held))
}

fn matches(contract: &Contract, of: TypeId, value: &Value) -> Result<(), Problem> {
    let faults = contract.faults(of, value)?;
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

async fn read(request: &HttpRequest, mut payload: Payload, media: &[&str]) -> Result<(Value, [u8; 32]), Problem> {
    let too_large = || Problem::new(Code::PayloadTooLarge);
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    if !is_media(request, media) {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    let mut bytes = web::BytesMut::with_capacity(announced.unwrap_or_default());
    let all = async {
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| Problem::new(Code::MalformedRequest))?;
            if bytes.len() + chunk.len() > LARGEST {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    let late = |_| Problem::new(Code::MalformedRequest).with_detail("The body did not arrive in time.");
    tokio::time::timeout(PATIENCE, all).await.map_err(late)??;
    let edge = request.app_data::<web::Data<Edge>>().ok_or_else(|| Problem::new(Code::Internal))?;
    let contract = contract(request)?;
    Ok((strict::parse(&bytes, |name| contract.names(name))?, fingerprint(&edge.idempotency_key, &bytes)))
}

fn is_media(request: &HttpRequest, media: &[&str]) -> bool {
    let plain = request.headers().get(header::CONTENT_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let Ok(Some(mime)) = request.mime_type() else { return false };
    let utf8 = mime.get_param("charset").is_none_or(|charset| charset.as_str().eq_ignore_ascii_case("utf-8"));
    plain && utf8 && media.contains(&mime.essence_str())
}

fn fingerprint(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    // A key of 32 bytes is always taken.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(bytes).finalize().into_bytes().into())
}

/// A value that matches its schema, as its type. What serde still refuses is a schema that promises too much: the caller learns no more.
fn typed<T: DeserializeOwned + Validate>(value: Value) -> Result<T, Problem> {
    let value: T = serde_json::from_value(value).map_err(|_| Problem::new(Code::ValidationFailed))?;
    value.validate().map_err(|errors| crossed_problem(&errors))?;
    Ok(value)
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, changes: &Value) {
    let Value::Object(changes) = changes else {
        *target = changes.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(properties) = target.as_object_mut() else { return };
    for (name, change) in changes {
        if change.is_null() {
            properties.remove(name);
        } else {
            merge(properties.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_does_what_the_examples_of_rfc_7396_say() {
        for (mut target, changes, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            merge(&mut target, &changes);
            assert_eq!(target, result);
        }
    }
}
