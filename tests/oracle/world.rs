//! One decision to judge: a small family, one note, one permission, one ask; and the turns that change one thing of it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::thread::LocalKey;

use chrono::NaiveDate;
use sendiass::domain::consent::{Condition, ConsentRecipient};
use sendiass::domain::disclosure::*;
use sendiass::domain::ids::*;
use sendiass::domain::time::Timestamp;
use sendiass::domain::vocabulary::*;
use uuid::Uuid;

pub const ANA: PersonId = PersonId(Uuid::from_u128(1));
pub const MIA: PersonId = PersonId(Uuid::from_u128(2));
pub const FINN: PersonId = PersonId(Uuid::from_u128(3));
pub const TEACHER: PersonId = PersonId(Uuid::from_u128(4));
pub const SAM: PersonId = PersonId(Uuid::from_u128(5));
pub const HERE: CaseId = CaseId(Uuid::from_u128(10));
pub const ELSEWHERE: CaseId = CaseId(Uuid::from_u128(11));
pub const COUNCIL: RecipientId = RecipientId(Uuid::from_u128(20));
pub const SCHOOL: RecipientId = RecipientId(Uuid::from_u128(21));
pub const NORTH: TeamId = TeamId(Uuid::from_u128(30));
pub const SOUTH: TeamId = TeamId(Uuid::from_u128(31));
pub const NOTE: NoteId = NoteId(Uuid::from_u128(41));
pub const OTHER_NOTE: NoteId = NoteId(Uuid::from_u128(42));

/// What is judged.
#[derive(Clone)]
pub struct World {
    pub ask: Ask,
    pub facts: Facts,
    pub now: Timestamp,
}

/// What has been read already: there are a few days, and a million worlds.
fn remembered<T: Copy>(known: &'static LocalKey<RefCell<HashMap<String, T>>>, text: &str, read: impl FnOnce() -> T) -> T {
    known.with_borrow_mut(|known| {
        if let Some(value) = known.get(text) {
            return *value;
        }
        *known.entry(text.to_owned()).or_insert(read())
    })
}

pub fn day(text: &str) -> NaiveDate {
    thread_local!(static DAYS: RefCell<HashMap<String, NaiveDate>> = RefCell::default());
    remembered(&DAYS, text, || text.parse().unwrap())
}

/// An instant by the clock on the wall in London.
pub fn london(text: &str) -> Timestamp {
    thread_local!(static INSTANTS: RefCell<HashMap<String, Timestamp>> = RefCell::default());
    remembered(&INSTANTS, text, || on_the_wall(text))
}

fn on_the_wall(text: &str) -> Timestamp {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    Timestamp::new(wall.and_local_timezone(chrono_tz::Europe::London).unwrap().to_utc())
}

pub fn noon(on: &str) -> Timestamp {
    london(&format!("{on} 12:00"))
}

pub fn council(team_id: Option<TeamId>) -> ConsentRecipient {
    ConsentRecipient { recipient_id: Some(COUNCIL), team_id, ..ConsentRecipient::default() }
}

pub fn to_council(team_id: Option<TeamId>, officer: Option<&str>) -> AskRecipient {
    AskRecipient::Body { recipient_id: COUNCIL, team_id, person_name: officer.map(Into::into), person_role: None }
}

pub fn person(id: PersonId, kind: PersonKind, born: Option<&str>) -> PersonFact {
    PersonFact { id, kind, date_of_birth: born.map(day), died_on: None, capacity: Vec::new() }
}

pub fn part(person_id: PersonId, role: ParticipantRole, relation: Relation) -> ParticipantFact {
    ParticipantFact { case_id: HERE, person_id, role, relation, pr: Vec::new(), began_on: None, ended_on: None }
}

pub fn pr(child_id: PersonId, value: ParentalResponsibility) -> PrFact {
    PrFact { child_id, value, from_on: None, ended_on: None }
}

pub fn note(id: NoteId, from: PersonId, about: &[PersonId]) -> NoteFact {
    NoteFact {
        id,
        from: Some(from),
        about: about.to_vec(),
        categories: vec![InformationCategory::SchoolProvision],
        keep_confidential: false,
        wish_by: None,
        names_others: false,
        onward_sharing: true,
        superseded: false,
    }
}

pub fn permission(number: u128, granter: PersonId, subjects: &[PersonId], decided_at: Timestamp) -> ConsentFact {
    ConsentFact {
        id: ConsentId(Uuid::from_u128(number)),
        version: 1,
        case_id: HERE,
        visible: true,
        granter,
        subjects: subjects.to_vec(),
        decision: ConsentDecision::Given,
        recipients: vec![council(Some(NORTH))],
        purposes: vec![Purpose::Liaison],
        directions: vec![Direction::Outbound],
        categories: vec![InformationCategory::SchoolProvision],
        note_ids: Vec::new(),
        conditions: Vec::new(),
        decided_at,
        starts_at: None,
        expires_on: Some(day("2027-02-28")),
        status: ConsentStatus::Live,
        used: false,
    }
}

