//! Whether two people on record may be one (C2). An anonymous caller who is later known gave little, so that little is asked of the two:
//! nothing recorded of them may be impossible of one person. And a merge never reaches somebody who is served separately (C1).

use crate::domain::disclosure::{ParticipantFact, PersonFact, PrFact, RefusalRule};
use crate::domain::ids::StaffId;
use crate::domain::person_merge::{Audience, MergeFacts};
use crate::domain::vocabulary::{ParentalResponsibility, ParticipantRole, PersonKind, Relation};

/// Why these two may not be one.
#[must_use]
pub fn objection(kept: &MergeFacts, merged: &MergeFacts) -> Option<RefusalRule> {
    if kept.apart || merged.apart {
        return Some(RefusalRule::KeptApart);
    }
    if !seen_by_the_same(&kept.audiences, &merged.audiences) {
        return Some(RefusalRule::AudiencesDiffer);
    }
    let people = pairs(&kept.people, &merged.people).any(|(one, other)| people_contradict(one, other));
    let related = names(&kept.parts, &merged.people) || names(&merged.parts, &kept.people);
    let parts = pairs(&kept.parts, &merged.parts).any(|(one, other)| parts_contradict(one, other));
    (people || related || parts).then_some(RefusalRule::FactsContradict)
}

fn pairs<'a, T>(ones: &'a [T], others: &'a [T]) -> impl Iterator<Item = (&'a T, &'a T)> {
    ones.iter().flat_map(move |one| others.iter().map(move |other| (one, other)))
}

/// Whoever sees a case of the one sees a case of the other, with a reason and without (C4): a merge opens nobody to somebody new. Whoever takes
/// part in no case has nothing to be opened.
#[must_use]
pub fn seen_by_the_same(ones: &[Audience], others: &[Audience]) -> bool {
    let sees = |cases: &[Audience], member: Option<StaffId>, reason: bool| {
        let stands = |list: &[StaffId]| member.is_some_and(|member| list.contains(&member));
        cases.iter().any(|case| !stands(&case.conflicted) && (!case.restricted || reason || stands(&case.named)))
    };
    // Those who stand somewhere, and anybody who does not.
    let standing = ones.iter().chain(others).flat_map(|case| case.named.iter().chain(&case.conflicted)).copied().map(Some);
    let alike = |member| [false, true].into_iter().all(|reason| sees(ones, member, reason) == sees(others, member, reason));
    ones.is_empty() || others.is_empty() || standing.chain([None]).all(alike)
}

/// Born on different days, or one a child and the other grown.
fn people_contradict(one: &PersonFact, other: &PersonFact) -> bool {
    let young = |kind| matches!(kind, PersonKind::Child | PersonKind::YoungPerson);
    let grown = |kind| matches!(kind, PersonKind::ParentCarer | PersonKind::Professional);
    one.date_of_birth.zip(other.date_of_birth).is_some_and(|(one, other)| one != other)
        || (young(one.kind) && grown(other.kind))
        || (grown(one.kind) && young(other.kind))
}

/// Nobody is responsible, or not, for themselves.
fn names(parts: &[ParticipantFact], children: &[PersonFact]) -> bool {
    parts.iter().flat_map(|part| &part.pr).any(|entry| children.iter().any(|child| child.id == entry.child_id))
}

/// Two parts in one case, neither ended, that one person cannot have: whether they are there as a professional, how they stand to the subject of
/// the case, and what they are responsible for must agree; the other parent is not the parent who came. In different cases one person may have
/// different parts.
fn parts_contradict(one: &ParticipantFact, other: &ParticipantFact) -> bool {
    let professional = |part: &ParticipantFact| part.role == ParticipantRole::Professional;
    let related = |part: &ParticipantFact| part.relation != Relation::Other;
    one.case_id == other.case_id
        && one.ended_on.is_none()
        && other.ended_on.is_none()
        && (professional(one) != professional(other)
            || (related(one) && related(other) && (one.relation, one.role) != (other.relation, other.role))
            || pairs(&one.pr, &other.pr).any(|(one, other)| responsibilities_contradict(one, other)))
}

