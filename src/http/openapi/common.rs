//! The components every operation shares: headers, header parameters, problem responses, tags.

use serde_json::{Map, Value, json};
use utoipa::ToSchema as _;

use super::shape::reference;
use crate::domain::ids::RequestId;
use crate::domain::vocabulary::AccessReason;
use crate::http::openapi::part::{Sketch, value};
use crate::http::problem::{Code, Fault, Problem, ProblemBody};

/// The tags, in the order in which the document shows them.
const TAGS: &[(&str, &str)] = &[
    ("service", "The service itself: its name, who is calling, the published lists of values."),
    ("staff", "The people who work here, and their access."),
    ("recipients", "The register of outside bodies and their teams."),
    ("tasks", "The work list: what is due, and when."),
    ("people", "Children, young people, parent carers, professionals, and those who do not give a name."),
    ("referrals", "What arrives from outside, before there is a case."),
    ("cases", "Cases, who takes part in them, and who may see them."),
    ("notes", "What was said and done, and whose confidence it is in."),
    ("consents", "Permissions given, refused and withdrawn."),
    ("disclosures", "What left the service, and whether something may."),
    ("disclosure-log", "The tamper-evident log of disclosures and refusals."),
    ("access-log", "The tamper-evident log of every read and change."),
    ("information-requests", "What outside bodies ask for, and what is asked of them."),
    ("safeguarding", "Risks to a child or an adult, and what was decided."),
    ("subject-access-requests", "People asking for what is held about them."),
    ("legal-requests", "Officers asking for records for proceedings."),
    ("data-protection-complaints", "Complaints about how information was handled."),
    ("retention", "How long records are kept, holds, and disposal by two people."),
    ("statistics", "Protected releases of figures that identify no one."),
    ("demonstration", "The clock of a demonstration."),
];

/// The tags that are used.
pub(super) fn tags(used: impl Fn(&str) -> bool) -> Value {
    TAGS.iter().filter(|(name, _)| used(name)).map(|(name, text)| json!({"name": name, "description": text})).collect()
}

/// The name of the response component for a status.
pub(super) fn response_name(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        401 => "Unauthenticated",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        412 => "StaleVersion",
        413 => "PayloadTooLarge",
        415 => "UnsupportedMediaType",
        422 => "RuleViolated",
        428 => "PreconditionRequired",
        429 => "RateLimited",
        503 => "Unavailable",
        _ => "InternalError",
    }
}

/// One problem response per status, with an example of each of its codes, and one for whatever else may come.
pub(super) fn responses() -> Value {
    let mut responses = Map::new();
    for code in Code::ALL {
        let status = code.status().as_u16();
        let description = code.status().canonical_reason().unwrap_or("Failed");
        let response = responses.entry(response_name(status)).or_insert_with(|| {
            let more: &[&str] = match status {
                401 => &["WWW-Authenticate"],
                405 => &["Allow"],
                409 | 503 => &["Retry-After"],
                429 => &["Retry-After", "RateLimit", "RateLimit-Policy"],
                _ => &[],
            };
            let headers = header_references(["X-Request-Id"].iter().chain(more));
            json!({
                "description": format!("{description}: `code` says why."),
                "headers": headers,
                "content": {"application/problem+json": {"schema": reference("Problem"), "examples": {}}},
            })
        });
        if let Some(examples) = response.pointer_mut("/content/application~1problem+json/examples").and_then(Value::as_object_mut) {
            examples.insert(code.as_str().to_owned(), json!({"summary": code.title(), "value": example(*code)}));
        }
    }
    responses.insert(
        "Problem".to_owned(),
        json!({
            "description": "Any other failure.",
            "headers": header_references(&["X-Request-Id"]),
            "content": {"application/problem+json": {"schema": reference("Problem"), "example": example(Code::MethodNotAllowed)}},
        }),
    );
    Value::Object(responses)
}

/// References to headers of answers.
pub(super) fn header_references<'a>(names: impl IntoIterator<Item = &'a &'a str>) -> Value {
    let reference = |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")}));
    names.into_iter().map(reference).collect::<Map<_, _>>().into()
}

