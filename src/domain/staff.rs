//! The staff of the service. A row is made at the first valid token with a role.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::ids::StaffId;
use super::time::Timestamp;

/// A member of staff as other records name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StaffRef {
    /// The member of staff.
    pub id: StaffId,
    /// Their name.
    #[schema(max_length = 200)]
    pub display_name: String,
}

/// Whom a list is about: a member of staff, or `me`, whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, max_length = 36, pattern = "^(me|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", example = "me")]
pub struct Assignee(Option<StaffId>);

impl Assignee {
    /// The member of staff, where this one asks.
    #[must_use]
    pub fn asked_by(self, caller: StaffId) -> StaffId {
        self.0.unwrap_or(caller)
    }
}

impl<'de> Deserialize<'de> for Assignee {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        match text.as_ref() {
            "me" => Ok(Self(None)),
            // The message never quotes the value.
            id => id.parse().map(|id| Self(Some(StaffId(id)))).map_err(|_| serde::de::Error::custom("neither a UUID nor `me`")),
        }
    }
}

/// What an administrator may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"disabled": true}))]
pub struct StaffUpdate {
    /// Whether every token of theirs is refused.
    pub disabled: bool,
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "version": 1, "displayName": "Jo Ashdown", "disabled": false,
    "createdAt": "2026-01-05T08:00:00.000Z", "allowedActions": ["update", "revoke_tokens"]}))]
pub struct Staff {
    /// The member of staff.
    pub id: StaffId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// Their name, as their token says.
    #[schema(max_length = 200)]
    pub display_name: String,
    /// What an administrator may change.
    #[serde(flatten)]
    pub update: StaffUpdate,
    /// Tokens issued before this instant are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub not_before: Option<Timestamp>,
    /// When they first came.
    pub created_at: Timestamp,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn me_is_whoever_asks() {
        let (asker, other) = (StaffId::mint(), StaffId::mint());
        let read = |text: &str| serde_json::from_value::<Assignee>(text.into()).map(|named| named.asked_by(asker));
        assert_eq!(read("me").unwrap(), asker);
        assert_eq!(read(&other.to_string()).unwrap(), other);
        assert_eq!(read("you").unwrap_err().to_string(), "neither a UUID nor `me`");
    }
}
