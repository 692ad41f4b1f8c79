//! The fixture of the policy page: a family, its notes, one permission, one ask, one clock.

mod properties;
mod table;

use chrono::NaiveDate;
use uuid::Uuid;

use super::decide;
use crate::domain::concern::RiskGrounds;
use crate::domain::consent::{Condition, ConsentRecipient};
use crate::domain::disclosure::*;
use crate::domain::ids::*;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::*;

const ANA: PersonId = PersonId(Uuid::from_u128(1));
const MIA: PersonId = PersonId(Uuid::from_u128(2));
const FINN: PersonId = PersonId(Uuid::from_u128(3));
const NELL: PersonId = PersonId(Uuid::from_u128(4));
const SAM: PersonId = PersonId(Uuid::from_u128(5));
const COUNCIL_PARENT: PersonId = PersonId(Uuid::from_u128(6));
const TEACHER: PersonId = PersonId(Uuid::from_u128(7));
const NAMES: [(PersonId, &str); 7] =
    [(ANA, "Ana"), (MIA, "Mia"), (FINN, "Finn"), (NELL, "Nell"), (SAM, "Sam"), (COUNCIL_PARENT, "LA"), (TEACHER, "Teacher")];

const K1: CaseId = CaseId(Uuid::from_u128(10));
const K2: CaseId = CaseId(Uuid::from_u128(11));
const COUNCIL: RecipientId = RecipientId(Uuid::from_u128(20));
const SCHOOL: RecipientId = RecipientId(Uuid::from_u128(21));
const HUB: RecipientId = RecipientId(Uuid::from_u128(22));
const NORTH: TeamId = TeamId(Uuid::from_u128(30));
const SOUTH: TeamId = TeamId(Uuid::from_u128(31));
const N1: NoteId = NoteId(Uuid::from_u128(41));
const N2: NoteId = NoteId(Uuid::from_u128(42));
const N3: NoteId = NoteId(Uuid::from_u128(43));
const N4: NoteId = NoteId(Uuid::from_u128(44));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An instant by the clock on the wall in London.
fn london(text: &str) -> Timestamp {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    Timestamp::new(wall.and_local_timezone(chrono_tz::Europe::London).unwrap().to_utc())
}

fn noon(date: &str) -> Timestamp {
    london(&format!("{date} 12:00:00"))
}

struct World {
    ask: Ask,
    facts: Facts,
    now: Timestamp,
}

fn to(recipient_id: RecipientId, team_id: Option<TeamId>) -> ConsentRecipient {
    ConsentRecipient { recipient_id: Some(recipient_id), team_id, ..ConsentRecipient::default() }
}

fn body(recipient_id: RecipientId, team_id: Option<TeamId>, person_name: Option<&str>) -> AskRecipient {
    AskRecipient::Body { recipient_id, team_id, person_name: person_name.map(Into::into), person_role: None }
}

fn pr(child_id: PersonId, value: ParentalResponsibility) -> PrFact {
    PrFact { child_id, value, from_on: None, ended_on: None }
}

fn participant(person_id: PersonId, role: ParticipantRole, relation: Relation, pr: Vec<PrFact>) -> ParticipantFact {
    ParticipantFact { case_id: K1, person_id, role, relation, pr, began_on: None, ended_on: None }
}

fn person(id: PersonId, kind: PersonKind, born: Option<&str>) -> PersonFact {
    PersonFact { id, kind, date_of_birth: born.map(day), died_on: None, capacity: Vec::new() }
}

fn note(id: NoteId, from: PersonId, about: PersonId, category: InformationCategory) -> NoteFact {
    NoteFact {
        id,
        from: Some(from),
        about: vec![about],
        categories: vec![category],
        keep_confidential: false,
        wish_by: None,
        names_others: false,
        onward_sharing: true,
        superseded: false,
    }
}

/// A record like M1, by this granter about these subjects.
fn permits(number: u128, granter: PersonId, subjects: &[PersonId], on: &str) -> ConsentFact {
    ConsentFact {
        id: ConsentId(Uuid::from_u128(number)),
        version: 1,
        case_id: K1,
        visible: true,
        granter,
        subjects: subjects.to_vec(),
        decision: ConsentDecision::Given,
        recipients: vec![to(COUNCIL, Some(NORTH))],
        purposes: vec![Purpose::Liaison],
        directions: vec![Direction::Outbound],
        categories: vec![InformationCategory::SchoolProvision, InformationCategory::Attendance, InformationCategory::ViewsAndWishes],
        note_ids: Vec::new(),
        conditions: Vec::new(),
        decided_at: noon(on),
        starts_at: None,
        expires_on: Some(day("2027-02-28")),
        status: ConsentStatus::Live,
        used: false,
    }
}

/// A refusal of everything.
fn refuses(number: u128, granter: PersonId, subjects: &[PersonId], on: &str) -> ConsentFact {
    ConsentFact {
        decision: ConsentDecision::Refused,
        recipients: Vec::new(),
        purposes: Vec::new(),
        directions: Vec::new(),
        categories: Vec::new(),
        expires_on: None,
        ..permits(number, granter, subjects, on)
    }
}

