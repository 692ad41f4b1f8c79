//! What is wrong with a request, in a form that points at the place and never quotes the value.

use serde::Serialize;
use utoipa::ToSchema;

/// What is odd about something that was recorded all the same: a risk is refused for a missing fact only (C17).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    /// Where: a JSON pointer into what was said.
    #[schema(max_length = 200)]
    pub pointer: String,
    /// What it is, by its machine name.
    #[schema(max_length = 50)]
    pub rule: &'static str,
    /// The same, in fixed words.
    #[schema(max_length = 500)]
    pub detail: &'static str,
}

impl From<Fault> for Remark {
    fn from(Fault { pointer, rule, detail }: Fault) -> Self {
        Self { pointer, rule, detail }
    }
}

/// One thing that is wrong with a request, found by a rule of the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: a JSON pointer into the body, such as `#/noteIds/0`.
    pub pointer: String,
    /// Which rule, by its machine name.
    pub rule: &'static str,
    /// What it asks, in fixed words.
    pub detail: &'static str,
}

impl Fault {
    /// A fault at this place.
    #[must_use]
    pub fn new(pointer: impl Into<String>, rule: &'static str, detail: &'static str) -> Self {
        Self { pointer: pointer.into(), rule, detail }
    }

    /// The same, where the part of the request that is at fault stands at this place.
    #[must_use]
    pub fn within(self, place: &str) -> Self {
        Self { pointer: self.pointer.replacen('#', place, 1), ..self }
    }

    /// It names something that is not on record, or that the caller may not see.
    #[must_use]
    pub fn unknown(pointer: impl Into<String>) -> Self {
        Self::new(pointer, "unknown_reference", "This is not on record.")
    }

    /// It names somebody who does not take part in the case.
    #[must_use]
    pub fn not_participant(pointer: impl Into<String>) -> Self {
        Self::new(pointer, "not_participant", "This person does not take part in the case.")
    }

    /// It does not go with the other properties.
    #[must_use]
    pub fn contradicting(pointer: impl Into<String>) -> Self {
        Self::new(pointer, "contradicting_fields", "This property does not go with the others.")
    }
}
