//! The short names of what a caller may do with a record, and of the clauses that rule it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something the caller may do now: `withdraw`. Clients show a button for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 40, example = "withdraw")]
pub struct ActionName(pub &'static str);

impl PartialEq<&str> for ActionName {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// A clause of the confidentiality policy, `C1` to `C17`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 4, example = "C11")]
pub struct Clause(pub String);
