//! Two people on record who are one (C2). A merge writes as whom somebody counts, and nothing else; its reversal writes it back.

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;

use super::conn::Conn;
use super::counted::Counted;
use super::error::Result;
use super::schema::{case_file, participant, person, person_merge};
use super::sealed::{Cell, Owner};
use super::staff::stale_unless;
use super::tx::Tx;
use super::{cases, facts, participants, people, scope, staff};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, PersonId, PersonMergeId, StaffId};
use crate::domain::person_merge::{Audience, MergeFacts, MergeReversal, PersonMerge, PersonMergeRef};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = person_merge, treat_none_as_default_value = false)]
struct Row {
    id: PersonMergeId,
    kept_id: PersonId,
    merged_id: PersonId,
    sealed: Vec<u8>,
    reversed_at: Option<Timestamp>,
    reversed_by: Option<StaffId>,
    reversed_sealed: Option<Vec<u8>>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

impl Row {
    fn cell(&self) -> Cell {
        cell(self.id, self.kept_id)
    }
}

fn cell(id: PersonMergeId, kept: PersonId) -> Cell {
    Cell::of("person_merge", id.0, Owner::Person(kept))
}

/// All of these people are in scope, and so is every case of everybody who is one with them that a service manager opens for a reason: whoever
/// judges or undoes a merge sees what it joins. The access log will name the cases.
///
/// The answer is those from which the caller is kept away. It is nothing to them, or who is refused would know that there is such a case.
pub fn require_in_sight(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: &[PersonId]) -> Result<BTreeSet<CaseId>> {
    for person in people {
        people::require(tx, permit, *person)?;
    }
    let everybody: Vec<PersonId> = Counted::among(tx, people.iter().copied())?.everybody().into_iter().collect();
    let all = participants::cases_of(tx, &everybody)?;
    let known = scope::among(tx, permit.scope().with_reason(), all.clone())?;
    let find = |conn: &mut Conn, scope| {
        let seen: Vec<CaseId> = scope::cases(scope).filter(case_file::id.eq_any(all.clone())).load(conn)?;
        if seen.len() == known.len() { Ok(seen) } else { Err(diesel::NotFound) }
    };
    scope::found(tx, permit.scope(), find, Clone::clone)?;
    Ok(all.iter().copied().filter(|case| !known.contains(case)).collect())
}

/// What bears on whether somebody may be one with another: of everybody who counts as the same, as far as the caller may know.
pub fn facts(tx: &mut Tx<'_>, permit: &Permit<act::PersonMerge>, id: PersonId) -> Result<MergeFacts> {
    let counted = Counted::among(tx, [id])?.everybody();
    let everybody: Vec<PersonId> = people::among(tx, permit.scope(), counted)?.into_iter().collect();
    let of_all = participants::cases_of(tx, &everybody)?;
    let cases: Vec<CaseId> = scope::among(tx, permit.scope(), of_all)?.into_iter().collect();
    let served_apart = participant::table.filter(participant::case_id.eq_any(cases.clone())).filter(participant::kept_apart.eq(true));
    let mut apart: bool = diesel::select(exists(served_apart)).get_result(tx.conn)?;
    let (known, told_apart) = people::facts::known_to(tx, permit.scope(), &everybody.iter().copied().collect())?;
    apart |= told_apart;
    let parts = facts::participants_of(tx, cases.clone())?.into_iter().filter(|part| everybody.contains(&part.person_id)).collect();
    let audiences = cases::audiences(tx, cases)?;
    Ok(MergeFacts { people: known, parts, audiences, apart })
}

/// Whether this person counts as somebody else, or somebody else as this person.
pub fn is_part_of_one(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: PersonId) -> Result<(bool, bool)> {
    let counted = Counted::among(tx, [id])?;
    let merged = counted.one(id) != id;
    Ok((merged, !merged && counted.everybody().len() > 1))
}

/// Whether all who are one with these people are in scope.
pub fn are_seen(tx: &mut Tx<'_>, permit: &Permit<impl Act>, people: &[PersonId]) -> Result<bool> {
    let everybody = Counted::among(tx, people.iter().copied())?.everybody();
    Ok(people::among(tx, permit.scope(), everybody.iter().copied())?.len() == everybody.len())
}

/// From now on `merged` counts as `kept`, of whom the client saw this version. The caller has taken the guards (R16).
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<act::PersonMerge>,
    (kept, version): (PersonId, i32),
    merged: PersonId,
    reason: &LongText,
    now: Timestamp,
) -> Result<PersonMergeId> {
    let id = PersonMergeId::mint();
    let row = Row {
        id,
        kept_id: kept,
        merged_id: merged,
        sealed: tx.seal(cell(id, kept), reason)?,
        reversed_at: None,
        reversed_by: None,
        reversed_sealed: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(person_merge::table).values(row).execute(tx.conn)?;
    let touched = touch(tx, kept)?;
    stale_unless(tx, touched, version + 1, |_| Ok(version))?;
    count(tx, merged, kept)?;
    touch(tx, merged)?;
    Ok(id)
}

fn count(tx: &mut Tx<'_>, person: PersonId, one: PersonId) -> Result<()> {
    diesel::update(person::table.find(person)).set(person::counts_as.eq(one)).execute(tx.conn)?;
    Ok(())
}

/// What is shown of them has changed.
fn touch(tx: &mut Tx<'_>, person: PersonId) -> Result<usize> {
    Ok(diesel::update(person::table.find(person)).set(person::version.eq(person::version + 1)).execute(tx.conn)?)
}

/// A merge in scope: both people are, with all their cases.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: PersonMergeId) -> Result<PersonMerge> {
    let row: Row = person_merge::table.find(id).first(tx.conn)?;
    require_in_sight(tx, permit, &[row.kept_id, row.merged_id])?;
    let names = staff::names(tx, row.reversed_by.into_iter().chain([row.recorded_by]))?;
    let reversal = match (row.reversed_at, row.reversed_by, &row.reversed_sealed) {
        (Some(at), Some(by), Some(sealed)) => {
            Some(MergeReversal { at, by: names.get(by), reason: tx.open(row.cell().column("reversed_sealed"), sealed)? })
        }
        _ => None,
    };
    Ok(PersonMerge {
        id,
        version: row.version,
        kept_person_id: row.kept_id,
        merged_person_id: row.merged_id,
        reason: tx.open(row.cell(), &row.sealed)?,
        reversal,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        allowed_actions: Vec::new(),
    })
}

