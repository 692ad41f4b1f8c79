//! The service itself: its name, who is calling, the published lists of values.

use actix_web::web;

use super::conditional::IfNoneMatch;
use super::openapi::Operation;
use super::respond::Answer;
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::retention::RetentionSchedule;
use crate::domain::service::{Me, ReferenceData, ServiceInfo};
use crate::{op, op_public};

/// Read what this is.
///
/// The name and version of the service, and where its documents are.
#[utoipa::path(get, path = "/", operation_id = "getService", tag = "service",
    responses((status = 200, description = "What this is.", body = ServiceInfo)))]
async fn root() -> Answer {
    Answer::ok(&ServiceInfo {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        document: "/openapi.json",
        documentation: "/docs/",
    })
}

/// Read who is calling.
///
/// The member of staff, their roles and permissions, the policy in force, and when the token ends. Clients draw their menus from the
/// permissions, and their buttons from the `allowedActions` of each record (C10, C13).
#[utoipa::path(get, path = "/me", operation_id = "getMe", tag = "service",
    responses((status = 200, description = "Who is calling.", body = Me)))]
async fn me(permit: Permit<act::MeRead>, app: web::Data<App>) -> Answer {
    Answer::ok(&app.me(&permit))
}

/// Read the published lists of values.
///
/// Every closed list of the contract with its labels and official codes, the areas of the service, and the clauses of the confidentiality policy in plain
/// words. It changes only with the deployment: send `If-None-Match` (C13).
#[utoipa::path(get, path = "/reference-data", operation_id = "getReferenceData", tag = "service",
    responses((status = 200, description = "The lists.", body = ReferenceData)))]
async fn reference_data(permit: Permit<act::ReferenceDataRead>, held: IfNoneMatch, app: web::Data<App>) -> Answer {
    held.answer(&app.reference_data(&permit))
}

/// Read the retention schedule.
///
/// How many years each class of record is kept, from when, and what becomes of it then. It is configuration: send `If-None-Match` (C16).
#[utoipa::path(get, path = "/retention-schedule", operation_id = "getRetentionSchedule", tag = "service",
    responses((status = 200, description = "The schedule.", body = RetentionSchedule)))]
async fn retention_schedule(permit: Permit<act::RetentionScheduleRead>, held: IfNoneMatch, app: web::Data<App>) -> Answer {
    held.answer(&app.retention_schedule(&permit))
}

/// The operations on the service itself.
pub fn operations() -> Vec<Operation> {
    vec![op_public!(root), op!(me), op!(reference_data), op!(retention_schedule)]
}
