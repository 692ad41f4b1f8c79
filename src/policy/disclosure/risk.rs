//! Section (d): passing on a risk. Missing fields or a recipient who cannot protect may refuse it, and nothing else: no permission, refusal, wish,
//! version, date or conflict is even looked at.

use crate::domain::concern::ConcernDecision;
use crate::domain::disclosure::{Ask, AskRecipient, Facts, Failing, Refusal, RefusalCode, RefusalRule};
use crate::domain::time::Timestamp;

use super::{Grant, data_subjects, refuse};
use crate::policy::safeguarding;

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

/// Where a field stands that is required and absent.
fn missing(ask: &Ask) -> Vec<String> {
    let joins = ask.safeguarding.as_ref().is_some_and(|risk| risk.concern_id.is_some());
    let nothing = ask.note_ids.is_empty() && ask.information_categories.is_empty();
    let about_nobody = ask.subject_ids.is_empty() && !ask.information_categories.is_empty();
    let passed_on = [("#/noteIds", nothing), ("#/subjectIds", about_nobody)];
    let said = ConcernDecision::from(ask);
    let of_risk = safeguarding::missing(&said, joins).map(|name| match name {
        "summary" | "toldSubject" | "toldReason" => format!("#/{name}"),
        _ => format!("#/safeguarding/{name}"),
    });
    passed_on.into_iter().filter(|(_, absent)| *absent).map(|(pointer, _)| pointer.to_owned()).chain(of_risk).collect()
}

/// Whether the recipient has a safeguarding function; one missing from the register is judged by its kind.
fn protects(ask: &Ask, facts: &Facts) -> bool {
    match &ask.recipient {
        AskRecipient::Body { .. } => facts.recipient.is_some_and(|body| body.safeguarding_function),
        AskRecipient::Person(_) => false,
        AskRecipient::Unregistered { body, .. } => body.body_type.protects(),
    }
}
