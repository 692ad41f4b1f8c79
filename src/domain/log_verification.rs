//! What is found when the stored rows of a log are checked again.

use serde::Serialize;
use utoipa::ToSchema;

use super::log_proof::HashText;
use super::vocabulary::LogFault;

/// Something that is not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogFinding {
    /// The entry; of the tree, the first entry that it is about; of a checkpoint, its size.
    #[schema(minimum = 0)]
    pub index: i64,
    /// What is wrong.
    pub fault: LogFault,
}

/// What came of checking a part of a log again. The service checks its own rows, so this is no substitute for verifying an export offline: whoever
/// could change the rows could change this answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"indexFrom": 0, "indexTo": 1040, "treeSize": 1044, "rootHash": "u5eTtuFbVo2BxG0mA1kQpLZa0vE3yY7wq1m8c2d4f6g=",
    "checkpointSize": 1044, "sound": true, "findings": [], "caution": "The service checked its own rows. It is no substitute for verifying an export offline."}))]
pub struct LogVerification {
    /// The first entry that was checked.
    #[schema(minimum = 0)]
    pub index_from: i64,
    /// The first entry after those.
    #[schema(minimum = 0)]
    pub index_to: i64,
    /// How many entries the log has.
    #[schema(minimum = 0)]
    pub tree_size: i64,
    /// Its root.
    pub root_hash: HashText,
    /// The size of the newest checkpoint, whose root was compared; none, if nothing was signed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    pub checkpoint_size: Option<i64>,
    /// Whether nothing was found.
    pub sound: bool,
    /// What was found, a hundred at most.
    #[schema(max_items = 100)]
    pub findings: Vec<LogFinding>,
    /// What this answer is worth.
    #[schema(max_length = 200)]
    pub caution: &'static str,
}

/// What an answer of the service about itself is worth.
pub const CAUTION: &str = "The service checked its own rows. It is no substitute for verifying an export offline.";
