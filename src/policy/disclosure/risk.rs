//! Section (d): passing on a risk. Missing fields or a recipient who cannot protect may refuse it, and nothing else: no permission, refusal, wish,
//! version, date or conflict is even looked at.

use crate::domain::disclosure::{Ask, AskRecipient, Facts, Failing, NewSafeguarding, Refusal, RefusalCode, RefusalRule};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConsentSought, ToldSubject};

use super::{Grant, data_subjects, refuse};

pub(super) fn decide(ask: &Ask, facts: &Facts, now: Timestamp) -> Result<Grant, Refusal> {
    let mut failings: Vec<_> =
        missing(ask).into_iter().map(|pointer| Failing::at(pointer, RefusalRule::SafeguardingFieldsMissing)).collect();
    if !protects(ask, facts) {
        failings.push(Failing::at("#/recipient", RefusalRule::RecipientWithoutSafeguardingFunction));
    }
    // A copy is a sending, and a participant has no safeguarding function.
    failings.extend((0..ask.copies.len()).map(|i| Failing::at(format!("#/copies/{i}"), RefusalRule::RecipientWithoutSafeguardingFunction)));
    if failings.is_empty() {
        Ok(Grant::without_permission(ask, data_subjects(ask, facts), now))
    } else {
        Err(refuse(ask, RefusalCode::RuleViolated, failings))
    }
}

/// The fields that are required and absent. Joining a concern brings the risk and who is at risk with it.
fn missing(ask: &Ask) -> Vec<&'static str> {
    let empty = NewSafeguarding::default();
    let risk = ask.safeguarding.as_ref().unwrap_or(&empty);
    let joins = risk.concern_id.is_some();
    let nothing = ask.note_ids.is_empty() && ask.information_categories.is_empty();
    [
        ("#/summary", blank(ask.summary.as_ref())),
        ("#/noteIds", nothing),
        ("#/subjectIds", ask.subject_ids.is_empty() && !ask.information_categories.is_empty()),
        ("#/safeguarding/riskTypes", risk.risk_types.is_empty() && !joins),
        ("#/safeguarding/atRiskPersonIds", risk.at_risk_person_ids.is_empty() && blank(risk.at_risk_description.as_ref()) && !joins),
        ("#/safeguarding/necessity", blank(risk.necessity.as_ref())),
        ("#/safeguarding/proportionality", blank(risk.proportionality.as_ref())),
        ("#/safeguarding/consentSought", risk.consent_sought.is_none()),
        ("#/safeguarding/noConsentReason", risk.consent_sought == Some(ConsentSought::NotSought) && risk.no_consent_reason.is_none()),
        ("#/toldSubject", ask.told_subject.is_none()),
        ("#/toldReason", matches!(ask.told_subject, Some(ToldSubject::No | ToldSubject::Later)) && blank(ask.told_reason.as_ref())),
    ]
    .into_iter()
    .filter_map(|(pointer, absent)| absent.then_some(pointer))
    .collect()
}

fn blank(text: Option<&LongText>) -> bool {
    text.is_none_or(|text| text.as_str().trim().is_empty())
}

/// Whether the recipient has a safeguarding function; one missing from the register is judged by its kind.
fn protects(ask: &Ask, facts: &Facts) -> bool {
    match &ask.recipient {
        AskRecipient::Body { .. } => facts.recipient.is_some_and(|body| body.safeguarding_function),
        AskRecipient::Person(_) => false,
        AskRecipient::Unregistered { body, .. } => body.body_type.protects(),
    }
}
