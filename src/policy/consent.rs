//! Recording what somebody permitted or refused: what must be true of the record itself.
//!
//! A refusal can always be recorded. A permission is checked against the authority of the granter on the day it was expressed; the decision checks it
//! again at each disclosure.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use super::authority::{authority, lasts_until, takes_part};
use crate::domain::consent::{Condition, ConsentRecipient, NewConsent, SubjectAuthority};
use crate::domain::disclosure::{Failing, FamilyFacts, Limits, RefusalRule};
use crate::domain::ids::{PersonId, RecipientId};
use crate::domain::time::{Timestamp, day_before, months_after};
use crate::domain::vocabulary::{ConditionKind, ConsentDecision, ConsentMethod, Purpose};

/// What the service adds to a record that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// In which capacity the granter spoke, for each subject for whom there is any; a refusal may have none.
    pub authority: Vec<SubjectAuthority>,
    /// From when it counts.
    pub starts_at: Timestamp,
    /// The last day covered; none for a refusal.
    pub expires_on: Option<NaiveDate>,
}

/// Checks a record; `in_council` are those of its recipients that belong to the council. Errors are `422 rule-violated`.
pub fn check(
    consent: &NewConsent,
    family: &FamilyFacts,
    in_council: &BTreeSet<RecipientId>,
    limits: &Limits,
    now: Timestamp,
) -> Result<Accepted, Vec<Failing>> {
    let given = consent.decision == ConsentDecision::Given;
    let decided_on = consent.decided_at.day();
    let latest = latest_expiry(decided_on, limits);
    let to_council = consent.recipients.iter().filter_map(|named| named.recipient_id).any(|body| in_council.contains(&body));
    let spoken_for = authority_of(consent, to_council, family);
    let speaks_for = |subject: &PersonId| spoken_for.iter().any(|found| found.subject_id == *subject);
    let starts_at = consent.starts_at.unwrap_or(consent.decided_at);

    let mut failings = Vec::new();
    let mut fail = |fails: bool, pointer: String, rule| {
        if fails {
            failings.push(Failing::at(pointer, rule));
        }
    };
    let takes_part = family
        .participants
        .iter()
        .any(|row| row.case_id == family.case_id && row.person_id == consent.granter_id && takes_part(row, decided_on));
    fail(!takes_part, "#/granterId".into(), RefusalRule::GranterNotParticipant);
    fail(consent.decided_at > now, "#/decidedAt".into(), RefusalRule::DecidedInFuture);
    let words = consent.evidence.words_used.as_ref().map_or("", |words| words.as_str().trim());
    fail(is_spoken(consent.method) && words.is_empty(), "#/evidence/wordsUsed".into(), RefusalRule::VerbalWordsMissing);
    for (i, purpose) in consent.purposes.iter().enumerate() {
        let own = matches!(purpose, Purpose::Safeguarding | Purpose::SarResponse);
        fail(own, format!("#/purposes/{i}"), RefusalRule::ContradictingFields);
    }
    for (i, recipient) in consent.recipients.iter().enumerate() {
        fail(!names_one(recipient), format!("#/recipients/{i}"), RefusalRule::ContradictingFields);
    }
    if given {
        for (i, subject) in consent.subject_ids.iter().enumerate() {
            fail(!speaks_for(subject), format!("#/subjectIds/{i}"), RefusalRule::GranterNotAuthorised);
        }
        for (i, named) in consent.recipients.iter().enumerate() {
            let council = named.recipient_id.is_some_and(|body| in_council.contains(&body));
            fail(council && named.team_id.is_none(), format!("#/recipients/{i}/teamId"), RefusalRule::RecipientTooBroad);
        }
        for (i, condition) in consent.conditions.iter().enumerate() {
            fail(!is_whole(condition), format!("#/conditions/{i}"), RefusalRule::ContradictingFields);
        }
        let nothing = consent.information_categories.is_empty() && consent.note_ids.is_empty();
        for (empty, pointer) in [
            (consent.recipients.is_empty(), "#/recipients"),
            (consent.purposes.is_empty(), "#/purposes"),
            (consent.directions.is_empty(), "#/directions"),
            (nothing, "#/informationCategories"),
        ] {
            fail(empty, pointer.into(), RefusalRule::ContradictingFields);
        }
        fail(consent.expires_on.is_some_and(|last| last > latest), "#/expiresOn".into(), RefusalRule::ExpiryTooLate);
        // It would never count.
        let last = consent.expires_on.unwrap_or(latest);
        let where_said = if consent.expires_on.is_some() { "#/expiresOn" } else { "#/startsAt" };
        fail(last < starts_at.day(), where_said.into(), RefusalRule::ContradictingFields);
    } else {
        fail(!consent.conditions.is_empty(), "#/conditions".into(), RefusalRule::ContradictingFields);
        fail(consent.expires_on.is_some(), "#/expiresOn".into(), RefusalRule::ContradictingFields);
    }
    if !failings.is_empty() {
        return Err(failings);
    }
    Ok(Accepted { authority: spoken_for, starts_at, expires_on: given.then(|| consent.expires_on.unwrap_or(latest)) })
}

