//! Everybody as whom they count (C2): records keep the ids under which they were written, and are judged as if those who are one had always
//! had one id. `one` says as whom somebody counts: as themselves, unless they were found to be somebody else on record.

use super::consent::{ConsentRecipient, NewConsent};
use super::disclosure::{Ask, AskRecipient, ConsentFact, Facts, FamilyFacts, NoteFact, ParticipantFact, PersonFact, PrFact, WithheldFact};
use super::ids::PersonId;
use super::participant::ParticipantContent;

/// What names people.
pub trait Counting: Sized {
    /// The same, in which everybody is who they count as.
    #[must_use]
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self;
}

impl<T: Counting> Counting for Vec<T> {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        self.into_iter().map(|item| item.counting(one)).collect()
    }
}

impl<T: Counting> Counting for Option<T> {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        self.map(|item| item.counting(one))
    }
}

impl<A: Counting, B: Counting> Counting for (A, B) {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        (self.0.counting(one), self.1.counting(one))
    }
}

impl Counting for PersonId {
    fn counting(self, one: &impl Fn(Self) -> Self) -> Self {
        one(self)
    }
}

impl Counting for Facts {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self {
            family: self.family.counting(one),
            notes: self.notes.counting(one),
            consents: self.consents.counting(one),
            withheld: self.withheld.counting(one),
            ..self
        }
    }
}

impl Counting for FamilyFacts {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        // Of some who are one the caller may not know all: what they do not know of the one, they do not know of all.
        let less = |person: &PersonFact| self.known_less.iter().find(|less| less.id == person.id);
        let ones: Vec<PersonId> = self.known_less.iter().map(|less| one(less.id)).collect();
        let known_less = self.people.iter().filter(|person| ones.contains(&one(person.id))).map(|person| less(person).unwrap_or(person));
        Self {
            known_less: as_one(known_less.cloned().collect(), one),
            participants: self.participants.counting(one),
            people: as_one(self.people, one),
            ..self
        }
    }
}

/// One record of each: that of the one who stays, whose gaps the others fill.
fn as_one(people: Vec<PersonFact>, one: &impl Fn(PersonId) -> PersonId) -> Vec<PersonFact> {
    let (mut kept, merged): (Vec<_>, Vec<_>) = people.into_iter().partition(|person| one(person.id) == person.id);
    for person in merged {
        let id = one(person.id);
        match kept.iter_mut().find(|known| known.id == id) {
            Some(known) => {
                known.kind = known.kind.or(person.kind);
                known.date_of_birth = known.date_of_birth.or(person.date_of_birth);
                known.died_on = known.died_on.or(person.died_on);
                known.capacity.extend(person.capacity);
            }
            None => kept.push(PersonFact { id, ..person }),
        }
    }
    kept
}

impl Counting for ParticipantFact {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self { person_id: one(self.person_id), pr: self.pr.counting(one), ..self }
    }
}

impl Counting for PrFact {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self { child_id: one(self.child_id), ..self }
    }
}

impl Counting for NoteFact {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self { from: self.from.counting(one), about: self.about.counting(one), wish_by: self.wish_by.counting(one), ..self }
    }
}

impl Counting for WithheldFact {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self { from_id: one(self.from_id), ..self }
    }
}

impl Counting for ConsentFact {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self { granter: one(self.granter), subjects: self.subjects.counting(one), recipients: self.recipients.counting(one), ..self }
    }
}

impl Counting for ConsentRecipient {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self { person_id: self.person_id.counting(one), ..self }
    }
}

impl Counting for NewConsent {
    fn counting(self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        Self {
            granter_id: one(self.granter_id),
            subject_ids: self.subject_ids.counting(one),
            recipients: self.recipients.counting(one),
            ..self
        }
    }
}

impl Counting for Ask {
    fn counting(mut self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        if let AskRecipient::Person(person) = &mut self.recipient {
            *person = one(*person);
        }
        for copy in &mut self.copies {
            copy.person_id = one(copy.person_id);
        }
        Self { subject_ids: self.subject_ids.counting(one), ..self }
    }
}

impl Counting for ParticipantContent {
    fn counting(mut self, one: &impl Fn(PersonId) -> PersonId) -> Self {
        for entry in &mut self.parental_responsibility {
            entry.child_id = one(entry.child_id);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::disclosure::CapacityFact;
    use crate::domain::time::Timestamp;
    use crate::domain::vocabulary::{CapacityOutcome, PersonKind};

    const CALLER: PersonId = PersonId(Uuid::from_u128(1));
    const KNOWN: PersonId = PersonId(Uuid::from_u128(2));

    fn one(person: PersonId) -> PersonId {
        if person == CALLER { KNOWN } else { person }
    }

    fn fact(id: PersonId, kind: PersonKind, born: Option<&str>, assessed: &[&str]) -> PersonFact {
        let capacity = |day: &&str| CapacityFact {
            outcome: CapacityOutcome::CanDecide,
            assessed_on: day.parse().unwrap(),
            recorded_at: Timestamp::start_of(day.parse().unwrap()),
        };
        PersonFact {
            id,
            kind,
            date_of_birth: born.map(|day| day.parse().unwrap()),
            died_on: None,
            capacity: assessed.iter().map(capacity).collect(),
        }
    }

    fn told(person: &PersonFact) -> (PersonKind, Option<String>, usize) {
        (person.kind, person.date_of_birth.map(|day| day.to_string()), person.capacity.len())
    }

    #[test]
    fn what_is_known_of_either_is_known_of_the_one() {
        let caller = fact(CALLER, PersonKind::Anonymous, Some("1985-05-05"), &["2026-05-01"]);
        let known = fact(KNOWN, PersonKind::ParentCarer, None, &["2026-05-02"]);
        for people in [vec![caller.clone(), known.clone()], vec![known.clone(), caller.clone()]] {
            let family = FamilyFacts { people, ..FamilyFacts::default() }.counting(&one);
            assert_eq!(family.people.iter().map(|person| person.id).collect::<Vec<_>>(), [KNOWN]);
            assert_eq!(told(&family.people[0]), (PersonKind::ParentCarer, Some("1985-05-05".into()), 2));
            assert!(family.known_less.is_empty());
        }
        // The word of the one who stays counts.
        let contradicting = fact(CALLER, PersonKind::Child, Some("2014-03-12"), &[]);
        let known = fact(KNOWN, PersonKind::ParentCarer, Some("1985-05-05"), &[]);
        let family = FamilyFacts { people: vec![contradicting, known], ..FamilyFacts::default() }.counting(&one);
        assert_eq!(told(&family.people[0]), (PersonKind::ParentCarer, Some("1985-05-05".into()), 0));
    }

    #[test]
    fn whoever_knows_less_of_one_of_them_knows_less_of_the_one() {
        let caller = fact(CALLER, PersonKind::Anonymous, None, &["2026-05-01"]);
        let known = fact(KNOWN, PersonKind::YoungPerson, Some("2008-01-01"), &["2026-05-02"]);
        let less = fact(KNOWN, PersonKind::YoungPerson, None, &[]);
        let family = FamilyFacts { people: vec![caller, known], known_less: vec![less], ..FamilyFacts::default() }.counting(&one);
        assert_eq!(told(&family.people[0]), (PersonKind::YoungPerson, Some("2008-01-01".into()), 2));
        assert_eq!(family.known_less.iter().map(told).collect::<Vec<_>>(), [(PersonKind::YoungPerson, None, 1)]);
    }
}
