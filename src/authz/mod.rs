//! Who may do what: tokens, roles, and the permit that a use case demands as an argument.

pub mod devkey;
pub mod issuers;
mod json;
pub mod matrix;
pub mod permit;
pub mod token;

pub use matrix::{Act, Action, act, does_casework};
pub use permit::{Caller, Denied, Permit, Scope, check};
