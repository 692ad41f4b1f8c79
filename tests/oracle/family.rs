//! Who decides for whom on which day, in the words of the policy: child, young person, holder of parental responsibility, representative.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use sendiass::domain::disclosure::{FamilyFacts, ParticipantFact, PersonFact};
use sendiass::domain::ids::PersonId;
use sendiass::domain::time::Timestamp;
use sendiass::domain::vocabulary::{CapacityOutcome, ParentalResponsibility, ParticipantRole, PersonKind, Relation};

/// R5: the last Friday of June of the school year (1 September to 31 August) in which the child turns 16.
pub fn age_out_day(born: NaiveDate) -> NaiveDate {
    thread_local!(static KNOWN: RefCell<HashMap<NaiveDate, NaiveDate>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| *known.entry(born).or_insert_with(|| compute_age_out_day(born)))
}

fn compute_age_out_day(born: NaiveDate) -> NaiveDate {
    let turns_16 = born.with_year(born.year() + 16).unwrap();
    let school_year_ends_in = if turns_16.month() >= 9 { turns_16.year() + 1 } else { turns_16.year() };
    let june = (1..=30).map(|day| NaiveDate::from_ymd_opt(school_year_ends_in, 6, day).unwrap());
    june.filter(|day| day.weekday() == Weekday::Fri).max().unwrap()
}

/// The civil date in London.
pub fn london_day(at: Timestamp) -> NaiveDate {
    at.utc().with_timezone(&chrono_tz::Europe::London).date_naive()
}

/// In which capacity somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Capacity {
    OwnSelf,
    Responsible(Relation),
    Represents,
}

/// A question about authority: by whom, for whom, from which day, to which, and whether a council body would receive.
type Asked = (PersonId, PersonId, NaiveDate, NaiveDate, bool);

/// The people of one decision.
pub struct Family {
    facts: FamilyFacts,
    answered: RefCell<HashMap<Asked, bool>>,
}

impl Family {
    pub fn new(facts: &FamilyFacts) -> Self {
        Self { facts: facts.clone(), answered: RefCell::default() }
    }

    /// The family as far as the caller knows it.
    pub fn as_known(facts: &FamilyFacts) -> Self {
        let mut facts = facts.clone();
        for less in std::mem::take(&mut facts.known_less) {
            facts.people.retain(|person| person.id != less.id);
            facts.people.push(less);
        }
        let hidden = std::mem::take(&mut facts.hidden);
        facts.participants.retain(|part| !hidden.contains(&part.case_id));
        Self::new(&facts)
    }

    fn person(&self, id: PersonId) -> Option<&PersonFact> {
        self.facts.people.iter().find(|known| known.id == id)
    }

    fn parts_here(&self) -> impl Iterator<Item = &ParticipantFact> {
        self.facts.participants.iter().filter(|part| part.case_id == self.facts.case_id)
    }

    /// Whoever takes part as a professional, and a professional on record who takes no part.
    pub fn is_professional_in_their_role(&self, person: PersonId) -> bool {
        let parts: Vec<_> = self.parts_here().filter(|part| part.person_id == person).map(|part| part.role).collect();
        let kind = self.person(person).map(|known| known.kind);
        if parts.is_empty() {
            kind == Some(PersonKind::Professional)
        } else {
            parts.iter().all(|role| *role == ParticipantRole::Professional)
        }
    }

    /// Until the end of the age-out day. Without a birth date: whoever is recorded as a child or a young person.
    pub fn is_child(&self, person: PersonId, day: NaiveDate) -> bool {
        let Some(known) = self.person(person) else { return false };
        match known.date_of_birth {
            Some(born) => day <= age_out_day(born),
            None => matches!(known.kind, PersonKind::Child | PersonKind::YoungPerson),
        }
    }

    /// The newest record on or before the day; one made on or before the age-out day lapses with it.
    pub fn competence(&self, person: PersonId, day: NaiveDate) -> Option<CapacityOutcome> {
        let known = self.person(person)?;
        let age_out = known.date_of_birth.map(age_out_day);
        let counting = known.capacity.iter().filter(|record| record.assessed_on <= day).filter(|record| match age_out {
            Some(last) => day <= last || record.assessed_on > last,
            None => true,
        });
        counting.max_by_key(|record| (record.assessed_on, record.recorded_at)).map(|record| record.outcome)
    }

    /// R4: the granter had authority for the subject on the day.
    pub fn had_authority(&self, granter: PersonId, subject: PersonId, day: NaiveDate, to_council: bool) -> bool {
        self.has_kept_authority(granter, subject, day, day, to_council)
    }

    /// R5: the granter still has it: on no day since has it ended or become another one.
    pub fn has_kept_authority(&self, granter: PersonId, subject: PersonId, since: NaiveDate, today: NaiveDate, to_council: bool) -> bool {
        let asked = (granter, subject, since, today, to_council);
        if let Some(answer) = self.answered.borrow().get(&asked) {
            return *answer;
        }
        let then = self.capacity(granter, subject, since, to_council);
        let mut day = since;
        let mut kept = then.is_some();
        while kept && day < today {
            day = day + Days::new(1);
            kept = self.capacity(granter, subject, day, to_council) == then;
        }
        self.answered.borrow_mut().insert(asked, kept);
        kept
    }

