//! What surrounds the operations: panics, browsers, documents, HEAD.

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use actix_web::web;

use super::kites::{SERVICE, edge};
use super::requests::{UNKNOWN, get, post, send, shed};

#[actix_web::test]
async fn a_panic_is_a_problem_like_any_other() {
    let request = post(&format!("{UNKNOWN}/release"), r#"{"colour":"panic"}"#)
        .insert_header(("idempotency-key", "k".repeat(16)))
        .insert_header(("if-match", "\"1\""))
        .insert_header(("origin", "https://intranet.example"));
    let got = send(&shed(), request).await;
    assert_eq!((got.status.as_u16(), got.problem().as_str()), (500, "internal"));
    assert_eq!(got.header("access-control-allow-origin"), "https://intranet.example");
}

#[actix_web::test]
async fn browsers_of_listed_origins_may_call_and_no_others() {
    let preflight = |origin: &'static str| {
        TestRequest::with_uri("/api/v1/kites/x")
            .method(Method::OPTIONS)
            .insert_header(("origin", origin))
            .insert_header(("access-control-request-method", "PATCH"))
            .insert_header((
                "access-control-request-headers",
                "authorization,content-type,if-match,idempotency-key,access-reason,x-correlation-id,traceparent",
            ))
    };
    let got = send(&shed(), preflight("https://intranet.example")).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("access-control-allow-origin"), "https://intranet.example");
    assert!(got.header("access-control-allow-methods").contains("PATCH"));
    assert!(got.header("access-control-allow-headers").to_lowercase().contains("if-match"));
    assert_eq!(got.header("access-control-max-age"), "7200");
    assert_eq!(got.header("access-control-allow-credentials"), "");

    let got = send(&shed(), get("/kites").insert_header(("origin", "https://intranet.example"))).await;
    assert!(got.header("access-control-expose-headers").to_lowercase().contains("etag"));
    let got = send(&shed(), get("/kites").insert_header(("origin", "https://elsewhere.example"))).await;
    assert_eq!((got.status.as_u16(), got.header("access-control-allow-origin")), (200, ""));
    assert_eq!(send(&shed(), preflight("https://elsewhere.example")).await.header("access-control-allow-origin"), "");
}

#[actix_web::test]
async fn the_document_its_viewer_and_the_problem_pages_are_served_without_a_token() {
    let at = |path: &str| TestRequest::with_uri(path);
    let document = send(&shed(), at("/openapi.json")).await;
    assert_eq!(document.body, SERVICE.contract().written());
    let again = send(&shed(), at("/openapi.json").insert_header(("if-none-match", document.header("etag").to_owned()))).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let viewer = send(&shed(), at("/docs/")).await;
    assert!(String::from_utf8_lossy(&viewer.body).contains("swagger-ui"));
    let start = send(&shed(), at("/docs/swagger-initializer.js")).await;
    assert!(String::from_utf8_lossy(&start.body).contains("/openapi.json"));
    assert_eq!(send(&shed(), at("/docs/nothing")).await.problem(), "not-found");
    for code in crate::http::problem::Code::ALL {
        let page = send(&shed(), at(&format!("/problems/{}", code.as_str()))).await;
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(String::from_utf8_lossy(&page.body).contains(code.help()));
    }
    assert_eq!(send(&shed(), at("/problems/nothing")).await.problem(), "not-found");
}

#[actix_web::test]
async fn head_answers_as_get_does_without_the_body() {
    use std::io::{Read as _, Write as _};

    let server =
        actix_web::HttpServer::new(|| crate::http::app(&SERVICE, &edge()).app_data(shed())).workers(1).bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.disable_signals().run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let ask = move |method: &str| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let request = format!("{method} /api/v1/kites HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer manager\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let (head, get) = web::block(move || (ask("HEAD"), ask("GET"))).await.unwrap();
    handle.stop(false).await;
    let length = |answer: &str| answer.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(get.ends_with("{\"items\":[],\"page\":{\"limit\":50}}"), "{get}");
    assert_eq!(length(&head), length(&get));
}