/// In which capacity the granter spoke on that day, for each subject for whom there is any, and until when they may by what is known now.
#[must_use]
pub fn authority_of(consent: &NewConsent, to_council: bool, family: &FamilyFacts) -> Vec<SubjectAuthority> {
    let of = |subject: &PersonId| {
        let (granter, decided_on) = (consent.granter_id, consent.decided_at.day());
        let found = authority(granter, *subject, decided_on, to_council, family)?;
        let ends_on = lasts_until(granter, *subject, decided_on, to_council, family);
        Some(SubjectAuthority { subject_id: *subject, granter_relation: found.relation, ends_on })
    };
    consent.subject_ids.iter().filter_map(of).collect()
}

/// Whether a record may take the place of this one: a permission that of another, by the same person, about nobody whom the new one leaves out.
///
/// A refusal is never replaced: it is withdrawn, or answered by a later permission (R18). Nor does a refusal replace anything: whoever takes a
/// permission back withdraws it, and what rested on it is called back (R17).
#[must_use]
pub fn may_replace(new: &NewConsent, old: &NewConsent) -> bool {
    old.granter_id == new.granter_id
        && [new.decision, old.decision] == [ConsentDecision::Given; 2]
        && old.subject_ids.iter().all(|subject| new.subject_ids.contains(subject))
}

/// The last day a permission expressed on this day may cover, and covers unless said otherwise: the day before the same date so many months later;
/// where there is no such date, the last day of that month.
#[must_use]
pub fn latest_expiry(decided_on: NaiveDate, limits: &Limits) -> NaiveDate {
    let same = months_after(decided_on, limits.permission_months);
    if same.day() == decided_on.day() { day_before(same) } else { same }
}

fn is_spoken(method: ConsentMethod) -> bool {
    matches!(
        method,
        ConsentMethod::VerbalPhone | ConsentMethod::VerbalInPerson | ConsentMethod::VideoCall | ConsentMethod::InterpreterOrBsl
    )
}

/// A body, with or without details, or a participant.
fn names_one(named: &ConsentRecipient) -> bool {
    let details = named.team_id.is_some() || named.person_name.is_some();
    named.recipient_id.is_some() != named.person_id.is_some() && (named.recipient_id.is_some() || !details)
}

