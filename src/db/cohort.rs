//! How many families an anonymous issue could be about (C6). It looks at all cases of the service, whatever the caller may see: only
//! whether there are enough leaves from here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months, NaiveDate};
use diesel::prelude::*;

use super::cases::{Details, Row, is_subject};
use super::conn::Engine;
use super::counted::Counted;
use super::error::{Error, Result};
use super::people::{self, Known};
use super::schema::{case_file, participant, recipient};
use super::scope;
use super::stored::Json;
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::anonymity::Cohort;
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::spelling::normal_name;
use crate::domain::time::{Timestamp, day_after, months_after};
use crate::domain::vocabulary::{AgeBand, CaseStatus, ContactKind, ParticipantRole, RecipientType, Relation};

/// A family counts until so many months after its case was closed.
const MONTHS: u32 = 24;

/// Every setting known by name: those of cases, and the schools, colleges and early years settings of the register.
pub struct Settings {
    /// The name behind each digest. Cases of one setting carry the same, so one of them is opened and not all.
    of_cases: BTreeMap<Vec<u8>, String>,
    /// The digests of those that a case in scope names.
    in_scope: BTreeSet<Vec<u8>>,
    of_register: Vec<String>,
}

impl Settings {
    /// All that are known now.
    pub fn load(tx: &mut Tx<'_>, permit: &Permit<impl Act>) -> Result<Self> {
        let of_register = recipient::table
            .filter(recipient::body_type.eq_any([RecipientType::School, RecipientType::College, RecipientType::EarlyYears]))
            .select(recipient::name)
            .load(tx.conn)?;
        let digests: Vec<(Option<Vec<u8>>, CaseId)> = case_file::table
            .filter(case_file::setting_digest.is_not_null())
            .select((case_file::setting_digest, case_file::id))
            // The newest case of a setting speaks for it.
            .order(case_file::id.asc())
            .load(tx.conn)?;
        let one_each: BTreeMap<Option<Vec<u8>>, CaseId> = digests.into_iter().collect();
        let mut of_cases = BTreeMap::new();
        for row in case_file::table.filter(case_file::id.eq_any(one_each.into_values())).load::<Row>(tx.conn)? {
            let (digest, name) = row.setting(tx)?.ok_or(Error::Corrupt("setting"))?;
            of_cases.insert(digest, name.0);
        }
        let in_scope: Vec<Option<Vec<u8>>> = case_file::table
            .filter(case_file::setting_digest.is_not_null())
            .filter(scope::visible(permit.scope()))
            .select(case_file::setting_digest)
            .distinct()
            .load(tx.conn)?;
        Ok(Self { of_cases, in_scope: in_scope.into_iter().flatten().collect(), of_register })
    }

    /// All names, each as it is written.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.those(|_| true)
    }

    /// The names the caller can know: those of the register, and of cases in scope.
    #[must_use]
    pub fn names_in_scope(&self) -> Vec<String> {
        self.those(|digest| self.in_scope.contains(digest))
    }

    fn those(&self, wanted: impl Fn(&Vec<u8>) -> bool) -> Vec<String> {
        let of_cases = self.of_cases.iter().filter(|(digest, _)| wanted(digest)).map(|(_, name)| name);
        of_cases.chain(&self.of_register).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// The digests of this name, however cases write it.
    fn digests(&self, wanted: &str) -> Vec<Vec<u8>> {
        let same = |name: &str| setting(name) == setting(wanted);
        self.of_cases.iter().filter(|(_, name)| same(name)).map(|(digest, _)| digest.clone()).collect()
    }
}

fn setting(name: &str) -> String {
    let name = normal_name(name);
    name.strip_prefix("the ").map_or_else(|| name.clone(), str::to_owned)
}