/// A refusal of everything.
pub fn refusal(number: u128, granter: PersonId, decided_at: Timestamp) -> ConsentFact {
    ConsentFact {
        decision: ConsentDecision::Refused,
        recipients: Vec::new(),
        purposes: Vec::new(),
        directions: Vec::new(),
        categories: Vec::new(),
        expires_on: None,
        ..permission(number, granter, &[ANA], decided_at)
    }
}

pub fn condition(kind: ConditionKind) -> Condition {
    Condition { kind, not_before_on: None, channels: Vec::new() }
}

/// Friday 10 July 2026 at noon, two weeks after the age-out day of that year. Mia permitted on 10 June.
pub fn world() -> World {
    let facts = Facts {
        consents: vec![permission(100, MIA, &[ANA], noon("2026-06-10"))],
        notes: vec![note(NOTE, ANA, &[ANA])],
        recipient: Some(RecipientFact { in_council: true, safeguarding_function: false }),
        family: FamilyFacts {
            case_id: HERE,
            people: vec![
                person(ANA, PersonKind::Child, Some("2014-03-12")),
                person(MIA, PersonKind::ParentCarer, None),
                person(FINN, PersonKind::ParentCarer, Some("1984-01-02")),
                person(TEACHER, PersonKind::Professional, None),
                person(SAM, PersonKind::Child, Some("2017-02-02")),
            ],
            participants: vec![
                part(ANA, ParticipantRole::Subject, Relation::OwnSelf),
                ParticipantFact {
                    pr: vec![pr(ANA, ParentalResponsibility::Yes)],
                    ..part(MIA, ParticipantRole::ServiceUser, Relation::Parent)
                },
                ParticipantFact {
                    pr: vec![pr(ANA, ParentalResponsibility::Yes)],
                    ..part(FINN, ParticipantRole::OtherParent, Relation::Parent)
                },
            ],
            known_less: Vec::new(),
            hidden: Vec::new(),
        },
        ..Facts::default()
    };
    let ask = Ask {
        basis: Basis::Permission,
        purpose: Purpose::Liaison,
        direction: Direction::Outbound,
        channel: Channel::SecureEmail,
        recipient: to_council(Some(NORTH), None),
        subject_ids: Vec::new(),
        note_ids: vec![NOTE],
        information_categories: Vec::new(),
        summary: Some("What was agreed.".into()),
        told_subject: None,
        told_reason: None,
        withhold_from_person_ids: Vec::new(),
        withhold_until_on: None,
        copies: Vec::new(),
        legal_extract: false,
        cohort: None,
        safeguarding: None,
    };
    World { ask, facts, now: noon("2026-07-10") }
}

impl World {
    /// The permission.
    pub fn m1(&mut self) -> &mut ConsentFact {
        &mut self.facts.consents[0]
    }

    pub fn note(&mut self) -> &mut NoteFact {
        &mut self.facts.notes[0]
    }

    pub fn person(&mut self, id: PersonId) -> &mut PersonFact {
        self.facts.family.people.iter_mut().find(|person| person.id == id).unwrap()
    }

    pub fn part(&mut self, id: PersonId) -> &mut ParticipantFact {
        self.facts.family.participants.iter_mut().find(|row| row.person_id == id).unwrap()
    }

    /// The only parental responsibility of this participant.
    pub fn pr(&mut self, id: PersonId) -> &mut PrFact {
        &mut self.part(id).pr[0]
    }

    pub fn assess(&mut self, id: PersonId, outcome: CapacityOutcome, on: &str) {
        let sequence = u32::try_from(self.person(id).capacity.len()).unwrap();
        let recorded_at = london(&format!("{on} 12:{sequence:02}"));
        self.person(id).capacity.push(CapacityFact { outcome, assessed_on: day(on), recorded_at });
    }

    pub fn refuse(&mut self, granter: PersonId, decided_at: Timestamp) -> &mut ConsentFact {
        let number = 200 + self.facts.consents.len() as u128;
        self.facts.consents.push(refusal(number, granter, decided_at));
        self.facts.consents.last_mut().unwrap()
    }

    pub fn copy_to(&mut self, person_id: PersonId) {
        self.ask.copies.push(CopyTo { person_id, contact_id: ContactId(Uuid::from_u128(60)) });
    }
}
