//! What is acknowledged is kept, whatever ends in the middle: the service, its database, the way between them, or the disk.
//!
//! Each test has a size that fits a suite. `SENDIASS_KILLS` sets how often the service is killed on each database, and `SENDIASS_OUTAGES`
//! how many outages of each kind there are; then the figures are printed, too (`--no-capture`). `SENDIASS_STATEMENTS` sets within the statements
//! of how many tables it is killed (17), and `SENDIASS_STEPS` at how many steps of what keeps the last checkpoint (18), of which a suite takes
//! four, others each time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::io::Write as _;

mod disk;
#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../api/harness.rs"]
mod harness;
mod kill;
mod outage;
#[expect(dead_code, reason = "shared with the tests of operations, which use all of it")]
#[path = "../operations/process.rs"]
mod process;
mod proxy;
mod record;
mod statements;
mod steps;
mod sync;
mod writes;

/// How often something is done: as the environment says, or so often.
fn times(variable: &str, usual: usize) -> usize {
    std::env::var_os(variable).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(usual)
}

/// A suite shares its machine with others: there this much is allowed for that; at full size nothing is.
fn grace() -> std::time::Duration {
    std::time::Duration::from_millis(if std::env::var_os("SENDIASS_OUTAGES").is_some() { 0 } else { 800 })
}

/// Says past the test runner, which keeps what tests print to itself, that something could not be tested here.
fn not_tested(what: &str, why: &str) {
    let _unheard = writeln!(std::io::stderr(), "\n*** {what} NOT TESTED: {why}. ***\n");
}

/// A number below this one, another each time.
fn random(below: u64) -> u64 {
    getrandom::u64().unwrap() % below
}

/// What 99 of 100 do not exceed.
fn p99(mut all: Vec<std::time::Duration>) -> std::time::Duration {
    all.sort();
    all[(all.len() * 99).div_ceil(100) - 1]
}
