//! The words of anonymity: what may give somebody away in an issue that is raised without names (C6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::text::Name;
use super::vocabulary::{AgeBand, AppealType, SenNeed, Setting};

/// So many distinct families, at least, must match all that an anonymous issue gives away: the floor of the statistics too.
pub const COHORT_FLOOR: u64 = 8;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $value:literal, $detail:literal;)+) => {
        /// Why an anonymous issue is refused (C6).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        pub enum AnonymityRule {
            $($(#[$doc])* #[serde(rename = $value)] $variant,)+
        }

        impl AnonymityRule {
            /// All rules, in the order of the policy.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The rule as written in answers.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $value,)+ }
            }

            /// What a person reads about it: a fixed text that quotes nothing of what was submitted.
            #[must_use]
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail,)+ }
            }
        }
    };
}

rules! {
    /// A word of a participant's name.
    IdentifierName = "identifier_name", "The text holds a word of the name of somebody in this case.";
    /// A title and a name.
    IdentifierTitledName = "identifier_titled_name", "The text names somebody by title.";
    /// A participant's initials beside a setting.
    IdentifierInitials = "identifier_initials", "The text holds the initials of somebody in this case and names a setting.";
    /// A date that is, or may be, a birth date.
    IdentifierBirthDate = "identifier_birth_date", "The text holds a full date that is or may be a date of birth.";
    /// A full postcode or postcode sector.
    IdentifierPostcode = "identifier_postcode", "The text holds a postcode or postcode sector; name a wider area instead.";
    /// A house number and street.
    IdentifierAddress = "identifier_address", "The text holds a house number and street.";
    /// An email address, however disguised.
    IdentifierEmail = "identifier_email", "The text holds an email address.";
    /// A web address or the name of an online account.
    IdentifierLink = "identifier_link", "The text holds a web address or the name of an online account.";
    /// A long number, such as a telephone, pupil or National Insurance number.
    IdentifierNumber = "identifier_number", "The text holds a number by which somebody may be found.";
    /// A reference of ours or of anybody else.
    IdentifierReference = "identifier_reference", "The text holds a reference by which a person or a case may be found.";
    /// Too few families match what the text gives away.
    CohortTooSmall = "cohort_too_small", "Too few families match all that the text gives away; say less, or ask for permission to identify.";
    /// The text gives away something the cohort does not list.
    CohortDescriptorMissing = "cohort_descriptor_missing", "The text names a setting or postcode district that the cohort does not list.";
    /// The same words went to the same recipient before.
    RepeatedWording = "repeated_wording", "The same wording went to this recipient within the last 12 months.";
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_in_json_as_it_is_written_in_errors() {
        for rule in AnonymityRule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
        }
        assert_eq!(AnonymityRule::ALL.len(), 13);
    }

    #[test]
    fn a_cohort_is_camel_case_and_leaves_out_what_is_not_given_away() {
        let cohort: Cohort = serde_json::from_str(r#"{"senNeed":"slcn","settingName":"Larkbeck Primary","ageBand":"5_10"}"#).unwrap();
        assert_eq!(
            serde_json::to_value(&cohort).unwrap(),
            serde_json::json!({"senNeed": "slcn", "settingName": "Larkbeck Primary", "ageBand": "5_10"})
        );
        assert!(cohort.validate().is_ok());
        assert!(!format!("{cohort:?}").contains("Larkbeck"));
        assert!(serde_json::from_str::<Cohort>(r#"{"familyCount":9}"#).is_err());
    }

    #[test]
    fn a_descriptor_that_is_empty_or_too_long_is_not_valid() {
        let name = |text: String| Cohort { setting_name: Some(Name(text)), ..Cohort::default() };
        assert!(name(String::new()).validate().is_err());
        assert!(name("é".repeat(200)).validate().is_ok());
        assert!(name("é".repeat(201)).validate().is_err());
        assert!(Cohort { outward_code: Some("LA9 4".into()), ..Cohort::default() }.validate().is_err());
        assert!(Cohort { area: Some(String::new()), ..Cohort::default() }.validate().is_err());
    }
}
