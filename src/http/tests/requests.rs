//! The floor as a client meets it.
//! Over 350 lines because the conventions are one list, and each is short.

use actix_web::body::MessageBody as _;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::web;
use serde_json::{Value, json};

use super::kites::{SERVICE, Shed, edge};

pub(super) struct Got {
    pub status: StatusCode,
    pub headers: actix_web::http::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The code of the problem, after checking that it is one in every respect.
    pub fn problem(&self) -> String {
        let body = self.json();
        let request = self.header("x-request-id");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["requestId"], request);
        assert_eq!(body["instance"], format!("urn:uuid:{request}"));
        let code = body["code"].as_str().unwrap().to_owned();
        assert_eq!(body["type"], format!("https://records.example/problems/{code}"));
        code
    }

    /// `pointer rule` of each fault.
    pub fn faults(&self) -> Vec<String> {
        let body = self.json();
        let place = |fault: &Value| {
            ["pointer", "parameter", "header"]
                .iter()
                .find_map(|kind| fault[kind].as_str().map(str::to_owned))
                .unwrap_or_else(|| "nowhere".to_owned())
        };
        body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|fault| format!("{} {}", place(fault), fault["rule"].as_str().unwrap()))
            .collect()
    }
}

/// Sends requests to one application, one after another.
pub(super) async fn send(shed: &web::Data<Shed>, request: TestRequest) -> Got {
    let app = init_service(crate::http::app(&SERVICE, &edge()).app_data(shed.clone())).await;
    let response = actix_web::test::call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().try_into_bytes().map_or_else(|_| panic!("a streamed body"), |bytes| bytes.to_vec());
    for (name, value) in [("x-content-type-options", "nosniff"), ("strict-transport-security", "max-age=31536000")] {
        assert_eq!(headers.get(name).unwrap(), value);
    }
    assert!(headers.contains_key("cache-control"));
    assert_eq!(uuid::Uuid::parse_str(headers.get("x-request-id").unwrap().to_str().unwrap()).unwrap().get_version_num(), 7);
    Got { status, headers, body }
}

pub(super) fn shed() -> web::Data<Shed> {
    web::Data::new(Shed::default())
}

pub(super) fn to(method: Method, path: &str, token: &str) -> TestRequest {
    let request = TestRequest::with_uri(&format!("/api/v1{path}")).method(method);
    if token.is_empty() { request } else { request.insert_header(("authorization", format!("Bearer {token}"))) }
}

pub(super) fn post(path: &str, body: &str) -> TestRequest {
    to(Method::POST, path, "administrator").insert_header(("content-type", "application/json")).set_payload(body.to_owned())
}

pub(super) fn get(path: &str) -> TestRequest {
    to(Method::GET, path, "administrator")
}

const KITE: &str = r#"{"fullName":"Red Diamond","wind":"light_air","tails":[]}"#;
pub(super) const UNKNOWN: &str = "/kites/01a09f30-a93a-7160-8999-50d836f675cc";

async fn registered(shed: &web::Data<Shed>, body: &str) -> Got {
    let got = send(shed, post("/kites", body)).await;
    assert_eq!(got.status, StatusCode::CREATED, "{}", got.json());
    got
}

#[actix_web::test]
async fn a_new_record_is_answered_whole_with_its_place_and_its_version() {
    let shed = shed();
    let made = registered(&shed, KITE).await;
    let body = made.json();
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.header("location"), format!("/api/v1/kites/{}", body["id"].as_str().unwrap()));
    assert_eq!(made.header("cache-control"), "no-store");
    assert_eq!(body["fullName"], "Red Diamond");
    let read = send(&shed, get(made.header("location").strip_prefix("/api/v1").unwrap())).await;
    assert_eq!(read.json(), body);
}

