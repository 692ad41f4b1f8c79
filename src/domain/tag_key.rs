//! The tag key of a case, by which an auditor finds every entry of the case in a log they hold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::ids::CaseId;

/// The tag key of which case is lent for which audit.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "auditReference": "AUDIT-2026/07"}))]
pub struct NewTagKey {
    /// The case.
    pub case_id: CaseId,
    /// The reference of the audit, which stands in the log: nobody's name.
    #[schema(min_length = 1, max_length = 60, pattern = "^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
    pub audit_reference: String,
}

/// The tag key of a case, lent for an audit. Whoever holds it can tell which entries are about the case, and nothing else; it is to be destroyed with
/// the audit, and with the case.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "auditReference": "AUDIT-2026/07",
    "tagKey": "3n0bchoeBjK3zwTt9QMsjs_6n5oISSFSuSbxpafnZdc"}))]
pub struct TagKey {
    /// The case.
    pub case_id: CaseId,
    /// The reference of the audit.
    #[schema(max_length = 60)]
    pub audit_reference: String,
    /// The key: 32 bytes in base64url without padding.
    #[schema(min_length = 43, max_length = 43)]
    pub tag_key: String,
}

impl std::fmt::Debug for TagKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TagKey").field("audit_reference", &self.audit_reference).finish_non_exhaustive()
    }
}
