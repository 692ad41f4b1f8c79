//! The service as its operator meets it: the admin port, the log, slow clients, and how it stops.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod admin;
mod backup;
mod bundles;
#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../api/family.rs"]
mod family;
#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../api/harness.rs"]
mod harness;
mod hygiene;
mod keys;
#[expect(dead_code, reason = "shared with the tests of faults, which start it again")]
mod process;
mod replay;
mod resealing;
mod slow;
mod stopping;