    /// Whether somebody has died by the day, as far as that is on record.
    fn has_died(&self, person: PersonId, day: NaiveDate) -> bool {
        self.person(person).and_then(|known| known.died_on).is_some_and(|died| died <= day)
    }

    fn capacity(&self, granter: PersonId, subject: PersonId, day: NaiveDate, to_council: bool) -> Option<Capacity> {
        // Nobody decides, or speaks for somebody, from the day on which they died.
        if self.has_died(granter, day) {
            return None;
        }
        let competence = self.competence(subject, day);
        let itself = (granter == subject).then_some(Capacity::OwnSelf);
        if self.is_child(subject, day) {
            if competence == Some(CapacityOutcome::CanDecide) {
                return itself;
            }
            // Birth date unknown: a child without PR-holder.
            self.person(subject)?.date_of_birth?;
            let mut parts = self.parts_here().filter(|part| part.person_id == granter && takes_part(part, day));
            let part = parts.find(|part| {
                let counts = part.relation != Relation::LaAsCorporateParent || !to_council;
                counts && responsible(part, subject, ParentalResponsibility::Yes, day)
            })?;
            return Some(Capacity::Responsible(part.relation));
        }
        if competence != Some(CapacityOutcome::CannotDecide) {
            return itself;
        }
        let here: Vec<_> = self.parts_here().filter(|part| part.person_id == subject || !self.has_died(part.person_id, day)).collect();
        represents(granter, subject, day, &here).then_some(Capacity::Represents)
    }

    /// Whose no counts beside the yes of another (R7): a holder of parental responsibility of a child, certain or not, in whatever case, or a
    /// representative of somebody who cannot decide. Not the council as corporate parent. A parent of whom nothing is recorded is one of whom it
    /// is unknown; step-parents and grandparents are `no` unless recorded.
    pub fn may_object(&self, person: PersonId, subject: PersonId, today: NaiveDate) -> bool {
        use ParentalResponsibility::{Disputed, RestrictedByOrder, Unknown, Yes};
        if self.has_died(person, today) {
            return false;
        }
        let cases: BTreeSet<_> = self.facts.participants.iter().map(|part| part.case_id).collect();
        let parts: Vec<_> = self.facts.participants.iter().filter(|part| part.person_id == person).collect();
        let parts: Vec<_> = parts.into_iter().filter(|part| part.relation != Relation::LaAsCorporateParent).collect();
        if self.is_child(subject, today) {
            let recorded = parts.iter().any(|part| part.pr.iter().any(|entry| entry.child_id == subject));
            let by_entry =
                parts.iter().any(|part| [Yes, Unknown, Disputed, RestrictedByOrder].iter().any(|v| responsible(part, subject, *v, today)));
            let a_parent = parts.iter().any(|part| matches!(part.relation, Relation::Parent | Relation::Guardian));
            return self.competence(subject, today) != Some(CapacityOutcome::CanDecide) && (by_entry || (!recorded && a_parent));
        }
        self.competence(subject, today) == Some(CapacityOutcome::CannotDecide)
            && cases.iter().any(|case| {
                let there = self.facts.participants.iter().filter(|part| part.case_id == *case);
                let there: Vec<_> = there.filter(|part| part.person_id == subject || !self.has_died(part.person_id, today)).collect();
                represents(person, subject, today, &there)
            })
    }
}

/// Deputy or attorney, or, where there is neither, a parent or representative by regulation 64; relations are those to the subject of the case.
fn represents(person: PersonId, subject: PersonId, day: NaiveDate, parts: &[&ParticipantFact]) -> bool {
    if person == subject || !parts.iter().any(|part| part.person_id == subject && part.role == ParticipantRole::Subject) {
        return false;
    }
    let others: Vec<_> = parts.iter().filter(|part| part.person_id != subject && takes_part(part, day)).collect();
    let appointed = [Relation::Deputy, Relation::Attorney];
    let appointed_there = others.iter().any(|part| appointed.contains(&part.relation));
    let enough = if appointed_there { appointed } else { [Relation::Parent, Relation::RepresentativeReg64] };
    others.iter().any(|part| part.person_id == person && enough.contains(&part.relation))
}

fn takes_part(part: &ParticipantFact, day: NaiveDate) -> bool {
    part.began_on.is_none_or(|first| first <= day) && part.ended_on.is_none_or(|first_without| day < first_without)
}

fn responsible(part: &ParticipantFact, child: PersonId, value: ParentalResponsibility, day: NaiveDate) -> bool {
    let mut entries = part.pr.iter().filter(|entry| entry.child_id == child && entry.value == value);
    entries.any(|entry| entry.from_on.is_none_or(|first| first <= day) && entry.ended_on.is_none_or(|without| day < without))
}