fn example(code: Code) -> Value {
    let problem = Problem::new(code);
    let problem = match code {
        Code::ValidationFailed => problem.with_faults(vec![
            Fault::at("#/channel", "enum", "Not one of the allowed values."),
            Fault::at("#/recipient/recipientId", "format", "Must be a UUID."),
        ]),
        Code::UnknownParameter => problem.with_fault(Fault::of_query("unknown", "The only parameters here are: cursor, limit, status.")),
        Code::ConsentScopeExceeded => {
            problem.with_fault(Fault::at("#/noteIds/0", "data_not_covered", "This note holds information outside the permission given."))
        }
        Code::StaleVersion => problem.with_current_version(8),
        _ => problem,
    };
    // 01a0b3a4-571a-75f4-b018-50c5a38fd547
    value(&problem.body(RequestId(uuid::Uuid::from_u128(0x01a0_b3a4_571a_75f4_b018_50c5_a38f_d547)), None))
}

/// The schemas of problems.
pub(super) fn add_schemas(sketch: &mut Sketch) {
    let mut found = Vec::new();
    ProblemBody::schemas(&mut found);
    found.push((ProblemBody::name().into_owned(), <ProblemBody as utoipa::PartialSchema>::schema()));
    found.push((AccessReason::name().into_owned(), <AccessReason as utoipa::PartialSchema>::schema()));
    for (name, schema) in found {
        sketch.add(name, value(&schema));
    }
}

/// Headers of answers.
pub(super) fn headers() -> Value {
    let text = |description: &str, longest: u32, example: &str| json!({"description": description, "schema": {"type": "string", "maxLength": longest, "example": example}});
    json!({
        "X-Request-Id": {"description": "The id of this request.", "required": true, "schema": {"type": "string", "format": "uuid"}},
        "ETag": text("The version of the record, or of the answer.", 64, "\"7\""),
        "Location": {"description": "Where the new record is.", "required": true,
            "schema": {"type": "string", "format": "uri-reference", "maxLength": 300, "example": "/api/v1/people/01a09f30-a93a-7160-8999-50d836f675cc"}},
        "Link": text("The next page, with `rel=\"next\"`; absent on the last.", 2000, "</api/v1/cases?cursor=AYAA>; rel=\"next\""),
        "Idempotency-Replayed": text("`true` if the request had taken effect before.", 4, "true"),
        "Cache-Control": text("Whether the answer may be kept.", 100, "private, no-cache"),
        "Content-Disposition": text("The name of the file.", 200, "attachment; filename=\"disclosure-log-0-1044.ndjson\""),
        "WWW-Authenticate": text("The scheme to authenticate with.", 100, "Bearer"),
        "Allow": text("The methods there are.", 100, "GET, HEAD, POST"),
        "Retry-After": {"description": "Seconds to wait before the next try.",
            "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400, "example": 5}},
        "RateLimit": text("What is left of the allowance.", 200, "\"caller\";r=0;t=30"),
        "RateLimit-Policy": text("The allowance.", 200, "\"caller\";q=600;w=60"),
    })
}

/// Header parameters.
pub(super) fn parameters() -> Value {
    let header = |name: &str, required: bool, description: &str, schema: Value| json!({"name": name, "in": "header", "required": required, "description": description, "schema": schema});
    let key = || json!({"type": "string", "minLength": 16, "maxLength": 64, "pattern": "^[!-~]{16,64}$", "example": "3f0a5c1e-9d0b-4d2e-8a51-7b8f0e2c6d11"});
    json!({
        "IfMatch": header("If-Match", true, "The `ETag` of the record as it was read.", json!({"type": "string", "maxLength": 64, "example": "\"7\""})),
        "IfNoneMatch": header("If-None-Match", false, "The `ETag` of the answer held; if it is still right, 304.",
            json!({"type": "string", "maxLength": 1000, "example": "\"u5eTtuFbVo2BxG0mA1kQpLZa\""})),
        "IdempotencyKey": header("Idempotency-Key", false, "Makes a repeated request take effect once, for 24 hours. Machines must send it.", key()),
        "MandatoryIdempotencyKey": header("Idempotency-Key", true, "Makes a repeated request take effect once, for 24 hours.", key()),
        "IdleIdempotencyKey": header("Idempotency-Key", false,
            "Nothing is changed, so a repeated request is simply answered again: the key is checked for its form and kept nowhere. Machines must send it.", key()),
        "AccessReason": header("Access-Reason", false, "Why a service manager opens a restricted case they are not named on. It is kept in the access log.",
            reference("AccessReason")),
        "CorrelationId": header("X-Correlation-Id", false, "The client's own id of the request.",
            json!({"type": "string", "maxLength": 64, "pattern": "^[A-Za-z0-9._-]{1,64}$", "example": "intranet-42"})),
        "TraceParent": header("traceparent", false, "The client's trace (W3C Trace Context).",
            json!({"type": "string", "maxLength": 55, "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
                "example": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})),
    })
}
