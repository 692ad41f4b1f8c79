//! What of cases that are to be disposed of still counts in others. A no holds in every case of the service (R6, R7), and so does what was assessed of
//! somebody (R4, R5): neither may vanish with the case in which it was recorded while somebody goes on being decided about elsewhere.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::authority::{may_object, standing};
use crate::domain::disclosure::ConsentFact;
use crate::domain::disposal::Bearing;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::vocabulary::{ConsentDecision, ConsentStatus};

/// The other cases in which something would be let out, or decided by somebody else, once these are gone.
#[must_use]
pub fn still_counts(bearing: &Bearing, today: NaiveDate) -> BTreeSet<CaseId> {
    let counts = |person: PersonId| {
        let assessed = standing(person, today, &bearing.family) != standing(person, today, &bearing.left);
        assessed || bearing.consents.iter().any(|no| would_be_missed(no, person, bearing, today))
    };
    bearing.elsewhere.iter().filter(|(person, _)| counts(*person)).map(|(_, case)| *case).collect()
}

/// Whether a record is a no about this person that blocks today, that is about more than notes of its own case, and that stands nowhere else.
fn would_be_missed(no: &ConsentFact, person: PersonId, bearing: &Bearing, today: NaiveDate) -> bool {
    let blocks = no.granter == person || may_object(no.granter, person, today, &bearing.family);
    let stays = |other: &ConsentFact| !bearing.going.contains(&other.case_id) && is_no(other, person) && other.granter == no.granter;
    is_no(no, person)
        && blocks
        && (no.note_ids.is_empty() || !no.categories.is_empty())
        && !bearing.consents.iter().any(|other| stays(other) && is_as_wide(other, no))
}

fn is_no(record: &ConsentFact, person: PersonId) -> bool {
    let stands = matches!(record.status, ConsentStatus::Live | ConsentStatus::Expired);
    record.decision == ConsentDecision::Refused && stands && record.subjects.contains(&person)
}

