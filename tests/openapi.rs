//! The published document: what a client developer would trip over, and whether the committed copy is the one that is served.
//!
//! `SENDIASS_BLESS=1 cargo test --test openapi` writes the committed copy anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "quality/openapi.rs"]
mod quality;

use std::sync::LazyLock;

use sendiass::http::openapi::Service;

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
