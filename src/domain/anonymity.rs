//! What an anonymised text gives away (C6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Name;
use super::vocabulary::{AgeBand, AppealType, SenNeed, Setting};

/// What the text gives away about the families it speaks of; enough of them must match all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// Name of the setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub setting_name: Option<Name>,
    /// Area of the service, as configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub area: Option<Name>,
    /// First half of a postcode, such as `LA9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub outward_code: Option<Name>,
    /// Age band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub age_band: Option<AgeBand>,
    /// What an appeal is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub appeal_type: Option<AppealType>,
}
