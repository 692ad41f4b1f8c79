//! How many families an anonymous issue could be about (C6). It looks at all cases of the service, whatever the caller may see: only
//! whether there are enough leaves from here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::cases::{Row, is_subject};
use super::error::Result;
use super::index::normal_name;
use super::people::{self, Known};
use super::schema::{case_file, participant, recipient};
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::anonymity::Cohort;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::time::{Timestamp, months_after};
use crate::domain::vocabulary::{AgeBand, CaseStatus, ContactKind, ParticipantRole, RecipientType, Relation};

/// A family counts until so many months after its case was closed.
const MONTHS: u32 = 24;

/// Every setting known by name: those of cases, and the schools, colleges and early years settings of the register.
pub fn setting_names(tx: &mut Tx<'_>, _permit: &Permit<impl Act>) -> Result<Vec<String>> {
    let mut names: BTreeSet<String> = recipient::table
        .filter(recipient::body_type.eq_any([RecipientType::School, RecipientType::College, RecipientType::EarlyYears]))
        .select(recipient::name)
        .load(tx.conn)?
        .into_iter()
        .collect();
    for row in case_file::table.load::<Row>(tx.conn)? {
        names.extend(row.open(tx)?.setting_name.map(|name| name.0));
    }
    Ok(names.into_iter().collect())
}

/// A part somebody has in a case, professionals left out.
struct Part {
    case: CaseId,
    person: PersonId,
    is_subject: bool,
}

/// How many distinct families match all of these descriptors, with a case open now or closed within the last 24 months. Cases that share
/// a participant are one family, and so is what is joined through a third case; a case in which nobody takes part counts for none.
pub fn families(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, cohort: &Cohort, now: Timestamp) -> Result<u64> {
    let rows: Vec<(CaseId, PersonId, ParticipantRole, Relation)> = participant::table
        .filter(participant::role.ne(ParticipantRole::Professional))
        .select((participant::case_id, participant::person_id, participant::role, participant::relation))
        .load(tx.conn)?;
    let parts: Vec<Part> =
        rows.into_iter().map(|(case, person, role, relation)| Part { case, person, is_subject: is_subject(role, relation) }).collect();
    let mut families = Families::default();
    for part in &parts {
        families.join(part.case.0, part.person.0);
    }
    let mut of: BTreeMap<CaseId, Vec<&Part>> = BTreeMap::new();
    for part in &parts {
        of.entry(part.case).or_default().push(part);
    }
    let mut counted = BTreeSet::new();
    for row in case_file::table.load::<Row>(tx.conn)? {
        let Some(parts) = of.get(&row.id) else { continue };
        if is_current(&row, now.day())
            && row_matches(&row, cohort)
            && told_matches(tx, &row, cohort)?
            && people_match(tx, parts, cohort, now)?
        {
            counted.insert(families.root(row.id.0));
        }
    }
    Ok(u64::try_from(counted.len()).unwrap_or(u64::MAX))
}

fn is_current(row: &Row, today: NaiveDate) -> bool {
    row.status != CaseStatus::Closed || row.closed_at.is_some_and(|closed| months_after(closed.day(), MONTHS) >= today)
}

/// What stands in the clear.
fn row_matches(row: &Row, cohort: &Cohort) -> bool {
    let details = &row.details.0;
    cohort.area.as_ref().is_none_or(|area| row.area.as_ref() == Some(area))
        && cohort.setting.is_none_or(|setting| row.setting == Some(setting))
        && cohort.sen_need.is_none_or(|need| details.sen_needs.iter().any(|ranked| ranked.need == need))
        && cohort.appeal_type.is_none_or(|appeal| details.appeal_types.contains(&appeal))
}

/// What is sealed with the case.
fn told_matches(tx: &mut Tx<'_>, row: &Row, cohort: &Cohort) -> Result<bool> {
    let Some(wanted) = &cohort.setting_name else { return Ok(true) };
    let name = row.open(tx)?.setting_name;
    Ok(name.is_some_and(|name| setting(name.as_str()) == setting(wanted.as_str())))
}

