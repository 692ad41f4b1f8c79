//! Section (d): what a decision not to share a risk needs, and who reviews what was decided when.

use chrono::NaiveDate;

use crate::domain::concern::{ConcernDecision, ConcernGrounds, ConcernStanding, ConcernTold};
use crate::domain::disclosure::{Failing, RefusalRule};
use crate::domain::ids::StaffId;
use crate::domain::text::blank;
use crate::domain::time::months_after;
use crate::domain::vocabulary::{ConcernStatus, ConsentSought, ToldSubject};

/// Names of facts that the concern brings to which a risk is joined.
const BROUGHT: [&str; 2] = ["riskTypes", "atRiskPersonIds"];

/// The names of the facts that are missing to decide, whether a risk is passed on or not. What joins a concern brings the risk, and who is at risk,
/// with it.
pub(super) fn missing(said: &ConcernDecision, joins: bool) -> impl Iterator<Item = &'static str> {
    let ConcernDecision { risk_types, summary, grounds } = said;
    let ConcernGrounds { risk, told_subject, told_reason, .. } = grounds;
    [
        ("summary", blank(summary.as_ref())),
        ("riskTypes", risk_types.is_empty()),
        ("atRiskPersonIds", risk.at_risk_person_ids.is_empty() && blank(risk.at_risk_description.as_ref())),
        ("necessity", blank(risk.necessity.as_ref())),
        ("proportionality", blank(risk.proportionality.as_ref())),
        ("consentSought", risk.consent_sought.is_none()),
        ("noConsentReason", risk.consent_sought == Some(ConsentSought::NotSought) && risk.no_consent_reason.is_none()),
        ("toldSubject", told_subject.is_none()),
        ("toldReason", matches!(told_subject, Some(ToldSubject::No | ToldSubject::Later)) && blank(told_reason.as_ref())),
    ]
    .into_iter()
    .filter(move |(name, absent)| *absent && !(joins && BROUGHT.contains(name)))
    .map(|(name, _)| name)
}

/// What is missing to decide not to share a concern: the same as for passing it on.
#[must_use]
pub fn missing_to_withhold(told: &ConcernTold) -> Vec<Failing> {
    let ConcernTold { risk_types, summary, grounds, .. } = told.clone();
    let said = ConcernDecision { risk_types, summary, grounds };
    missing(&said, false).map(|name| Failing::at(format!("#/{name}"), RefusalRule::SafeguardingFieldsMissing)).collect()
}

/// Why this member of staff may not review a concern that stands so, if they may not.
#[must_use]
pub fn objection_to_review(status: ConcernStatus, standing: &ConcernStanding, reviewer: StaffId) -> Option<ReviewObjection> {
    if !matches!(status, ConcernStatus::Shared | ConcernStatus::NotShared) {
        Some(ReviewObjection::WrongState)
    } else if standing.deciders.contains(&reviewer) {
        Some(ReviewObjection::OwnDecision)
    } else {
        standing.to_be_told.then_some(ReviewObjection::PersonNotTold)
    }
}

/// Why a concern may not be reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewObjection {
    /// Nothing was decided, or it is reviewed already.
    WrongState,
    /// Two people are needed.
    OwnDecision,
    /// With `toldSubject: later` a concern stays open until the person is told or the reason is renewed.
    PersonNotTold,
}

/// So many months a disclosure or decision is withheld from somebody's accounting, unless a day is named.
const WITHHELD_MONTHS: u32 = 3;

/// And so many at most.
const MOST_WITHHELD_MONTHS: u32 = 12;

