//! The published document: what a client developer would trip over, and whether the committed copy is the one that is served.
//!
//! `SENDIASS_BLESS=1 cargo test --test openapi` writes the committed copy anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "quality/openapi.rs"]
mod quality;

use std::sync::LazyLock;

use sendiass::http::openapi::Service;
use serde_json::Value;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");

static SERVICE: LazyLock<Service> = LazyLock::new(|| match Service::build(sendiass::http::operations()) {
    Ok(service) => service,
    Err(mistakes) => panic!("{mistakes:#?}"),
});

#[test]
fn the_document_has_no_fault() {
    let faults = quality::faults(SERVICE.contract().document());
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_body_answer_and_problem_has_an_example_that_matches_its_schema() {
    let faults = quality::example_faults(SERVICE.contract().document());
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let built = SERVICE.contract().written();
    if std::env::var_os("SENDIASS_BLESS").is_some() {
        std::fs::write(COMMITTED, built).unwrap();
    }
    let committed = std::fs::read(COMMITTED).unwrap_or_default();
    let same = committed == built;
    // Not `assert_eq`, which would print both.
    assert!(same, "openapi/openapi.json is out of date: run SENDIASS_BLESS=1 cargo test --test openapi, and look at the difference");
}

#[test]
fn the_document_is_of_a_size_that_tools_open() {
    assert!(SERVICE.contract().written().len() < 1_000_000);
}

/// Whether anything in a body names a record of a family.
fn names(document: &Value, schema: &Value, depth: usize) -> bool {
    let of_a_family = |name: &str| ["caseId", "caseIds", "personId", "subjectId", "mergedPersonId"].contains(&name);
    match schema {
        _ if depth == 0 => false,
        Value::Object(parts) => parts.iter().any(|(name, part)| match (name.as_str(), part) {
            ("$ref", Value::String(path)) => {
                document.pointer(path.trim_start_matches('#')).is_some_and(|to| names(document, to, depth - 1))
            }
            ("properties", Value::Object(all)) => all.iter().any(|(name, part)| of_a_family(name) || names(document, part, depth - 1)),
            ("example", _) => false,
            (_, part) => names(document, part, depth - 1),
        }),
        Value::Array(parts) => parts.iter().any(|part| names(document, part, depth - 1)),
        _ => false,
    }
}

#[test]
fn a_service_manager_is_offered_to_say_why_wherever_a_record_may_be_restricted() {
    let document = SERVICE.contract().document();
    let operations = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let mut asked = 0;
    for operation in
        operations.filter(|operation| operation["x-roles"].as_array().is_some_and(|roles| roles.contains(&"service_manager".into())))
    {
        let parameters = operation["parameters"].as_array().unwrap();
        let by_query = parameters
            .iter()
            .any(|parameter| parameter["in"] == "query" && ["caseId", "personId"].iter().any(|name| parameter["name"] == *name));
        if by_query || names(document, &operation["requestBody"], 12) {
            asked += 1;
            let offered = parameters.iter().any(|parameter| parameter["$ref"] == "#/components/parameters/AccessReason");
            assert!(offered, "{}", operation["operationId"]);
        }
    }
    assert!(asked > 20, "{asked}");
}
