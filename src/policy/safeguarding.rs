//! Section (d): what a decision not to share a risk needs, and who reviews what was decided when.

use chrono::NaiveDate;

use crate::domain::concern::{ConcernContent, ConcernStanding};
use crate::domain::disclosure::{Failing, RefusalRule};
use crate::domain::ids::StaffId;
use crate::domain::text::LongText;
use crate::domain::time::months_after;
use crate::domain::vocabulary::{ConcernStatus, ConsentSought, ToldSubject};

/// What is missing to decide: the same as for passing it on.
#[must_use]
pub fn missing(content: &ConcernContent) -> Vec<Failing> {
    let grounds = &content.grounds;
    let at_risk = !grounds.at_risk_person_ids.is_empty() || !blank(grounds.at_risk_description.as_ref());
    [
        ("#/riskTypes", content.risk_types.is_empty()),
        ("#/summary", blank(Some(&content.summary))),
        ("#/atRiskPersonIds", !at_risk),
        ("#/necessity", blank(grounds.necessity.as_ref())),
        ("#/proportionality", blank(grounds.proportionality.as_ref())),
        ("#/consentSought", grounds.consent_sought.is_none()),
        ("#/noConsentReason", grounds.consent_sought == Some(ConsentSought::NotSought) && grounds.no_consent_reason.is_none()),
        ("#/toldSubject", grounds.told_subject.is_none()),
        ("#/toldReason", matches!(grounds.told_subject, Some(ToldSubject::No | ToldSubject::Later)) && blank(grounds.told_reason.as_ref())),
    ]
    .into_iter()
    .filter(|(_, absent)| *absent)
    .map(|(pointer, _)| Failing::at(pointer, RefusalRule::SafeguardingFieldsMissing))
    .collect()
}

fn blank(text: Option<&LongText>) -> bool {
    text.is_none_or(|text| text.as_str().trim().is_empty())
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
    use crate::domain::concern::ConcernGrounds;
    use crate::domain::ids::PersonId;
    use crate::domain::time::Timestamp;
    use crate::domain::vocabulary::{NoConsentReason, RiskType};

    fn whole() -> ConcernContent {
        let words = || Some(LongText::from("So it is."));
        ConcernContent {
            risk_types: vec![RiskType::Emotional],
            summary: "She is afraid.".into(),
            known_at: Timestamp::start_of(NaiveDate::MIN),
            grounds: ConcernGrounds {
                at_risk_person_ids: vec![PersonId::mint()],
                necessity: words(),
                proportionality: words(),
                consent_sought: Some(ConsentSought::NotSought),
                no_consent_reason: Some(NoConsentReason::CannotGive),
                told_subject: Some(ToldSubject::Later),
                told_reason: words(),
                ..ConcernGrounds::default()
            },
        }
    }

    type Change = fn(&mut ConcernContent);

    #[test]
    fn every_fact_that_passing_on_needs_is_needed_not_to() {
        assert!(missing(&whole()).is_empty());
        let left_out: [(&str, Change); 9] = [
            ("#/riskTypes", |content| content.risk_types.clear()),
            ("#/summary", |content| content.summary = "  ".into()),
            ("#/atRiskPersonIds", |content| content.grounds.at_risk_person_ids.clear()),
            ("#/necessity", |content| content.grounds.necessity = None),
            ("#/proportionality", |content| content.grounds.proportionality = Some("".into())),
            ("#/consentSought", |content| content.grounds.consent_sought = None),
            ("#/noConsentReason", |content| content.grounds.no_consent_reason = None),
            ("#/toldSubject", |content| content.grounds.told_subject = None),
            ("#/toldReason", |content| content.grounds.told_reason = None),
        ];
        for (pointer, change) in left_out {
            let mut content = whole();
            change(&mut content);
            assert_eq!(missing(&content), [Failing::at(pointer, RefusalRule::SafeguardingFieldsMissing)]);
        }
        let enough: [Change; 3] = [
            |content| {
                content.grounds.at_risk_person_ids.clear();
                content.grounds.at_risk_description = Some("The boy next door.".into());
            },
            |content| {
                content.grounds.consent_sought = Some(ConsentSought::SoughtRefused);
                content.grounds.no_consent_reason = None;
            },
            |content| {
                content.grounds.told_subject = Some(ToldSubject::Yes);
                content.grounds.told_reason = None;
            },
        ];
        for change in enough {
            let mut content = whole();
            change(&mut content);
            assert!(missing(&content).is_empty());
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