/// Who sees each of the cases in which this record of somebody takes part.
pub fn audiences(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: PersonId) -> Result<Vec<Audience>> {
    let cases = participants::cases_of(tx, &[id])?;
    cases::audiences(tx, cases)
}

/// Takes a merge back: whoever was merged counts as themselves, and everything is as it was recorded. Their versions tell of it if it is `seen` by all
/// who see either: to whoever sees one of them only, nothing has changed (C1). The caller has taken the guards (R16).
pub fn reverse(
    tx: &mut Tx<'_>,
    permit: &Permit<act::PersonMergeReverse>,
    merge: &PersonMerge,
    reason: &LongText,
    seen: bool,
    now: Timestamp,
) -> Result<()> {
    let sealed = tx.seal(cell(merge.id, merge.kept_person_id).column("reversed_sealed"), reason)?;
    let live =
        person_merge::table.find(merge.id).filter(person_merge::version.eq(merge.version)).filter(person_merge::reversed_at.is_null());
    let changed = diesel::update(live)
        .set((
            person_merge::reversed_at.eq(now),
            person_merge::reversed_by.eq(permit.staff()),
            person_merge::reversed_sealed.eq(sealed),
            person_merge::version.eq(merge.version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, merge.version + 1, |_| Ok(merge.version))?;
    count(tx, merge.merged_person_id, merge.merged_person_id)?;
    if seen {
        touch(tx, merge.kept_person_id)?;
        touch(tx, merge.merged_person_id)?;
    }
    Ok(())
}

/// The merges in force of which this person is part, oldest first; of those only whose other part is in scope, too.
pub(super) fn of(tx: &mut Tx<'_>, scope: Scope, id: PersonId) -> Result<Vec<PersonMergeRef>> {
    let rows: Vec<(PersonMergeId, PersonId, PersonId)> = person_merge::table
        .filter(person_merge::reversed_at.is_null())
        .filter(person_merge::kept_id.eq(id).or(person_merge::merged_id.eq(id)))
        .order(person_merge::id.asc())
        .select((person_merge::id, person_merge::kept_id, person_merge::merged_id))
        .load(tx.conn)?;
    let seen = people::among(tx, scope, rows.iter().flat_map(|(_, kept, merged)| [*kept, *merged]))?;
    let told = |(id, kept_person_id, merged_person_id)| PersonMergeRef { id, kept_person_id, merged_person_id };
    Ok(rows.into_iter().filter(|(_, kept, merged)| seen.contains(kept) && seen.contains(merged)).map(told).collect())
}
