//! The confidential record of a SEND Information, Advice and Support Service.
//!
//! The modules are floors, and an arrow points down only: `startup`, `cli` → `http` → `app` → `db` → `ledger`, `policy`, `authz` → `domain`.
//! `tests/layering.rs` reads the `use` lines and fails on a breach.

pub mod app;
pub mod authz;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod metrics;
pub mod policy;
pub mod print;
pub mod startup;
pub mod telemetry;
