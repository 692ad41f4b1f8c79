//! A disclosure log with as many entries as one has after years, for a demonstration and for measuring: made up, but in the form and by the code
//! of real ones.

use std::collections::HashMap;
use std::sync::Arc;

use super::{App, Error, Result, leave};
use crate::authz::{Caller, act};
use crate::clock::Clock;
use crate::db::ledger::filling::{self, Filling};
use crate::db::{self, Tx, cases, recipients, staff};
use crate::domain::case::CaseContent;
use crate::domain::disclosure::RefusalRule;
use crate::domain::ids::{CaseId, ConsentId, EntryId, PersonId, RecipientId, RequestId, StaffId};
use crate::domain::recipient::{NewRecipient, RecipientContent};
use crate::domain::text::{LongText, Name};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    Art9Condition, Basis, Channel, Direction, DisclosureLogKind, InformationCategory, InterventionLevel, LawfulBasis, PersonKind, Purpose,
    ReasonForContact, RecipientType, ReferralSource, Role, ToldSubject, Vocabulary,
};
use crate::ledger::{CaseKey, Copied, DisclosureEntry, EntryError, Item};

/// So many entries are written at a time,
const BATCH: u64 = 2_000;
/// for each so many there is a case, but there are at least and at most so many;
const A_CASE: u64 = 5_000;
const CASES: (u64, u64) = (8, 2_000);
/// in so many of them something happens at a time.
const AT_A_TIME: u64 = 8;
const STAFF: u64 = 12;
const BODIES: u64 = 30;

/// Numbers without a pattern, the same for the same seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// In so many of a hundred cases.
    fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// One of these, of which there is one at least.
    fn of<T: Copy>(&mut self, values: &[T]) -> Option<T> {
        let place = self.next().checked_rem(values.len() as u64)?;
        values.get(usize::try_from(place).ok()?).copied()
    }
}

/// What the entries are about.
struct Story {
    entries: u64,
    from: Timestamp,
    to: Timestamp,
    cases: Vec<(CaseId, CaseKey)>,
    staff: Vec<StaffId>,
    bodies: Vec<RecipientId>,
}

impl Story {
    /// When an entry is made: at even distances.
    fn at(&self, number: u64) -> Timestamp {
        let whole = i128::from(self.to.micros() - self.from.micros());
        let since = whole * i128::from(number) / i128::from(self.entries.max(1));
        i64::try_from(since).ok().and_then(|since| Timestamp::from_micros(self.from.micros() + since)).unwrap_or(self.to)
    }

    /// The case of an entry: they come one after the other, and overlap.
    fn case(&self, number: u64, chance: &mut Chance) -> Option<&(CaseId, CaseKey)> {
        let cases = self.cases.len() as u64;
        let begun = number * cases.saturating_sub(AT_A_TIME - 1) / self.entries.max(1);
        self.cases.get(usize::try_from((begun + chance.next() % AT_A_TIME).min(cases.saturating_sub(1))).ok()?)
    }

    fn batch(&self, first: u64) -> std::result::Result<Filling, EntryError> {
        let numbers = first..(first + BATCH).min(self.entries);
        let mut filling = Filling { since: self.at(first), entries: Vec::new(), cases: Vec::new() };
        let mut made = HashMap::new();
        for number in numbers {
            let mut chance = Chance(number);
            let (case, key) = self.case(number, &mut chance).ok_or(EntryError::NoCaseKey)?;
            let entry = self.entry(&mut chance, made.get(case).copied()).ok_or(EntryError::NoCaseKey)?;
            if entry.kind == DisclosureLogKind::DisclosureMade {
                made.insert(*case, entry.id);
            }
            filling.entries.push(entry.write(self.at(number), Some(key))?);
            filling.cases.push(*case);
        }
        Ok(filling)
    }