/// Until when something is withheld from somebody's accounting. A risk is never refused for a slip in this day (C17): without one, or with one that
/// is past, it is three months; and nothing is withheld for ever.
#[must_use]
pub fn withheld_until(asked: Option<NaiveDate>, today: NaiveDate) -> NaiveDate {
    let usual = months_after(today, WITHHELD_MONTHS);
    asked.filter(|day| *day > today).map_or(usual, |day| day.min(months_after(today, MOST_WITHHELD_MONTHS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::concern::RiskGrounds;
    use crate::domain::ids::PersonId;
    use crate::domain::text::LongText;
    use crate::domain::time::Timestamp;
    use crate::domain::vocabulary::{NoConsentReason, RiskType};

    fn whole() -> ConcernTold {
        let words = || Some(LongText::from("So it is."));
        ConcernTold {
            risk_types: vec![RiskType::Emotional],
            summary: Some("She is afraid.".into()),
            known_at: Timestamp::start_of(NaiveDate::MIN),
            grounds: ConcernGrounds {
                risk: RiskGrounds {
                    at_risk_person_ids: vec![PersonId::mint()],
                    necessity: words(),
                    proportionality: words(),
                    consent_sought: Some(ConsentSought::NotSought),
                    no_consent_reason: Some(NoConsentReason::CannotGive),
                    ..RiskGrounds::default()
                },
                told_subject: Some(ToldSubject::Later),
                told_reason: words(),
                ..ConcernGrounds::default()
            },
        }
    }

    type Change = fn(&mut ConcernTold);

    #[test]
    fn every_fact_that_passing_on_needs_is_needed_not_to() {
        assert!(missing_to_withhold(&whole()).is_empty());
        let left_out: [(&str, Change); 9] = [
            ("#/riskTypes", |content| content.risk_types.clear()),
            ("#/summary", |content| content.summary = Some("  ".into())),
            ("#/atRiskPersonIds", |content| content.grounds.risk.at_risk_person_ids.clear()),
            ("#/necessity", |content| content.grounds.risk.necessity = None),
            ("#/proportionality", |content| content.grounds.risk.proportionality = Some("".into())),
            ("#/consentSought", |content| content.grounds.risk.consent_sought = None),
            ("#/noConsentReason", |content| content.grounds.risk.no_consent_reason = None),
            ("#/toldSubject", |content| content.grounds.told_subject = None),
            ("#/toldReason", |content| content.grounds.told_reason = None),
        ];
        for (pointer, change) in left_out {
            let mut content = whole();
            change(&mut content);
            assert_eq!(missing_to_withhold(&content), [Failing::at(pointer, RefusalRule::SafeguardingFieldsMissing)]);
        }
        let enough: [Change; 3] = [
            |content| {
                content.grounds.risk.at_risk_person_ids.clear();
                content.grounds.risk.at_risk_description = Some("The boy next door.".into());
            },
            |content| {
                content.grounds.risk.consent_sought = Some(ConsentSought::SoughtRefused);
                content.grounds.risk.no_consent_reason = None;
            },
            |content| {
                content.grounds.told_subject = Some(ToldSubject::Yes);
                content.grounds.told_reason = None;
            },
        ];
        for change in enough {
            let mut content = whole();
            change(&mut content);
            assert!(missing_to_withhold(&content).is_empty());
        }
    }

    #[test]
    fn a_review_is_by_a_second_person_of_what_was_decided_once_the_person_was_told() {
        let (decider, second) = (StaffId::mint(), StaffId::mint());
        let standing = ConcernStanding { deciders: vec![decider], to_be_told: false };
        for status in [ConcernStatus::Shared, ConcernStatus::NotShared] {
            assert_eq!(objection_to_review(status, &standing, second), None);
            assert_eq!(objection_to_review(status, &standing, decider), Some(ReviewObjection::OwnDecision));
            let later = ConcernStanding { to_be_told: true, ..standing.clone() };
            assert_eq!(objection_to_review(status, &later, second), Some(ReviewObjection::PersonNotTold));
        }
        for status in [ConcernStatus::Raised, ConcernStatus::Reviewed] {
            assert_eq!(objection_to_review(status, &standing, second), Some(ReviewObjection::WrongState));
        }
    }

    #[test]
    fn nothing_is_withheld_for_ever_and_no_slip_in_the_day_matters() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-06-01");
        for (asked, until) in [
            (None, "2026-09-01"),
            (Some("2026-06-01"), "2026-09-01"),
            (Some("2020-01-01"), "2026-09-01"),
            (Some("2026-06-02"), "2026-06-02"),
            (Some("2027-06-01"), "2027-06-01"),
            (Some("2999-01-01"), "2027-06-01"),
        ] {
            assert_eq!(withheld_until(asked.map(day), today), day(until), "{asked:?}");
        }
    }
}