fn is_whole(condition: &Condition) -> bool {
    (condition.not_before_on.is_some() == (condition.kind == ConditionKind::NotBefore))
        && (condition.channels.is_empty() == (condition.kind != ConditionKind::ChannelIn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consent::ConsentEvidence;
    use crate::domain::disclosure::{ParticipantFact, PersonFact, PrFact};
    use crate::domain::ids::{CaseId, TeamId};
    use crate::domain::vocabulary::{
        Channel, Direction, GranterRelation, InformationCategory, ParentalResponsibility, ParticipantRole, PersonKind, Relation,
    };
    use uuid::Uuid;

    const CASE: CaseId = CaseId(Uuid::from_u128(1));
    const CHILD: PersonId = PersonId(Uuid::from_u128(2));
    const PARENT: PersonId = PersonId(Uuid::from_u128(3));
    const COUNCIL: RecipientId = RecipientId(Uuid::from_u128(4));

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn family() -> FamilyFacts {
        let person =
            |id, kind, born: Option<&str>| PersonFact { id, kind, date_of_birth: born.map(day), died_on: None, capacity: Vec::new() };
        let held = PrFact { child_id: CHILD, value: ParentalResponsibility::Yes, from_on: None, ended_on: None };
        let row = |person_id, role, relation, pr| ParticipantFact {
            case_id: CASE,
            person_id,
            role,
            relation,
            pr,
            began_on: None,
            ended_on: None,
        };
        FamilyFacts {
            known_less: Vec::new(),
            hidden: Vec::new(),
            case_id: CASE,
            people: vec![person(CHILD, PersonKind::Child, Some("2017-02-11")), person(PARENT, PersonKind::ParentCarer, None)],
            participants: vec![
                row(CHILD, ParticipantRole::Subject, Relation::OwnSelf, vec![]),
                row(PARENT, ParticipantRole::ServiceUser, Relation::Parent, vec![held]),
            ],
        }
    }

    fn permission() -> NewConsent {
        NewConsent {
            granter_id: PARENT,
            subject_ids: vec![CHILD, PARENT],
            decision: ConsentDecision::Given,
            recipients: vec![ConsentRecipient {
                recipient_id: Some(COUNCIL),
                team_id: Some(TeamId(Uuid::from_u128(5))),
                ..ConsentRecipient::default()
            }],
            purposes: vec![Purpose::Liaison],
            information_categories: vec![InformationCategory::SenNeeds],
            note_ids: Vec::new(),
            directions: vec![Direction::Outbound],
            conditions: vec![Condition { kind: ConditionKind::CopyToGranter, not_before_on: None, channels: Vec::new() }],
            method: ConsentMethod::VerbalPhone,
            evidence: ConsentEvidence {
                notice_version: "leaflet-3".into(),
                words_used: Some("Yes.".into()),
                language: None,
                witness_id: None,
                capacity_record_id: None,
            },
            decided_at: Timestamp::parse("2026-09-14T09:40:00Z").unwrap(),
            starts_at: None,
            expires_on: None,
            supersedes_id: None,
        }
    }

    fn outcome(change: impl FnOnce(&mut NewConsent)) -> Result<Accepted, Vec<(String, &'static str)>> {
        let mut consent = permission();
        change(&mut consent);
        let now = Timestamp::parse("2026-09-14T10:00:00Z").unwrap();
        check(&consent, &family(), &BTreeSet::from([COUNCIL]), &Limits::default(), now)
            .map_err(|failings| failings.into_iter().map(|failing| (failing.pointer, failing.rule.as_str())).collect())
    }

    #[test]
    fn a_permission_gets_its_authority_and_its_last_day() {
        let accepted = outcome(|_| {}).unwrap();
        let authority = |subject_id, granter_relation, ends_on| SubjectAuthority { subject_id, granter_relation, ends_on };
        assert_eq!(
            accepted.authority,
            [authority(CHILD, GranterRelation::ParentWithPr, Some(day("2033-06-24"))), authority(PARENT, GranterRelation::OwnSelf, None)]
        );
        assert_eq!((accepted.starts_at, accepted.expires_on), (permission().decided_at, Some(day("2027-09-13"))));
        assert_eq!(outcome(|consent| consent.expires_on = Some(day("2027-09-13"))).unwrap(), accepted);
    }

    #[test]
    fn a_permission_lasts_at_most_to_the_day_before_a_year_later() {
        for (decided, last) in
            [("2026-03-01", "2027-02-28"), ("2027-03-01", "2028-02-29"), ("2028-02-29", "2029-02-28"), ("2026-01-01", "2026-12-31")]
        {
            assert_eq!(latest_expiry(day(decided), &Limits::default()), day(last), "{decided}");
        }
    }

    #[test]
    fn each_rule_of_recording_is_pointed_at() {
        let one = |pointer: &str, rule| Err(vec![(pointer.to_owned(), rule)]);
        let stranger = PersonId(Uuid::from_u128(9));
        assert_eq!(
            outcome(|consent| {
                consent.granter_id = stranger;
                consent.subject_ids = vec![stranger];
            }),
            Err(vec![("#/granterId".into(), "granter_not_participant"), ("#/subjectIds/0".into(), "granter_not_authorised")])
        );
        assert_eq!(
            outcome(|consent| {
                consent.granter_id = CHILD;
                consent.subject_ids = vec![CHILD];
            }),
            one("#/subjectIds/0", "granter_not_authorised")
        );
        let later = Timestamp::parse("2026-09-14T10:00:00.001Z").unwrap();
        assert_eq!(outcome(|consent| consent.decided_at = later), one("#/decidedAt", "decided_in_future"));
        assert_eq!(outcome(|consent| consent.evidence.words_used = Some(" ".into())), one("#/evidence/wordsUsed", "verbal_words_missing"));
        assert_eq!(outcome(|consent| consent.recipients[0].team_id = None), one("#/recipients/0/teamId", "recipient_too_broad"));
        assert_eq!(outcome(|consent| consent.expires_on = Some(day("2027-09-14"))), one("#/expiresOn", "expiry_too_late"));
        assert_eq!(outcome(|consent| consent.purposes.clear()), one("#/purposes", "contradicting_fields"));
        assert_eq!(outcome(|consent| consent.purposes[0] = Purpose::Safeguarding), one("#/purposes/0", "contradicting_fields"));
        assert_eq!(outcome(|consent| consent.information_categories.clear()), one("#/informationCategories", "contradicting_fields"));
        assert_eq!(outcome(|consent| consent.recipients[0].person_id = Some(CHILD)), one("#/recipients/0", "contradicting_fields"));
        assert_eq!(outcome(|consent| consent.conditions[0].kind = ConditionKind::NotBefore), one("#/conditions/0", "contradicting_fields"));
        assert_eq!(outcome(|consent| consent.conditions[0].channels = vec![Channel::Phone]), one("#/conditions/0", "contradicting_fields"));
    }

    #[test]
    fn a_permission_does_not_end_before_it_starts() {
        let starting = |at: &str, last: Option<&str>| {
            outcome(|consent| {
                consent.starts_at = Timestamp::parse(at);
                consent.expires_on = last.map(day);
            })
            .err()
        };
        let at = |pointer: &str| Some(vec![(pointer.to_owned(), "contradicting_fields")]);
        assert_eq!(starting("2026-12-01T10:00:00Z", Some("2026-11-30")), at("#/expiresOn"));
        assert_eq!(starting("2026-12-01T10:00:00Z", Some("2026-12-01")), None);
        // Midnight in London in summer.
        assert_eq!(starting("2027-06-30T23:00:00Z", Some("2027-06-30")), at("#/expiresOn"));
        assert_eq!(starting("2027-06-30T22:59:59Z", Some("2027-06-30")), None);
        assert_eq!(starting("2027-09-14T10:00:00Z", None), at("#/startsAt"));
        assert_eq!(starting("2027-09-13T10:00:00Z", None), None);
    }

    #[test]
    fn only_a_permission_of_the_same_person_about_the_same_people_is_replaced() {
        let replaces = |change: fn(&mut NewConsent)| {
            let mut old = permission();
            change(&mut old);
            may_replace(&permission(), &old)
        };
        assert!(replaces(|_| {}));
        assert!(replaces(|old| old.subject_ids.truncate(1)));
        assert!(!replaces(|old| old.granter_id = CHILD));
        assert!(!replaces(|old| old.decision = ConsentDecision::Refused));
        assert!(!replaces(|old| old.subject_ids.push(PersonId(Uuid::from_u128(9)))));
    }

    #[test]
    fn a_refusal_can_always_be_recorded() {
        let refusal = |consent: &mut NewConsent| {
            consent.decision = ConsentDecision::Refused;
            consent.granter_id = CHILD;
            consent.recipients.clear();
            consent.purposes.clear();
            consent.directions.clear();
            consent.information_categories.clear();
            consent.conditions.clear();
        };
        let accepted = outcome(refusal).unwrap();
        assert_eq!((accepted.authority.len(), accepted.expires_on), (0, None));
        assert!(
            outcome(|consent| {
                refusal(consent);
                consent.recipients = vec![ConsentRecipient { recipient_id: Some(COUNCIL), ..ConsentRecipient::default() }];
            })
            .is_ok()
        );
    }
}
