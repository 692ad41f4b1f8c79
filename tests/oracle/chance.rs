//! A whole family by chance: the same seed makes the same world.

use sendiass::domain::consent::{Condition, ConsentRecipient};
use sendiass::domain::disclosure::*;
use sendiass::domain::ids::*;
use sendiass::domain::vocabulary::*;
use uuid::Uuid;

use crate::world::*;

/// `SplitMix64` (Steele, Lea, Flood 2014).
pub struct Chance(u64);

impl Chance {
    pub fn of_seed(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than this.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// Once in so many times.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// Some of these, in their order; at least one.
    fn some<T: Clone>(&mut self, choices: &[T]) -> Vec<T> {
        let some: Vec<_> = choices.iter().filter(|_| !self.one_in(3)).cloned().collect();
        if some.is_empty() { vec![self.of(choices)] } else { some }
    }
}

const DEE: PersonId = PersonId(Uuid::from_u128(6));
const COUNCIL_PARENT: PersonId = PersonId(Uuid::from_u128(7));
const DAYS: [&str; 7] = ["2026-04-10", "2026-05-01", "2026-06-10", "2026-06-14", "2026-06-26", "2026-06-27", "2026-07-10"];
const BORN: [Option<&str>; 8] = [CHILD, CHILD, CHILD, CHILD, CHILD, Some("2010-08-31"), Some("1999-10-05"), None];
const CHILD: Option<&str> = Some("2014-03-12");
const KINDS: [InformationCategory; 3] =
    [InformationCategory::SchoolProvision, InformationCategory::Health, InformationCategory::Attendance];

pub fn world(seed: u64) -> World {
    let chance = &mut Chance(seed);
    let mut world = crate::world::world();
    world.facts.recipient = Some(RecipientFact { in_council: !chance.one_in(4), safeguarding_function: false });
    people(&mut world, chance);
    world.facts.notes = vec![any_note(NOTE, chance), any_note(OTHER_NOTE, chance)];
    ask(&mut world, chance);
    world.facts.consents.clear();
    for number in 0..=chance.below(6) {
        let record = any_record(100 + number as u128, chance);
        world.facts.consents.push(record);
    }
    if chance.one_in(6) {
        let drafted = world.facts.consents.iter().filter(|record| record.decision == ConsentDecision::Given);
        let drafted: Vec<_> = drafted.map(|record| (record.id, record.version)).collect();
        world.facts.resting_on = Some(if drafted.is_empty() { drafted } else { chance.some(&drafted) });
    }
    world.facts.conflicted_decider = chance.one_in(40);
    if chance.one_in(40) {
        world.facts.unsafe_contacts = vec![Failing::at("#/copies/0/contactId", RefusalRule::UnsafeContact)];
    }
    // Drawn from a number of its own, so that the rest of the world is what it was.
    let chance = &mut Chance(!seed);
    while chance.one_in(3) {
        let (note_id, from_id) = (chance.of(&[NOTE, OTHER_NOTE]), chance.of(&[MIA, FINN, ANA, DEE]));
        world.facts.withheld.push(WithheldFact { note_id, from_id, until_on: day(chance.of(&["2026-07-09", "2026-07-10", "2026-09-01"])) });
    }
    for known in &mut world.facts.family.people {
        known.died_on = any_day(chance, 20);
    }
    if chance.one_in(3) {
        world.facts.family.hidden.push(ELSEWHERE);
    }
    world
}

/// An extract of what two parents or somebody else said of two children, with several permissions of both parents.
pub fn extract(seed: u64) -> World {
    let chance = &mut Chance(seed);
    let mut world = crate::world::world();
    world.ask.legal_extract = true;
    world.ask.note_ids = chance.of(&[vec![NOTE], vec![NOTE, OTHER_NOTE]]);
    let said = |id, chance: &mut Chance| {
        let from = chance.of(&[Some(MIA), Some(FINN), None, None]);
        NoteFact { from, ..note(id, MIA, &chance.some(&[ANA, SAM])) }
    };
    world.facts.notes = vec![said(NOTE, chance), said(OTHER_NOTE, chance)];
    for parent in [MIA, FINN] {
        world.part(parent).pr.push(pr(SAM, ParentalResponsibility::Yes));
    }
    world.facts.family.participants.push(part(SAM, ParticipantRole::Sibling, Relation::Sibling));
    world.facts.consents.clear();
    for number in 0..2 + chance.below(4) {
        let granter = chance.of(&[MIA, FINN]);
        let mut record = permission(100 + number as u128, granter, &chance.some(&[ANA, SAM, granter]), noon(chance.of(&DAYS)));
        if chance.one_in(6) {
            record.recipients.push(ConsentRecipient { person_id: Some(chance.of(&[MIA, FINN])), ..ConsentRecipient::default() });
        }
        world.facts.consents.push(record);
    }
    if chance.one_in(4) {
        let from_id = chance.of(&[MIA, FINN]);
        world.facts.withheld.push(WithheldFact { note_id: NOTE, from_id, until_on: day("2026-09-01") });
    }
    world
}

fn people(world: &mut World, chance: &mut Chance) {
    use ParentalResponsibility::{Disputed, No, NotApplicable, RestrictedByOrder, Unknown, Yes};
    let family = &mut world.facts.family;
    family.people.push(person(DEE, PersonKind::Other, Some("1970-01-01")));
    family.people.push(person(COUNCIL_PARENT, PersonKind::Other, None));
    for known in &mut family.people {
        if [ANA, SAM].contains(&known.id) {
            known.date_of_birth = chance.of(&BORN).map(day);
        }
        if chance.one_in(if [ANA, SAM].contains(&known.id) { 3 } else { 12 }) {
            for sequence in 0..=chance.below(2) {
                let outcome = chance.of(&[CapacityOutcome::CanDecide, CapacityOutcome::CannotDecide]);
                let on = chance.of(&DAYS);
                let recorded_at = london(&format!("{on} 12:{sequence:02}"));
                known.capacity.push(CapacityFact { outcome, assessed_on: day(on), recorded_at });
            }
        }
    }
    // What was told of the child in a case that the caller cannot see.
    if chance.one_in(5) {
        let mut less = family.people[0].clone();
        less.capacity.pop();
        less.date_of_birth = chance.of(&[less.date_of_birth, Some(day("2014-03-12")), None]);
        family.known_less.push(less);
    }
    let mut parts = vec![part(ANA, ParticipantRole::Subject, Relation::OwnSelf), part(SAM, ParticipantRole::Sibling, Relation::Sibling)];
    parts.push(part(MIA, ParticipantRole::ServiceUser, Relation::Parent));
    parts.push(part(FINN, ParticipantRole::OtherParent, chance.of(&[Relation::Parent, Relation::StepParent, Relation::Attorney])));
    parts.push(part(COUNCIL_PARENT, ParticipantRole::Supporter, Relation::LaAsCorporateParent));
    if chance.one_in(2) {
        parts.push(part(
            DEE,
            ParticipantRole::Supporter,
            chance.of(&[Relation::Deputy, Relation::Guardian, Relation::RepresentativeReg64]),
        ));
    }
    if chance.one_in(2) {
        parts.push(part(TEACHER, ParticipantRole::Professional, Relation::Professional));
    }
    for part in &mut parts {
        if ![ANA, SAM, TEACHER].contains(&part.person_id) {
            for child_id in [ANA, SAM] {
                if !chance.one_in(6) {
                    let value =
                        chance.of(&[Yes, Yes, Yes, Yes, Yes, Yes, Yes, Yes, Unknown, Disputed, RestrictedByOrder, No, NotApplicable]);
                    let (from_on, ended_on) = (any_day(chance, 16), any_day(chance, 16));
                    part.pr.push(PrFact { child_id, value, from_on, ended_on });
                }
            }
            part.began_on = any_day(chance, 20);
            part.ended_on = any_day(chance, 20);
        }
        if chance.one_in(20) {
            part.case_id = ELSEWHERE;
        }
    }
    family.participants = parts;
}

fn any_day(chance: &mut Chance, one_in: usize) -> Option<chrono::NaiveDate> {
    chance.one_in(one_in).then(|| day(chance.of(&DAYS)))
}

fn any_note(id: NoteId, chance: &mut Chance) -> NoteFact {
    let from = chance.of(&[Some(MIA), Some(MIA), Some(ANA), Some(FINN), Some(TEACHER), None]);
    let about = if chance.one_in(4) { chance.some(&[ANA, MIA, SAM, TEACHER]) } else { vec![ANA] };
    let wish = from.into_iter().chain(about.iter().copied()).collect::<Vec<_>>();
    NoteFact {
        from,
        categories: if chance.one_in(3) { chance.some(&KINDS) } else { vec![chance.of(&KINDS)] },
        keep_confidential: chance.one_in(6),
        wish_by: chance.one_in(2).then(|| chance.of(&wish)),
        names_others: chance.one_in(16),
        onward_sharing: !chance.one_in(10),
        superseded: chance.one_in(40),
        ..note(id, MIA, &about)
    }
}

fn ask(world: &mut World, chance: &mut Chance) {
    let ask = &mut world.ask;
    ask.note_ids = chance.of(&[vec![NOTE], vec![NOTE], vec![NOTE, OTHER_NOTE], vec![OTHER_NOTE, NOTE], vec![]]);
    if ask.note_ids.is_empty() || chance.one_in(5) {
        ask.subject_ids = if chance.one_in(3) { chance.some(&[ANA, MIA, SAM, TEACHER]) } else { vec![ANA] };
        ask.information_categories = if chance.one_in(3) { chance.some(&KINDS) } else { vec![chance.of(&KINDS)] };
    }
    let council = to_council(Some(NORTH), None);
    let officer = to_council(Some(NORTH), Some("Doe"));
    ask.recipient = chance.of(&[
        council.clone(),
        council.clone(),
        council.clone(),
        council,
        officer,
        to_council(None, None),
        AskRecipient::Person(FINN),
    ]);
    ask.purpose = chance.of(&[Purpose::Liaison, Purpose::Liaison, Purpose::Tribunal]);
    ask.direction = chance.of(&[Direction::Outbound, Direction::Outbound, Direction::InboundRequest]);
    ask.legal_extract = chance.one_in(4);
    let receivers = [MIA, FINN, ANA, DEE];
    for _ in 0..if chance.one_in(3) { 1 + chance.below(2) } else { 0 } {
        let person_id = chance.of(&receivers);
        if ask.copies.iter().all(|copy| copy.person_id != person_id) {
            ask.copies.push(CopyTo { person_id, contact_id: ContactId(Uuid::from_u128(60)) });
        }
    }
}

fn any_record(number: u128, chance: &mut Chance) -> ConsentFact {
    use ConsentStatus::{EnteredInError, Expired, Live, Superseded, Withdrawn};
    let granter = chance.of(&[MIA, MIA, MIA, MIA, FINN, FINN, ANA, ANA, SAM, DEE, COUNCIL_PARENT, TEACHER]);
    let subjects = if chance.one_in(4) { chance.some(&[ANA, MIA, SAM, FINN]) } else { vec![ANA, MIA, SAM] };
    let mut record = permission(number, granter, &subjects, noon(chance.of(&DAYS)));
    let team = |team_id| council(team_id);
    let doe = ConsentRecipient { person_name: Some(" doe ".into()), ..council(Some(NORTH)) };
    let finn = ConsentRecipient { person_id: Some(FINN), ..ConsentRecipient::default() };
    let mia = ConsentRecipient { person_id: Some(MIA), ..ConsentRecipient::default() };
    let north = team(Some(NORTH));
    record.recipients = chance.some(&[north.clone(), north.clone(), north, team(Some(SOUTH)), team(None), doe, finn, mia]);
    record.purposes = chance.some(&[Purpose::Liaison, Purpose::Tribunal]);
    record.directions = chance.some(&[Direction::Outbound, Direction::InboundRequest]);
    record.categories = chance.some(&KINDS);
    record.note_ids = chance.of(&[vec![], vec![], vec![NOTE], vec![OTHER_NOTE], vec![NOTE, OTHER_NOTE]]);
    record.version = i64::try_from(1 + chance.below(3)).unwrap();
    record.used = chance.one_in(3);
    record.status =
        chance.of(&[Live, Live, Live, Live, Live, Live, Live, Live, Live, Live, Withdrawn, Superseded, EnteredInError, Expired]);
    if chance.one_in(6) {
        record.decision = ConsentDecision::Refused;
        record.expires_on = None;
        if chance.one_in(2) {
            record.recipients.clear();
        }
        if chance.one_in(2) {
            record.purposes.clear();
        }
        if chance.one_in(2) {
            record.directions.clear();
        }
        if chance.one_in(2) {
            record.categories.clear();
        }
        if chance.one_in(4) {
            record.case_id = ELSEWHERE;
            record.visible = chance.one_in(2);
        }
        return record;
    }
    if chance.one_in(12) {
        record.case_id = ELSEWHERE;
    }
    record.starts_at = chance.one_in(12).then(|| noon(chance.of(&["2026-07-10", "2026-07-11"])));
    record.expires_on = chance
        .of(&[
            Some("2027-02-28"),
            Some("2027-02-28"),
            Some("2027-02-28"),
            Some("2027-02-28"),
            Some("2027-02-28"),
            Some("2026-07-10"),
            Some("2026-07-09"),
        ])
        .map(day);
    if chance.one_in(3) {
        let kind = chance.of(&[ConditionKind::CopyToGranter, ConditionKind::NotBefore, ConditionKind::ChannelIn, ConditionKind::OnceOnly]);
        let not_before_on = (kind == ConditionKind::NotBefore).then(|| day(chance.of(&["2026-07-10", "2026-07-11"])));
        let channels = if kind == ConditionKind::ChannelIn { vec![chance.of(&[Channel::SecureEmail, Channel::Phone])] } else { Vec::new() };
        record.conditions.push(Condition { kind, not_before_on, channels });
    }
    record
}
