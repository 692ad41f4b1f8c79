//! The clock of a demonstration.

use actix_web::web;

use super::body::Valid;
use super::openapi::Operation;
use super::problem::{Code, Problem};
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::service::TestClock;
use crate::op;

/// Set the clock of a demonstration.
///
/// It then stands still or runs on. Tokens and idempotency keys keep the system clock, and the times of the logs never go back. In any
/// other deployment there is no such route.
#[utoipa::path(put, path = "/test-clock", operation_id = "setTestClock", tag = "demonstration",
    responses((status = 200, description = "The clock as it was set.", body = TestClock)))]
async fn set(permit: Permit<act::TestClockSet>, body: Valid<TestClock>, app: web::Data<App>) -> Result<Answer, Problem> {
    Ok(Answer::ok(&app.set_clock(&permit, body.now, body.frozen)?))
}

/// The operations on the clock.
pub fn operations() -> Vec<Operation> {
    vec![op!(set).refuses(&[Code::NotFound])]
}
