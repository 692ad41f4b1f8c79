//! The words of anonymity: what may give somebody away in an issue that is raised without names (C6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::text::Name;
use super::vocabulary::{AgeBand, AppealType, SenNeed, Setting};

/// So many distinct families, at least, must match all that an anonymous issue gives away: the floor of the statistics too.
pub const COHORT_FLOOR: u64 = 8;

/// What an anonymous issue gives away about the family: at least eight families must match all of it (C6). What is absent is not given away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cohort {
    /// Type of special educational need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sen_need: Option<SenNeed>,
    /// Kind of educational setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub setting: Option<Setting>,
    /// Name of the educational setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[validate(custom(function = short_name))]
    pub setting_name: Option<Name>,
    /// Area of the council, as recorded on cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    #[validate(length(min = 1, max = 100))]
    pub area: Option<String>,
    /// Postcode district: the outward code alone, such as `LA9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 2, max_length = 4)]
    #[validate(length(min = 2, max = 4))]
    pub outward_code: Option<String>,
    /// Age band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub age_band: Option<AgeBand>,
    /// Kind of tribunal appeal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub appeal_type: Option<AppealType>,
}

fn short_name(name: &Name) -> Result<(), ValidationError> {
    if (1..=200).contains(&name.as_str().chars().count()) { Ok(()) } else { Err(ValidationError::new("length")) }
}
