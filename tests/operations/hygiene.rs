//! What was sent and stored is in neither the figures nor the operator's log.

use std::time::Duration;

use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::http::{Method, Request};

use crate::process::{Process, agent};

/// Written where a name could stand, in the forms it could take on the way.
const CANARIES: [&str; 3] = ["Quillfeather", "quillfeather", "UXVpbGxmZWF0aGVy"];

#[test]
fn a_name_in_a_path_a_query_a_header_or_a_body_reaches_neither_the_figures_nor_the_log() {
    let service = Process::start(&[]);
    let name = CANARIES[0];
    let token = service.token(Role::Adviser, name);
    let mut requests = Vec::new();
    let mut send = |method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>| {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(format!("{}{path}", service.api));
        if !headers.iter().any(|(header, _)| *header == "authorization") {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (header, value) in headers {
            request = request.header(*header, *value);
        }
        let answer = match body {
            Some(body) => agent().run(request.header("content-type", "application/json").body(body.to_string()).unwrap()),
            None => agent().run(request.body(()).unwrap()),
        };
        let answer = answer.unwrap();
        requests.push(answer.headers()["x-request-id"].to_str().unwrap().to_owned());
        answer.status().as_u16()
    };
    let person = json!({"kind": "child", "fullName": name, "pseudonymous": false, "dateOfBirth": "2014-03-12"});
    assert_eq!(send("POST", "/api/v1/people", &[("idempotency-key", "Quillfeather-0001")], Some(person)), 201);
    for path in
        [format!("/{name}"), format!("/api/v1/{name}"), format!("/api/v1/cases/{name}"), format!("/api/v1/people/{name}?name={name}")]
    {
        for method in ["GET", "POST", name, "OPTIONS"] {
            assert!((400..=405).contains(&send(method, &path, &[], None)), "{method} {path}");
        }
    }
    assert_eq!(send("GET", &format!("/api/v1/cases?{name}={name}"), &[], None), 400);
    for header in ["x-correlation-id", "user-agent", "referer", "cookie", "origin", "access-reason", "if-none-match", "x-forwarded-for"] {
        assert_eq!(send("GET", "/api/v1/me", &[(header, name)], None), 200, "{header}");
    }
    assert_eq!(send("GET", "/api/v1/me", &[("traceparent", name)], None), 400);
    for token in [name.to_owned(), format!("Bearer {name}"), format!("Bearer {}.{}.{}", CANARIES[2], CANARIES[2], CANARIES[2])] {
        assert_eq!(send("GET", "/api/v1/me", &[("authorization", &token)], None), 401);
    }
    for body in [json!(name), json!({ "fullName": [name] }), json!({ name: name })] {
        assert_eq!(send("POST", "/api/v1/people", &[("idempotency-key", "Quillfeather-0002")], Some(body)), 400);
    }

    let figures = agent().get(format!("{}/metrics", service.admin)).call().unwrap().body_mut().read_to_string().unwrap();
    // A line is written after its answer, and read a moment later.
    let last = requests.last().unwrap();
    let told = || service.log.lock().unwrap().lines().any(|line| line.contains("answered") && line.contains(last));
    for _ in 0..100 {
        if told() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = service.log.lock().unwrap().clone();
    for canary in CANARIES {
        assert!(!figures.contains(canary), "{canary} in the figures:\n{figures}");
        assert!(!log.contains(canary), "{canary} in the log:\n{log}");
    }
    // It was all there to be found.
    assert!(figures.contains(r#"sendiass_requests_total{method="POST",route="/api/v1/people",status="201"} 1"#), "{figures}");
    for request in requests {
        let lines: Vec<&str> = log.lines().filter(|line| line.contains("answered") && line.contains(&request)).collect();
        assert_eq!(lines.len(), 1, "{request}:\n{log}");
        for field in ["INFO", "method=", "route=", "status=", "micros="] {
            assert!(lines[0].contains(field), "{}", lines[0]);
        }
    }
}
