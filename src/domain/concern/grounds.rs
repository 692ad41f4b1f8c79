//! On what a decision about a risk rests, whether it is passed on or not (C17, section (d) of the policy).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::ids::{PersonId, StaffId};
use crate::domain::text::LongText;
use crate::domain::vocabulary::{ConsentSought, NoConsentReason, ToldSubject};

/// Who is at risk, and why it must be shared, or need not be: the same whichever is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskGrounds {
    /// Who is at risk.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub at_risk_person_ids: Vec<PersonId>,
    /// Who is at risk, in words, if not on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at_risk_description: Option<LongText>,
    /// Whom of the staff an allegation is about: the case is hidden from them, and another manager decides.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub about_staff_ids: Vec<StaffId>,
    /// Why it must be shared, or need not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub necessity: Option<LongText>,
    /// Why so much and no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub proportionality: Option<LongText>,
    /// Whether permission was sought; recorded, never decisive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub consent_sought: Option<ConsentSought>,
    /// Why not, if it was not sought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub no_consent_reason: Option<NoConsentReason>,
}

/// Who is at risk, and on what a decision rests. All of it is needed to decide, and none to record a concern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConcernGrounds {
    /// Who is at risk, and why it must be shared, or need not be.
    #[serde(flatten)]
    pub risk: RiskGrounds,
    /// Whether the person was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_subject: Option<ToldSubject>,
    /// Why not, or not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_reason: Option<LongText>,
    /// From whom it is withheld: it is left out of their accounting and subject access request, and the notes that were passed on do not go to them.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub withhold_from_person_ids: Vec<PersonId>,
    /// Until when it is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub withhold_until_on: Option<NaiveDate>,
}

impl RiskGrounds {
    fn or(self, before: Self) -> Self {
        Self {
            at_risk_person_ids: either(self.at_risk_person_ids, before.at_risk_person_ids),
            at_risk_description: self.at_risk_description.or(before.at_risk_description),
            about_staff_ids: either(self.about_staff_ids, before.about_staff_ids),
            necessity: self.necessity.or(before.necessity),
            proportionality: self.proportionality.or(before.proportionality),
            consent_sought: self.consent_sought.or(before.consent_sought),
            no_consent_reason: self.no_consent_reason.or(before.no_consent_reason),
        }
    }
}

impl ConcernGrounds {
    /// These, and where they say nothing what was said before.
    #[must_use]
    pub fn or(self, before: Self) -> Self {
        let told = self.told_subject.is_some();
        Self {
            risk: self.risk.or(before.risk),
            told_subject: self.told_subject.or(before.told_subject),
            // The reason is that of the word it goes with.
            told_reason: if told { self.told_reason } else { self.told_reason.or(before.told_reason) },
            withhold_from_person_ids: either(self.withhold_from_person_ids, before.withhold_from_person_ids),
            withhold_until_on: self.withhold_until_on.or(before.withhold_until_on),
        }
    }
}

impl ConcernGrounds {
    /// The same without what was said in words.
    pub(super) fn wordless(self) -> Self {
        let risk = RiskGrounds { at_risk_description: None, necessity: None, proportionality: None, ..self.risk };
        Self { risk, told_reason: None, ..self }
    }
}

/// The list, or if it says nothing the one before.
pub(super) fn either<T>(list: Vec<T>, before: Vec<T>) -> Vec<T> {
    if list.is_empty() { before } else { list }
}