#[actix_web::test]
async fn the_checks_come_in_their_order() {
    let shed = shed();
    let broken = "{\"fullName\":";
    for (request, status, code) in [
        (to(Method::POST, "/nowhere", "").set_payload(broken), 404, "not-found"),
        (TestRequest::with_uri("/"), 404, "not-found"),
        (to(Method::DELETE, "/kites", "").set_payload(broken), 405, "method-not-allowed"),
        (to(Method::POST, "/kites", "").set_payload(broken), 401, "unauthenticated"),
        (to(Method::POST, "/kites", "nobody").set_payload(broken), 401, "unauthenticated"),
        (to(Method::POST, "/kites", "adviser").insert_header(("traceparent", "x")).set_payload(broken), 403, "forbidden"),
        (to(Method::PATCH, "/kites/not-an-id", "adviser").set_payload(broken), 403, "forbidden"),
        (to(Method::POST, "/kites", "manager").insert_header(("traceparent", "x")).set_payload(broken), 400, "malformed-request"),
        (to(Method::POST, "/kites", "manager").set_payload("x".repeat(262_145)), 413, "payload-too-large"),
        (to(Method::POST, "/kites", "manager").set_payload(broken), 415, "unsupported-media-type"),
        (post("/kites", broken), 400, "malformed-request"),
        (post("/kites", "{}"), 400, "validation-failed"),
        (get("/kites/not-an-id"), 400, "malformed-request"),
        (post(&format!("{UNKNOWN}/release"), "{}"), 400, "validation-failed"),
        (post(&format!("{UNKNOWN}/release"), r#"{"colour":"red"}"#), 400, "idempotency-key-required"),
        (
            post(&format!("{UNKNOWN}/release"), r#"{"colour":"red"}"#).insert_header(("idempotency-key", "k".repeat(16))),
            428,
            "precondition-required",
        ),
        (
            post(&format!("{UNKNOWN}/release"), r#"{"colour":"red"}"#)
                .insert_header(("idempotency-key", "k".repeat(16)))
                .insert_header(("if-match", "\"1\"")),
            404,
            "not-found",
        ),
        (get(UNKNOWN), 404, "not-found"),
    ] {
        let got = send(&shed, request).await;
        assert_eq!((got.status.as_u16(), got.problem().as_str()), (status, code));
    }
}

#[actix_web::test]
async fn a_refused_token_names_the_scheme_and_a_wrong_method_those_there_are() {
    let shed = shed();
    let got = send(&shed, to(Method::GET, "/kites", "")).await;
    assert_eq!(got.header("www-authenticate"), "Bearer");
    let got = send(&shed, to(Method::PUT, "/kites", "manager")).await;
    assert_eq!(got.header("allow"), "GET, HEAD, POST");
    let got = send(&shed, to(Method::GET, "/kites/search", "manager")).await;
    assert_eq!((got.status.as_u16(), got.header("allow")), (405, "POST"));
    let twice = to(Method::GET, "/kites", "manager").append_header(("authorization", "Bearer manager"));
    assert_eq!(send(&shed, twice).await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn every_fault_of_a_body_is_told_and_no_value_is() {
    let secret = "Thornbeck";
    let body = json!({"fullName": "", "wind": secret, "caseId": secret, "flownAt": secret, "line": 501, secret: 1, "Isla Thornbeck": 2,
        "tails": [{"colour": "blue", "metres": "two"}, {}], "bears": ["light_air", "light_air", "light_air"], "bestTail": null});
    let got = send(&shed(), post("/kites", &body.to_string())).await;
    assert_eq!(got.problem(), "validation-failed");
    assert_eq!(
        got.faults(),
        [
            "# unknown_property",
            "#/bears maxItems",
            "#/bears uniqueItems",
            "#/bestTail type",
            "#/caseId format",
            "#/flownAt format",
            "#/fullName minLength",
            "#/line maximum",
            "#/tails/0/metres type",
            "#/tails/1/colour required",
            "#/wind enum",
        ]
    );
    assert!(!got.json().to_string().contains(secret), "{}", got.json());
    let hidden = json!({secret: "\u{0}", "tails": [{secret: {"colour": "\u{0}"}}]});
    let got = send(&shed(), post("/kites", &hidden.to_string())).await;
    assert_eq!(got.faults(), ["# control_character", "#/tails/0/colour control_character"]);
    assert!(!got.json().to_string().contains(secret), "{}", got.json());
}

#[actix_web::test]
async fn rules_across_fields_are_told_apart_from_faults_of_form() {
    let kite = |line: i32| json!({"fullName": "A", "wind": "light_air", "tails": [], "line": line}).to_string();
    let got = send(&shed(), post("/kites", &kite(13))).await;
    assert_eq!((got.status.as_u16(), got.problem(), got.faults()), (422, "rule-violated".to_owned(), vec!["# unlucky_line".to_owned()]));
    let got = send(&shed(), post("/kites", &kite(14))).await;
    assert_eq!((got.status.as_u16(), got.problem()), (400, "validation-failed".to_owned()));
    assert_eq!(got.json()["errors"][0]["detail"], "The line does not fit the wind.");
}

#[actix_web::test]
async fn only_plain_json_in_utf_8_is_read_as_a_body() {
    let with =
        |name: &'static str, value: &'static str| to(Method::POST, "/kites", "manager").insert_header((name, value)).set_payload(KITE);
    for media in ["application/json", "application/json; charset=UTF-8"] {
        assert_eq!(send(&shed(), with("content-type", media)).await.status, StatusCode::CREATED);
    }
    for media in ["text/plain", "application/json; charset=latin1", "application/merge-patch+json", "application/vnd.x+json", "x"] {
        assert_eq!(send(&shed(), with("content-type", media)).await.problem(), "unsupported-media-type", "{media}");
    }
    let packed = with("content-encoding", "gzip").insert_header(("content-type", "application/json"));
    assert_eq!(send(&shed(), packed).await.problem(), "unsupported-media-type");
    let full = format!("{}{KITE}", " ".repeat(262_144 - KITE.len()));
    assert_eq!(send(&shed(), post("/kites", &full)).await.status, StatusCode::CREATED);
}

#[actix_web::test]
async fn a_patch_keeps_clears_and_replaces_and_is_checked_as_a_whole() {
    let shed = shed();
    let body = r#"{"fullName":"A","wind":"light_air","line":20,"tails":[{"colour":"red"}],"bestTail":{"colour":"red","metres":3}}"#;
    let made = registered(&shed, body).await;
    let path = made.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    let patch = |version: &'static str, media: &'static str, body: &'static str| {
        to(Method::PATCH, &path, "manager").insert_header(("content-type", media)).insert_header(("if-match", version)).set_payload(body)
    };
    let merge = "application/merge-patch+json";
    let got = send(&shed, patch("\"1\"", merge, r#"{"line":null,"tails":[],"bestTail":{"metres":null},"wind":"strong_gale"}"#)).await;
    assert_eq!((got.status.as_u16(), got.header("etag")), (200, "\"2\""));
    let kite = got.json();
    assert!(kite.get("line").is_none());
    assert_eq!(
        (&kite["tails"], &kite["bestTail"], &kite["wind"], &kite["fullName"]),
        (&json!([]), &json!({"colour": "red"}), &json!("strong_gale"), &json!("A"))
    );

    let got = send(&shed, patch("W/\"2\"", "application/json", "{}")).await;
    assert_eq!((got.status.as_u16(), got.header("etag")), (200, "\"3\""));
    for (body, faults) in [
        (r#"{"fullName":null}"#, "#/fullName type"),
        (r#"{"id":"x"}"#, "# unknown_property"),
        (r#"{"bestTail":{"Thornbeck":5}}"#, "#/bestTail unknown_property"),
        (r#"{"tails":[{}]}"#, "#/tails/0/colour required"),
        (r#"{"bestTail":{"colour":5}}"#, "#/bestTail/colour type"),
        ("[]", "# type"),
    ] {
        let got = send(&shed, patch("\"3\"", merge, body)).await;
        assert_eq!((got.problem().as_str(), got.faults()), ("validation-failed", vec![faults.to_owned()]), "{body}");
    }
    assert_eq!(send(&shed, patch("\"3\"", merge, r#"{"bestTail":null}"#)).await.status, StatusCode::OK);
    // What is absent cannot be patched into being by half: the whole is checked.
    let got = send(&shed, patch("\"4\"", merge, r#"{"bestTail":{"metres":1}}"#)).await;
    assert_eq!(got.faults(), ["#/bestTail/colour required"]);
    let got = send(&shed, patch("\"4\"", merge, r#"{"line":13}"#)).await;
    assert_eq!((got.problem().as_str(), got.faults()), ("validation-failed", vec!["# unlucky_line".to_owned()]));
    let got = send(&shed, patch("\"1\"", merge, "{}")).await;
    assert_eq!((got.problem().as_str(), &got.json()["currentVersion"]), ("stale-version", &json!(4)));
}

#[actix_web::test]
async fn parameters_are_strict_and_name_themselves() {
    for (query, code, faults) in [
        ("stat=open", "unknown-parameter", "nowhere unknown"),
        ("=open", "unknown-parameter", "nowhere unknown"),
        ("stat=open&Thornbeck=7", "unknown-parameter", "nowhere unknown"),
        ("wind=", "unknown-parameter", "wind empty"),
        ("wind", "unknown-parameter", "wind empty"),
        ("limit=5&limit=6", "unknown-parameter", "limit repeated"),
        ("wind=light_air,hurricane", "validation-failed", "wind enum"),
        ("wind=light_air,", "validation-failed", "wind enum"),
        ("caseId=7", "validation-failed", "caseId format"),
        ("from=2026-09-17", "validation-failed", "from format"),
        ("limit=0", "validation-failed", "limit minimum"),
        ("limit=201", "validation-failed", "limit maximum"),
        ("limit=ten", "validation-failed", "limit type"),
        ("limit=01", "validation-failed", "limit type"),
        ("limit=1.5", "validation-failed", "limit type"),
        ("limit=5.0", "validation-failed", "limit type"),
        ("limit=5e0", "validation-failed", "limit type"),
        ("limit=%2B5", "validation-failed", "limit type"),
        ("limit=+5", "validation-failed", "limit type"),
        ("limit=%205", "validation-failed", "limit type"),
        ("limit=5%20", "validation-failed", "limit type"),
        ("from=2026-09-17T00:00:00.000%2B01:00", "validation-failed", "from format"),
        ("from=2026-09-17T00:00:00.000000Z", "validation-failed", "from format"),
        ("from=2026-09-17t00:00:00.000z", "validation-failed", "from format"),
        ("caseId=01A09F37-949F-7F28-9FB1-7C2390C192CF", "validation-failed", "caseId format"),
        ("caseId=%7B01a09f37-949f-7f28-9fb1-7c2390c192cf%7D", "validation-failed", "caseId format"),
        ("caseId=urn:uuid:01a09f37-949f-7f28-9fb1-7c2390c192cf", "validation-failed", "caseId format"),
        ("includeTotal=True", "validation-failed", "includeTotal type"),
        ("includeTotal=1", "validation-failed", "includeTotal type"),
        ("includeTotal=yes", "validation-failed", "includeTotal type"),
        ("%49sla%20T=1", "unknown-parameter", "nowhere unknown"),
    ] {
        let got = send(&shed(), get(&format!("/kites?{query}"))).await;
        assert_eq!((got.problem().as_str(), got.faults()), (code, vec![faults.to_owned()]), "{query}");
    }
    let good = "/kites?wind=light_air,strong_gale&from=2026-09-17T00:00:00.000Z&caseId=01a09f37-949f-7f28-9fb1-7c2390c192cf&limit=200&includeTotal=true";
    let got = send(&shed(), get(good)).await;
    assert_eq!(got.json(), json!({"items": [], "page": {"limit": 200, "total": 0}}));
}

#[actix_web::test]
async fn pages_follow_one_another_and_a_cursor_serves_one_list_of_one_caller() {
    let shed = shed();
    for _ in 0..3 {
        registered(&shed, KITE).await;
    }
    let first = send(&shed, get("/kites?wind=light_air&limit=2")).await;
    let cursor = first.json()["page"]["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(first.json()["items"].as_array().unwrap().len(), 2);
    assert_eq!(first.header("link"), format!("</api/v1/kites?wind=light_air&limit=2&cursor={cursor}>; rel=\"next\""));
    let next = send(&shed, get(&format!("/kites?limit=2&cursor={cursor}&wind=light_air"))).await;
    assert_eq!((next.json()["items"].as_array().unwrap().len(), next.header("link")), (1, ""));
    assert!(next.json()["page"].get("nextCursor").is_none());
    assert_ne!(next.json()["items"][0]["id"], first.json()["items"][1]["id"]);

    let other_filters = get(&format!("/kites?cursor={cursor}"));
    let other_caller = to(Method::GET, &format!("/kites?wind=light_air&cursor={cursor}"), "adviser");
    let (most, last) = cursor.split_at(cursor.len() - 1);
    let altered = get(&format!("/kites?wind=light_air&cursor={most}{}", if last == "A" { "B" } else { "A" }));
    for request in [other_filters, other_caller, altered] {
        assert_eq!(send(&shed, request).await.problem(), "invalid-cursor");
    }
}

#[actix_web::test]
async fn a_key_must_be_printable_and_machines_and_some_operations_need_one() {
    let with = |key: &str| post("/kites", KITE).insert_header(("idempotency-key", key.to_owned()));
    assert_eq!(send(&shed(), with("0123456789abcdef")).await.header("idempotency-replayed"), "true");
    let by = |who: &str, path: &str, body: &'static str| {
        to(Method::POST, path, who).insert_header(("content-type", "application/json")).set_payload(body)
    };
    let search = || by("machine", "/kites/search", r#"{"colour":"red"}"#);
    for bad in ["short", &"x".repeat(65), "0123456789 abcdef"] {
        for request in [with(bad), search().insert_header(("idempotency-key", bad.to_owned()))] {
            let got = send(&shed(), request).await;
            assert_eq!((got.problem().as_str(), got.faults()), ("malformed-request", vec!["Idempotency-Key pattern".to_owned()]));
        }
    }
    // What changes nothing answers again, and does not say that it did.
    let found = send(&shed(), search().insert_header(("idempotency-key", "0123456789abcdef"))).await;
    assert_eq!((found.status.as_u16(), found.header("idempotency-replayed")), (200, ""));
    for request in [search(), by("machine", "/kites", KITE)] {
        let got = send(&shed(), request).await;
        assert_eq!((got.problem().as_str(), got.faults()), ("idempotency-key-required", vec!["Idempotency-Key required".to_owned()]));
    }
    assert_eq!(send(&shed(), by("administrator", "/kites/search", r#"{"colour":"red"}"#)).await.status.as_u16(), 200);
}

#[actix_web::test]
async fn what_has_not_changed_is_not_sent_again() {
    let first = send(&shed(), to(Method::GET, "/", "")).await;
    assert_eq!((first.status.as_u16(), first.header("cache-control")), (200, "private, no-cache"));
    for path in ["/", ""] {
        let again = to(Method::GET, path, "").insert_header(("if-none-match", format!("\"other\", W/{}", first.header("etag"))));
        let got = send(&shed(), again).await;
        assert_eq!((got.status.as_u16(), got.header("etag"), got.body.len()), (304, first.header("etag"), 0));
    }
}
