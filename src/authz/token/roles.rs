//! The roles of a token: what its values mean here, and which of them may stand together.

use super::{TokenFault, claims};
use crate::authz::does_casework;
use crate::authz::issuers::Issuer;
use crate::domain::vocabulary::Role;

/// The roles: values without a meaning here are ignored, and so are those of the wrong kind of actor.
pub(super) fn of(payload: &[u8], issuer: &Issuer, machine: bool) -> Result<Vec<Role>, TokenFault> {
    let values = claims::role_values(payload, issuer)?;
    let mut roles: Vec<Role> = values.iter().filter_map(|value| issuer.config.roles.get(value.0.as_ref()).copied()).collect();
    roles.sort_unstable();
    roles.dedup();
    let holds = |some: fn(Role) -> bool| roles.iter().copied().any(some);
    if (holds(oversees) && does_casework(&roles)) || (holds(is_machine_role) && roles.len() > 1) {
        return Err(TokenFault::RoleConflict);
    }
    roles.retain(|role| is_machine_role(*role) == machine);
    if roles.is_empty() { Err(TokenFault::NoRole) } else { Ok(roles) }
}

/// The roles that check, count or administer the work, and so may not do it.
fn oversees(role: Role) -> bool {
    matches!(role, Role::Administrator | Role::Auditor | Role::Analyst)
}

/// Whether only a machine may hold it, and only alone.
pub(in crate::authz) fn is_machine_role(role: Role) -> bool {
    matches!(role, Role::MachineIntake | Role::MachineStatistics | Role::MachineAudit)
}