/// Whether one refusal is about all that another is about. An absent list means all.
fn is_as_wide(one: &ConsentFact, other: &ConsentFact) -> bool {
    fn list<T: PartialEq>(one: &[T], other: &[T]) -> bool {
        one.is_empty() || !other.is_empty() && other.iter().all(|item| one.contains(item))
    }
    let everything = |no: &ConsentFact| no.note_ids.is_empty() && no.categories.is_empty();
    let matter = everything(one) || !everything(other) && other.categories.iter().all(|category| one.categories.contains(category));
    list(&one.recipients, &other.recipients) && list(&one.purposes, &other.purposes) && list(&one.directions, &other.directions) && matter
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disclosure::{CapacityFact, FamilyFacts, ParticipantFact, PersonFact, PrFact};
    use crate::domain::ids::ConsentId;
    use crate::domain::time::Timestamp;
    use crate::domain::vocabulary::{
        CapacityOutcome, InformationCategory, ParentalResponsibility, ParticipantRole, PersonKind, Purpose, Relation,
    };
    use uuid::Uuid;

    const GOING: CaseId = CaseId(Uuid::from_u128(1));
    const OTHER: CaseId = CaseId(Uuid::from_u128(2));
    const ANA: PersonId = PersonId(Uuid::from_u128(3));
    const FINN: PersonId = PersonId(Uuid::from_u128(4));

    fn refusal(case_id: CaseId, granter: PersonId) -> ConsentFact {
        let at = Timestamp::parse("2026-04-02T10:00:00Z").unwrap();
        ConsentFact {
            id: ConsentId(Uuid::from_u128(9)),
            version: 1,
            case_id,
            visible: true,
            granter,
            subjects: vec![ANA],
            decision: ConsentDecision::Refused,
            recipients: Vec::new(),
            purposes: Vec::new(),
            directions: Vec::new(),
            categories: Vec::new(),
            note_ids: Vec::new(),
            conditions: Vec::new(),
            decided_at: at,
            starts_at: None,
            expires_on: None,
            status: ConsentStatus::Live,
            used: false,
        }
    }

    /// Ana, of whom this is assessed, and Finn, who holds this of her.
    fn family(value: ParentalResponsibility, assessed: Option<CapacityOutcome>) -> FamilyFacts {
        let on = "2026-05-02".parse().unwrap();
        let recorded_at = Timestamp::parse("2026-05-02T10:00:00Z").unwrap();
        let capacity = assessed.map(|outcome| CapacityFact { outcome, assessed_on: on, recorded_at });
        let born = Some("2014-03-12".parse().unwrap());
        let pr = vec![PrFact { child_id: ANA, value, from_on: None, ended_on: None }];
        let part = |person_id, role, relation, pr| ParticipantFact {
            case_id: GOING,
            person_id,
            role,
            relation,
            pr,
            began_on: None,
            ended_on: None,
        };
        FamilyFacts {
            people: vec![PersonFact {
                id: ANA,
                kind: PersonKind::Child,
                date_of_birth: born,
                died_on: None,
                capacity: capacity.into_iter().collect(),
            }],
            participants: vec![
                part(ANA, ParticipantRole::Subject, Relation::OwnSelf, Vec::new()),
                part(FINN, ParticipantRole::OtherParent, Relation::Parent, pr),
            ],
            ..FamilyFacts::default()
        }
    }

    fn bearing(consents: impl IntoIterator<Item = ConsentFact>) -> Bearing {
        let (family, consents) = (family(ParentalResponsibility::Yes, None), consents.into_iter().collect());
        Bearing { going: [GOING].into(), elsewhere: [(ANA, OTHER)].into(), left: family.clone(), family, consents }
    }

    fn counts(bearing: &Bearing, today: &str) -> bool {
        let cases = still_counts(bearing, today.parse().unwrap());
        assert!(cases.is_empty() || cases == BTreeSet::from([OTHER]), "{cases:?}");
        !cases.is_empty()
    }

    #[test]
    fn a_no_outlasts_its_case_while_somebody_it_is_about_stands_in_another() {
        let today = "2026-06-01";
        for granter in [ANA, FINN] {
            let no = refusal(GOING, granter);
            let withdrawn = ConsentFact { status: ConsentStatus::Withdrawn, ..no.clone() };
            let given = ConsentFact { decision: ConsentDecision::Given, ..no.clone() };
            let note = ConsentFact { note_ids: vec![crate::domain::ids::NoteId(Uuid::from_u128(8))], ..no.clone() };
            let of_both = ConsentFact { categories: vec![InformationCategory::Health], ..note.clone() };
            let other = ConsentFact { subjects: vec![FINN], ..no.clone() };
            assert!(counts(&bearing([no.clone()]), today));
            assert!(counts(&bearing([of_both]), today));
            for gone in [withdrawn, given, note, other, ConsentFact { case_id: OTHER, ..no.clone() }] {
                assert!(!counts(&bearing([gone.clone()]), today), "{gone:?}");
            }
            let alone = Bearing { elsewhere: BTreeSet::new(), ..bearing([no]) };
            assert!(!counts(&alone, today));
        }
        // Who may not object does not; nor does a parent any longer when the child is grown.
        let no = [refusal(GOING, FINN)];
        let without = family(ParentalResponsibility::No, None);
        assert!(!counts(&Bearing { left: without.clone(), family: without, ..bearing(no.clone()) }, today));
        assert!(!counts(&bearing(no), "2031-01-01"));
        assert!(counts(&bearing([refusal(GOING, ANA)]), "2031-01-01"));
    }

    #[test]
    fn a_no_that_stands_as_wide_in_another_case_is_not_missed() {
        let today = "2026-06-01";
        let no = ConsentFact { purposes: vec![Purpose::Liaison], categories: vec![InformationCategory::Health], ..refusal(GOING, ANA) };
        let there = |change: &dyn Fn(&mut ConsentFact)| {
            let mut again = ConsentFact { case_id: OTHER, ..no.clone() };
            change(&mut again);
            !counts(&bearing([no.clone(), again]), today)
        };
        assert!(there(&|_| {}));
        assert!(there(&|again| again.purposes.clear()));
        assert!(there(&|again| again.categories.clear()));
        assert!(there(&|again| again.categories.push(InformationCategory::SenNeeds)));
        assert!(!there(&|again| again.purposes = vec![Purpose::Tribunal]));
        assert!(!there(&|again| again.categories = vec![InformationCategory::SenNeeds]));
        assert!(!there(&|again| again.granter = FINN));
        assert!(!there(&|again| again.status = ConsentStatus::Withdrawn));
        assert!(!there(&|again| again.subjects = vec![FINN]));
        // What refuses all is not carried by what refuses some.
        let all = refusal(GOING, ANA);
        assert!(counts(&bearing([all.clone(), ConsentFact { case_id: OTHER, ..no.clone() }]), today));
        assert!(!counts(&bearing([all, refusal(OTHER, ANA)]), today));
    }

    #[test]
    fn what_was_assessed_outlasts_its_case_while_somebody_else_would_decide_without_it() {
        let today = "2026-06-01";
        let assessed = |before, after| {
            let of = |outcome| family(ParentalResponsibility::Yes, outcome);
            counts(&Bearing { family: of(before), left: of(after), ..bearing([]) }, today)
        };
        assert!(assessed(Some(CapacityOutcome::CanDecide), None));
        assert!(assessed(Some(CapacityOutcome::CannotDecide), None));
        assert!(!assessed(Some(CapacityOutcome::CanDecide), Some(CapacityOutcome::CanDecide)));
        assert!(!assessed(None, None));
    }
}