fn condition(kind: ConditionKind) -> Condition {
    Condition { kind, not_before_on: None, channels: Vec::new() }
}

fn world() -> World {
    use ParentalResponsibility::{No, Yes};
    let mut facts = Facts {
        consents: vec![permits(101, MIA, &[ANA, MIA], "2026-03-01")],
        notes: vec![
            note(N1, MIA, ANA, InformationCategory::SchoolProvision),
            note(N2, MIA, MIA, InformationCategory::ViewsAndWishes),
            note(N3, MIA, ANA, InformationCategory::SchoolProvision),
            note(N4, FINN, ANA, InformationCategory::SchoolProvision),
        ],
        recipient: Some(RecipientFact { in_council: true, safeguarding_function: false }),
        ..Facts::default()
    };
    facts.notes[2].about.push(SAM);
    facts.family = FamilyFacts {
        known_less: Vec::new(),
        hidden: Vec::new(),
        case_id: K1,
        people: vec![
            person(ANA, PersonKind::Child, Some("2014-03-12")),
            person(MIA, PersonKind::ParentCarer, None),
            person(FINN, PersonKind::ParentCarer, Some("1984-01-02")),
            person(NELL, PersonKind::Other, None),
            person(SAM, PersonKind::Child, Some("2017-02-02")),
            person(COUNCIL_PARENT, PersonKind::Other, None),
            person(TEACHER, PersonKind::Professional, None),
        ],
        participants: vec![
            participant(ANA, ParticipantRole::Subject, Relation::OwnSelf, vec![]),
            participant(MIA, ParticipantRole::ServiceUser, Relation::Parent, vec![pr(ANA, Yes), pr(SAM, Yes)]),
            participant(FINN, ParticipantRole::OtherParent, Relation::Parent, vec![pr(ANA, Yes), pr(SAM, Yes)]),
            participant(NELL, ParticipantRole::Supporter, Relation::Grandparent, vec![pr(ANA, No)]),
            participant(SAM, ParticipantRole::Sibling, Relation::Sibling, vec![]),
        ],
    };
    let ask = Ask {
        basis: Basis::Permission,
        purpose: Purpose::Liaison,
        direction: Direction::Outbound,
        channel: Channel::SecureEmail,
        recipient: body(COUNCIL, Some(NORTH), None),
        subject_ids: Vec::new(),
        note_ids: vec![N1],
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
    World { ask, facts, now: london("2026-06-01 10:00:00") }
}

impl World {
    fn m1(&mut self) -> &mut ConsentFact {
        &mut self.facts.consents[0]
    }

    fn add(&mut self, record: ConsentFact) -> &mut ConsentFact {
        self.facts.consents.push(record);
        self.facts.consents.last_mut().unwrap()
    }

    fn note(&mut self, id: NoteId) -> &mut NoteFact {
        self.facts.notes.iter_mut().find(|note| note.id == id).unwrap()
    }

    fn person(&mut self, id: PersonId) -> &mut PersonFact {
        self.facts.family.people.iter_mut().find(|person| person.id == id).unwrap()
    }

    fn part(&mut self, id: PersonId) -> &mut ParticipantFact {
        self.facts.family.participants.iter_mut().find(|row| row.person_id == id).unwrap()
    }

    fn assess(&mut self, id: PersonId, outcome: CapacityOutcome, on: &str) {
        self.person(id).capacity.push(CapacityFact { outcome, assessed_on: day(on), recorded_at: noon(on) });
    }

    fn copy_to(&mut self, person_id: PersonId) {
        self.ask.copies.push(CopyTo { person_id, contact_id: ContactId(Uuid::from_u128(60)) });
    }

    fn ask_beyond(&mut self, subjects: &[PersonId], categories: &[InformationCategory]) {
        self.ask.subject_ids = subjects.to_vec();
        self.ask.information_categories = categories.to_vec();
    }

    /// The outcome in one line: what it rests on, or the code, then each rule with pointer and people.
    fn outcome(&self) -> String {
        match decide(&self.ask, &self.facts, self.now) {
            Ok(grant) => {
                let relied: Vec<_> = grant
                    .consents()
                    .iter()
                    .map(|relied| format!(" {}({})", relied.consent_id.0.as_u128(), names(&relied.subject_ids)))
                    .collect();
                format!("grant{}", relied.concat())
            }
            Err(refusal) => {
                let failings = refusal.failings.iter().map(|failing| {
                    let people = if failing.subject_ids.is_empty() { String::new() } else { format!("({})", names(&failing.subject_ids)) };
                    format!(" {}{people}@{}", failing.rule, failing.pointer.trim_start_matches("#/"))
                });
                format!("{}{}", refusal.code.as_str(), failings.collect::<String>())
            }
        }
    }
}

fn names(people: &[PersonId]) -> String {
    people.iter().map(|person| NAMES.iter().find(|(id, _)| id == person).unwrap().1).collect::<Vec<_>>().join(",")
}