fn setting(name: &str) -> String {
    let name = normal_name(name);
    name.strip_prefix("the ").map_or_else(|| name.clone(), str::to_owned)
}

/// What is known of the people of a case.
fn people_match(tx: &mut Tx<'_>, parts: &[&Part], cohort: &Cohort, now: Timestamp) -> Result<bool> {
    if cohort.age_band.is_none() && cohort.outward_code.is_none() {
        return Ok(true);
    }
    let mut known = Vec::with_capacity(parts.len());
    for part in parts {
        known.push((part.person, people::known(tx, part.person)?));
    }
    let is_subject = |person: PersonId| parts.iter().any(|part| part.person == person && part.is_subject);
    let aged = |band| {
        known
            .iter()
            .any(|(id, known)| is_subject(*id) && known.content.date_of_birth.and_then(|born| age_band(born, now.day())) == Some(band))
    };
    let lives = |code: &String| known.iter().any(|(_, known)| outward_codes(known).any(|found| found.eq_ignore_ascii_case(code.trim())));
    Ok(cohort.age_band.is_none_or(aged) && cohort.outward_code.as_ref().is_none_or(lives))
}

/// The age band of whoever was born on this day; none beyond 25.
fn age_band(born: NaiveDate, today: NaiveDate) -> Option<AgeBand> {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    match today.year() - born.year() - i32::from(!had_birthday) {
        0..=4 => Some(AgeBand::From0To4),
        5..=10 => Some(AgeBand::From5To10),
        11..=15 => Some(AgeBand::From11To15),
        16..=18 => Some(AgeBand::From16To18),
        19..=25 => Some(AgeBand::From19To25),
        _ => None,
    }
}

/// The outward codes of somebody's postal addresses.
fn outward_codes(known: &Known) -> impl Iterator<Item = String> {
    let postal = known.contacts.iter().filter(|contact| contact.contact.kind == ContactKind::Postal);
    postal.filter_map(|contact| outward_code(contact.contact.value.as_str()))
}

/// The first half of the last postcode in an address: `LA9` of `LA9 4XX` or `la94xx`.
fn outward_code(address: &str) -> Option<String> {
    let signs: Vec<&str> = address.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let joined = signs.iter().rev().find_map(|word| word.split_at_checked(word.len().saturating_sub(3)).filter(is_postcode));
    let apart = signs.windows(2).rev().find_map(|pair| match pair {
        [outward, inward] => Some((*outward, *inward)).filter(is_postcode),
        _ => None,
    });
    apart.or(joined).map(|(outward, _)| outward.to_ascii_uppercase())
}

fn is_postcode(&(outward, inward): &(&str, &str)) -> bool {
    let letters = |text: &str| text.chars().take_while(char::is_ascii_alphabetic).count();
    let is_inward = inward.len() == 3
        && inward.starts_with(|sign: char| sign.is_ascii_digit())
        && inward.chars().skip(1).all(|sign| sign.is_ascii_alphabetic());
    let is_outward = (2..=4).contains(&outward.len())
        && (1..=2).contains(&letters(outward))
        && outward.chars().nth(letters(outward)).is_some_and(|sign| sign.is_ascii_digit());
    is_inward && is_outward
}

/// Sets of cases and people that belong together.
#[derive(Default)]
struct Families(BTreeMap<uuid::Uuid, uuid::Uuid>);

impl Families {
    fn root(&self, mut id: uuid::Uuid) -> uuid::Uuid {
        while let Some(above) = self.0.get(&id) {
            id = *above;
        }
        id
    }

    fn join(&mut self, one: uuid::Uuid, other: uuid::Uuid) {
        let (one, other) = (self.root(one), self.root(other));
        if one != other {
            self.0.insert(one, other);
        }
    }
}

#[cfg(test)]
mod tests;