/// Different things said of one child and one time.
fn responsibilities_contradict(one: &PrFact, other: &PrFact) -> bool {
    let unknown = |entry: &PrFact| entry.value == ParentalResponsibility::Unknown;
    let over_before = |one: &PrFact, other: &PrFact| one.ended_on.zip(other.from_on).is_some_and(|(end, begin)| end <= begin);
    one.child_id == other.child_id
        && one.value != other.value
        && !unknown(one)
        && !unknown(other)
        && !over_before(one, other)
        && !over_before(other, one)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::ids::{CaseId, PersonId};

    const KEPT: PersonId = PersonId(Uuid::from_u128(1));
    const CALLER: PersonId = PersonId(Uuid::from_u128(2));
    const CHILD: PersonId = PersonId(Uuid::from_u128(3));

    fn somebody(id: PersonId, kind: PersonKind, born: Option<&str>) -> MergeFacts {
        let person = PersonFact { id, kind, date_of_birth: born.map(|day| day.parse().unwrap()), died_on: None, capacity: Vec::new() };
        MergeFacts { people: vec![person], ..MergeFacts::default() }
    }

    fn parent() -> MergeFacts {
        somebody(KEPT, PersonKind::ParentCarer, Some("1985-05-05"))
    }

    fn caller() -> MergeFacts {
        somebody(CALLER, PersonKind::Anonymous, None)
    }

    fn part(of: MergeFacts, case: u128, role: ParticipantRole, relation: Relation, pr: &[PrFact]) -> MergeFacts {
        let person_id = of.people[0].id;
        let part = ParticipantFact {
            case_id: CaseId(Uuid::from_u128(case)),
            person_id,
            role,
            relation,
            pr: pr.to_vec(),
            began_on: None,
            ended_on: None,
        };
        MergeFacts { parts: of.parts.iter().cloned().chain([part]).collect(), ..of }
    }

    fn responsible(child: PersonId, value: ParentalResponsibility, from: Option<&str>, ended: Option<&str>) -> PrFact {
        let day = |day: &str| day.parse().unwrap();
        PrFact { child_id: child, value, from_on: from.map(day), ended_on: ended.map(day) }
    }

    #[test]
    fn an_anonymous_caller_may_be_anybody() {
        assert_eq!(objection(&parent(), &caller()), None);
        let in_a_case = |of, relation| part(of, 9, ParticipantRole::ServiceUser, relation, &[]);
        assert_eq!(objection(&in_a_case(parent(), Relation::Parent), &in_a_case(caller(), Relation::Other)), None);
        assert_eq!(objection(&in_a_case(parent(), Relation::Parent), &in_a_case(caller(), Relation::Parent)), None);
    }

    #[test]
    fn nothing_is_joined_to_somebody_who_is_served_separately() {
        let apart = |of| MergeFacts { apart: true, ..of };
        for (kept, merged) in [(apart(parent()), caller()), (parent(), apart(caller()))] {
            assert_eq!(objection(&kept, &merged), Some(RefusalRule::KeptApart));
        }
    }

    #[test]
    fn two_are_merged_only_if_the_same_staff_see_them() {
        let [jo, kim] = [1, 2].map(|id| StaffId(Uuid::from_u128(id)));
        let seen = |restricted, named: &[StaffId], conflicted: &[StaffId]| Audience {
            restricted,
            named: named.to_vec(),
            conflicted: conflicted.to_vec(),
        };
        let (open, closed) = (seen(false, &[], &[]), seen(true, &[jo], &[]));
        let rule = |ones: &[Audience], others: &[Audience]| {
            let of = |of: MergeFacts, audiences: &[Audience]| MergeFacts { audiences: audiences.to_vec(), ..of };
            objection(&of(parent(), ones), &of(caller(), others))
        };
        for (ones, others, same) in [
            (vec![], vec![closed.clone()], true),
            (vec![open.clone()], vec![open.clone(), closed.clone()], true),
            (vec![closed.clone()], vec![closed.clone()], true),
            (vec![closed.clone()], vec![seen(true, &[jo], &[kim])], false),
            (vec![closed.clone()], vec![seen(true, &[jo, kim], &[])], false),
            (vec![closed.clone()], vec![seen(true, &[kim], &[])], false),
            (vec![open.clone()], vec![closed], false),
            (vec![open.clone()], vec![seen(false, &[], &[kim])], false),
            (vec![open.clone()], vec![seen(false, &[], &[kim]), seen(false, &[], &[jo])], true),
            // Named on an open case is nothing more than anybody else.
            (vec![open], vec![seen(false, &[kim], &[])], true),
        ] {
            let expected = (!same).then_some(RefusalRule::AudiencesDiffer);
            assert_eq!((rule(&ones, &others), rule(&others, &ones)), (expected, expected), "{ones:?} {others:?}");
        }
    }

    #[test]
    fn what_cannot_be_of_one_person_contradicts() {
        let no = Some(RefusalRule::FactsContradict);
        let (yes, none, unknown) = (ParentalResponsibility::Yes, ParentalResponsibility::No, ParentalResponsibility::Unknown);
        assert_eq!(objection(&parent(), &somebody(CALLER, PersonKind::Anonymous, Some("1985-05-06"))), no);
        assert_eq!(objection(&parent(), &somebody(CALLER, PersonKind::Anonymous, Some("1985-05-05"))), None);
        assert_eq!(objection(&parent(), &somebody(CALLER, PersonKind::YoungPerson, None)), no);
        assert_eq!(objection(&somebody(KEPT, PersonKind::Child, None), &somebody(CALLER, PersonKind::Professional, None)), no);
        // Nobody is their own parent, whoever stays.
        let mother = |of, child| part(of, 9, ParticipantRole::ServiceUser, Relation::Parent, &[responsible(child, yes, None, None)]);
        assert_eq!(objection(&mother(parent(), CALLER), &caller()), no);
        assert_eq!(objection(&caller(), &mother(parent(), CALLER)), no);
        // In one case.
        let here = |of, role, relation| part(of, 9, role, relation, &[]);
        let user = |of, relation| here(of, ParticipantRole::ServiceUser, relation);
        assert_eq!(objection(&user(parent(), Relation::Parent), &user(caller(), Relation::Grandparent)), no);
        assert_eq!(objection(&user(parent(), Relation::Other), &here(caller(), ParticipantRole::Professional, Relation::Other)), no);
        let other_parent = here(caller(), ParticipantRole::OtherParent, Relation::Parent);
        assert_eq!(objection(&user(parent(), Relation::Parent), &other_parent), no);
        assert_eq!(objection(&user(parent(), Relation::Other), &other_parent), None);
        let holds =
            |of, value, from, ended| part(of, 9, ParticipantRole::ServiceUser, Relation::Parent, &[responsible(CHILD, value, from, ended)]);
        assert_eq!(objection(&holds(parent(), yes, None, None), &holds(caller(), none, None, None)), no);
        assert_eq!(objection(&holds(parent(), yes, None, None), &holds(caller(), unknown, None, None)), None);
        assert_eq!(objection(&holds(parent(), yes, None, Some("2026-05-01")), &holds(caller(), none, Some("2026-05-01"), None)), None);
        assert_eq!(objection(&holds(parent(), yes, None, Some("2026-05-02")), &holds(caller(), none, Some("2026-05-01"), None)), no);
        assert_eq!(objection(&holds(parent(), yes, Some("2026-05-01"), None), &holds(caller(), none, None, Some("2026-05-01"))), None);
    }

    #[test]
    fn parts_in_different_cases_and_parts_that_ended_may_differ() {
        let kept = part(parent(), 9, ParticipantRole::ServiceUser, Relation::Parent, &[]);
        let elsewhere = part(caller(), 8, ParticipantRole::Professional, Relation::Professional, &[]);
        assert_eq!(objection(&kept, &elsewhere), None);
        for ends in [true, false] {
            let (mut kept, mut merged) = (kept.clone(), part(caller(), 9, ParticipantRole::Supporter, Relation::Grandparent, &[]));
            let ended = if ends { &mut kept } else { &mut merged };
            ended.parts[0].ended_on = Some("2026-05-01".parse().unwrap());
            assert_eq!(objection(&kept, &merged), None);
        }
    }
}
