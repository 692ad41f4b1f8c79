//! The version of a record that can change: it begins at 1, rises by one with each change, and is the record's `ETag`.

/// A version of a record. 0 is no version of any record: it is what an `ETag` reads as that this service never gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = i32, minimum = 1, maximum = 2_147_483_647)]
pub struct Version(pub i32);

impl Version {
    /// The version of a new record.
    pub const FIRST: Self = Self(1);
}