    /// An entry of a case in which this disclosure was the last so far; without one there is nothing yet to tell, recall or correct.
    fn entry(&self, chance: &mut Chance, last: Option<EntryId>) -> Option<DisclosureEntry> {
        use DisclosureLogKind as K;
        let (id, actor, request) = (EntryId::mint(), chance.of(&self.staff)?, RequestId::mint());
        let kind = match chance.next() % 100 {
            0..48 => K::DisclosureMade,
            48..68 => K::DisclosureRefused,
            68..72 => K::DecidedNotToShare,
            _ if last.is_none() => K::DisclosureMade,
            72..88 => K::SubjectNotified,
            88..96 => K::DisclosureRecalled,
            _ => K::DisclosureCorrected,
        };
        let mut entry = DisclosureEntry::new(id, kind, actor, request);
        match kind {
            K::DisclosureMade | K::DisclosureRefused => {}
            K::DecidedNotToShare => {
                entry.decided_by = Some(actor);
                entry.reason = Some(LongText("Nobody is at risk, and no permission was given.".to_owned()));
                return Some(entry);
            }
            _ => {
                entry.related = last;
                return Some(entry);
            }
        }
        let basis = match chance.next() % 100 {
            0..86 => Basis::Permission,
            86..93 => Basis::Safeguarding,
            93..98 => Basis::Anonymised,
            _ => Basis::DataSubjectRight,
        };
        let class = chance.of(InformationCategory::ALL)?;
        entry.decided_by = Some(actor);
        entry.direction = chance.of(Direction::ALL);
        entry.recipient = chance.of(&self.bodies);
        entry.basis = Some(basis);
        entry.lawful_basis = Some(LawfulBasis::PublicTask);
        entry.condition = Some(Art9Condition::SubstantialPublicInterest);
        entry.purpose = chance.of(Purpose::ALL);
        entry.channel = chance.of(Channel::ALL);
        entry.identified = Some(basis != Basis::Anonymised);
        entry.told = chance.of(ToldSubject::ALL);
        let person = PersonId::mint();
        if basis != Basis::Anonymised {
            entry.subjects.push(person);
        }
        if kind == K::DisclosureRefused {
            entry.rules.extend(chance.of(RefusalRule::ALL));
            return Some(entry);
        }
        if basis == Basis::Permission {
            entry.consents.push((ConsentId::mint(), 1));
        }
        entry.items.push(Item::new(class, &format!("What was passed on, in words: {}", chance.next())));
        if chance.percent(10) {
            entry.copies.push(Copied { role: PersonKind::ParentCarer, person });
        }
        if basis == Basis::Safeguarding {
            entry.reason = Some(LongText("Nobody else can act tonight.\nOne note and no more.".to_owned()));
        }
        Some(entry)
    }
}

fn caller(staff: StaffId, role: Role, from: Timestamp) -> Caller {
    Caller {
        staff,
        display_name: String::new(),
        roles: vec![role],
        access_reason: None,
        request: RequestId::mint(),
        operation: "".into(),
        token_expires_at: from,
    }
}

/// Enters whom the entries name.
fn cast(tx: &mut Tx<'_>, from: Timestamp) -> Result<(Vec<StaffId>, Vec<RecipientId>)> {
    let mut staff = Vec::new();
    for number in 1..=STAFF {
        let subject = format!("filling-{number}");
        let came_as = staff::CameAs { casework: true, manages: false };
        staff.push(staff::entered(tx, "nobody", &subject, &format!("Adviser {number}"), came_as, Clock::real())?);
    }
    let someone = staff.first().copied().ok_or(db::Error::NotFound)?;
    let manager = leave::<act::RecipientCreate>(&caller(someone, Role::ServiceManager, from))?;
    let mut bodies = Vec::new();
    for number in 1..=BODIES {
        let content = RecipientContent {
            body_type: RecipientType::School,
            name: Name(format!("School {number} of Lakeshire")),
            safeguarding_function: false,
            address: None,
            verified_on: None,
        };
        bodies.push(recipients::insert(tx, &manager, &NewRecipient { content, teams: Vec::new() }, from)?);
    }
    Ok((staff, bodies))
}

fn content() -> CaseContent {
    let bare = CaseContent::bare(InterventionLevel::L1, ReferralSource::SelfParent, ReasonForContact::Funding);
    CaseContent { summary: Some(LongText("Made up, to fill the disclosure log.".to_owned())), ..bare }
}

impl App {
    /// Adds so many entries to the disclosure log, at even distances from one instant up to another, with cases, staff and bodies to be about;
    /// only where the deployment is a demonstration. `told` hears how many there are so far.
    pub async fn fill_log(&self, entries: u64, from: Timestamp, to: Timestamp, told: impl Fn(u64)) -> Result<()> {
        if !self.settings.test_clock {
            return Err(Error::Absent);
        }
        let count = (entries / A_CASE).clamp(CASES.0, CASES.1);
        let (staff, bodies) = self.db.write(move |tx| cast(tx, from)).await?.0;
        let mut cases: Vec<CaseId> = Vec::new();
        for number in 0..count {
            let adviser = Chance(number).of(&staff).ok_or(db::Error::NotFound)?;
            let leave = leave::<act::CaseOpen>(&caller(adviser, Role::Adviser, from))?;
            cases.push(
                self.db
                    .write(move |tx| {
                        Ok::<_, Error>(cases::insert(
                            tx,
                            &leave,
                            content(),
                            Vec::new(),
                            cases::Beginning::with(leave.staff(), false),
                            from,
                        )?)
                    })
                    .await?
                    .0,
            );
        }
        let kept = cases.clone();
        let keys = self.db.read(move |tx| filling::keys(tx, &kept)).await?;
        let story = Arc::new(Story { entries, from, to, cases: cases.into_iter().zip(keys).collect(), staff, bodies });
        let make = |first: u64| {
            let story = story.clone();
            (first < entries).then(|| tokio::task::spawn_blocking(move || story.batch(first)))
        };
        let (mut first, mut making) = (0, make(0));
        while let Some(made) = making {
            let batch = made.await.map_err(|_| db::Error::Panicked)?.map_err(|_| db::Error::Corrupt("log entry"))?;
            first += BATCH;
            // Made while these are written.
            making = make(first);
            self.db.fill(batch).await?;
            told(first.min(entries));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
