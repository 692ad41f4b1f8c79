//! The floor proved on a small fictional resource: kites. The permits are those of the recipient register, which stand in for its own.

mod contract;
mod kites;
#[path = "../../../tests/quality/openapi.rs"]
mod quality;
mod requests;
mod served;