/// How many distinct families match all of these descriptors, with a case open now or closed within the last 24 months; none is looked for
/// beyond so many as are `enough`. Cases that share a participant are one family, and so is what is joined through a third case; a case in
/// which nobody takes part counts for none.
pub fn families(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    cohort: &Cohort,
    settings: &Settings,
    enough: u64,
    now: Timestamp,
) -> Result<u64> {
    let candidates: Vec<(CaseId, Json<Details>)> =
        candidates(cohort, settings, now).select((case_file::id, case_file::details)).load(tx.conn)?;
    let (mut counted, mut families) = (BTreeSet::new(), 0);
    for (case, details) in candidates {
        if families >= enough {
            break;
        }
        if !counted.contains(&case) && details_match(&details.0, cohort) && people_match(tx, case, cohort, now)? {
            counted.extend(family(tx, case)?);
            families += 1;
        }
    }
    Ok(families)
}

/// The cases that count now and match what stands in columns of their own.
fn candidates(cohort: &Cohort, settings: &Settings, now: Timestamp) -> case_file::BoxedQuery<'static, Engine> {
    let current = case_file::status.ne(CaseStatus::Closed).or(case_file::closed_at.ge(Timestamp::start_of(first_counted(now.day()))));
    let mut query = case_file::table.filter(current.assume_not_null()).into_boxed();
    if let Some(area) = &cohort.area {
        query = query.filter(case_file::area.eq(area.clone()));
    }
    if let Some(setting) = cohort.setting {
        query = query.filter(case_file::setting.eq(setting));
    }
    if let Some(name) = &cohort.setting_name {
        query = query.filter(case_file::setting_digest.eq_any(settings.digests(name.as_str())));
    }
    query
}

/// The first day of those a case may have been closed on and still count.
fn first_counted(today: NaiveDate) -> NaiveDate {
    let first = today.checked_sub_months(Months::new(MONTHS)).unwrap_or(NaiveDate::MIN);
    // Of a leap day the months before end a day too early.
    if months_after(first, MONTHS) < today { day_after(first) } else { first }
}

/// What stands in the clear besides.
fn details_match(details: &Details, cohort: &Cohort) -> bool {
    cohort.sen_need.is_none_or(|need| details.sen_needs.iter().any(|ranked| ranked.need == need))
        && cohort.appeal_type.is_none_or(|appeal| details.appeal_types.contains(&appeal))
}

/// Whether somebody takes part in the case, and what is known of its people matches. Nobody is opened whom the question does not need.
fn people_match(tx: &mut Tx<'_>, case: CaseId, cohort: &Cohort, now: Timestamp) -> Result<bool> {
    let parts: Vec<(PersonId, ParticipantRole, Relation)> = participant::table
        .filter(participant::case_id.eq(case))
        .filter(participant::role.ne(ParticipantRole::Professional))
        .select((participant::person_id, participant::role, participant::relation))
        .load(tx.conn)?;
    let (mut aged, mut lives) = (cohort.age_band.is_none(), cohort.outward_code.is_none());
    for (person, role, relation) in &parts {
        let may_be_aged = !aged && is_subject(*role, *relation);
        if may_be_aged || !lives {
            let known = people::known(tx, *person)?;
            let band = known.content.date_of_birth.and_then(|born| age_band(born, now.day()));
            aged |= may_be_aged && band == cohort.age_band;
            let code = cohort.outward_code.as_deref().unwrap_or_default();
            lives |= outward_codes(&known).any(|found| found.eq_ignore_ascii_case(code.trim()));
        }
    }
    Ok(aged && lives && !parts.is_empty())
}

/// The case and all that are joined to it through somebody who takes part in both, professionals left out.
fn family(tx: &mut Tx<'_>, case: CaseId) -> Result<BTreeSet<CaseId>> {
    let (mut cases, mut more) = (BTreeSet::new(), vec![case]);
    while !more.is_empty() {
        cases.extend(more.iter().copied());
        let parts = || participant::table.filter(participant::role.ne(ParticipantRole::Professional));
        let people: Vec<PersonId> = parts().filter(participant::case_id.eq_any(more)).select(participant::person_id).load(tx.conn)?;
        let everybody = Counted::among(tx, people)?.everybody();
        let theirs: Vec<CaseId> =
            parts().filter(participant::person_id.eq_any(everybody)).select(participant::case_id).distinct().load(tx.conn)?;
        more = theirs.into_iter().filter(|case| !cases.contains(case)).collect();
    }
    Ok(cases)
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

#[cfg(test)]
mod tests;
