//! Rotation of the keys: a batch in a transaction, so that one that is killed goes on where it was.
//!
//! The key-encryption key is exchanged by wrapping the data keys again; no sealed text is touched. The key that seals the text of a case or a
//! person is exchanged by sealing all of it again in one transaction. The key of its log entries is never exchanged: commitments cannot change.

use std::collections::BTreeSet;

use diesel::dsl::{count_star, max};
use diesel::prelude::*;

use super::conn::{Conn, RowLock};
use super::error::{Error, Result};
use super::keyring::{self, KeyRow, Keyring};
use super::ledger::disclosures::{Named, openings_cell};
use super::schema::{
    capacity_record, case_file, concern_event, consent, disclosure, disclosure_address, disclosure_annotation, disclosure_entry,
    disclosure_private, information_request, legal_bundle, legal_extract, legal_request, note, person, person_merge, referral,
    retention_hold, safeguarding_concern, sealing_key, subject_access_part, subject_access_request,
};
use super::sealed::{self, Cell, KeyUse, Owner};
use super::stored::AnyId;
use super::tx::Tx;
use crate::domain::ids::CaseId;
use crate::domain::time::Timestamp;

/// How many data keys are wrapped under each key-encryption key.
pub fn by_kek(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>> {
    Ok(sealing_key::table
        .filter(sealing_key::wrapped.is_not_null())
        .group_by(sealing_key::kek_id)
        .select((sealing_key::kek_id, count_star()))
        .order(sealing_key::kek_id.asc())
        .load(tx.conn)?)
}

/// Whether this ring opens every data key there is.
pub fn opens_all(conn: &mut Conn, ring: &Keyring) -> Result<bool> {
    let foreign = sealing_key::table.filter(sealing_key::wrapped.is_not_null()).filter(sealing_key::kek_id.ne_all(ring.kek_ids()));
    Ok(foreign.select(sealing_key::version).first::<i32>(conn).optional()?.is_none())
}

/// Wraps so many data keys again, of those that are not under the key that wraps; the names of the keys they were under.
pub fn rewrap(tx: &mut Tx<'_>, most: i64) -> Result<Vec<String>> {
    let rows: Vec<KeyRow> = sealing_key::table
        .filter(sealing_key::wrapped.is_not_null())
        .filter(sealing_key::kek_id.ne(tx.keys.kek_id()))
        .order((sealing_key::owner_kind.asc(), sealing_key::owner_id.asc(), sealing_key::purpose.asc(), sealing_key::version.asc()))
        .limit(most)
        .load(tx.conn)?;
    let found = rows.iter().map(|row| row.kek_id.clone()).collect();
    for row in rows {
        let was = row.kek_id.clone();
        let row = row.rewrapped(tx.keys)?;
        // Destroyed meanwhile, it stays destroyed.
        diesel::update(sealing_key::table.find((&row.owner_kind, &row.owner_id, &row.purpose, row.version)))
            .filter(sealing_key::kek_id.eq(was))
            .filter(sealing_key::wrapped.is_not_null())
            .set((sealing_key::kek_id.eq(&row.kek_id), sealing_key::wrapped.eq(&row.wrapped)))
            .execute(tx.conn)?;
    }
    Ok(found)
}

/// The next owners, so many at most, with more than `over` keys that seal, the newest older than this.
pub fn due(tx: &mut Tx<'_>, over: i64, before: Timestamp, after: Option<Owner>, most: i64) -> Result<Vec<Owner>> {
    let (kind, id) = after.map_or(("", Vec::new()), |owner| (owner.kind(), owner.bytes()));
    let rows: Vec<(String, Vec<u8>)> = sealing_key::table
        .filter(sealing_key::purpose.eq(KeyUse::Seal.as_str()))
        .filter(sealing_key::wrapped.is_not_null())
        .filter(sealing_key::owner_kind.gt(kind).or(sealing_key::owner_kind.eq(kind).and(sealing_key::owner_id.gt(id))))
        .group_by((sealing_key::owner_kind, sealing_key::owner_id))
        .having(max(sealing_key::created_at).lt(before).and(count_star().gt(over)))
        .select((sealing_key::owner_kind, sealing_key::owner_id))
        .order((sealing_key::owner_kind.asc(), sealing_key::owner_id.asc()))
        .limit(most)
        .load(tx.conn)?;
    rows.iter().map(|(kind, id)| Owner::of(kind, id)).collect()
}

/// The versions of the keys that seal, newest first, as far as they are not destroyed.
fn versions(tx: &mut Tx<'_>, owner: Owner) -> Result<Vec<i32>> {
    Ok(sealing_key::table
        .filter(keyring::held_by(owner, KeyUse::Seal))
        .filter(sealing_key::wrapped.is_not_null())
        .order(sealing_key::version.desc())
        .select(sealing_key::version)
        .load(tx.conn)?)
}

/// Gives this case or person a new key, and seals all of its text again under it.
pub fn reseal(tx: &mut Tx<'_>, owner: Owner, now: Timestamp) -> Result<()> {
    hold(tx, owner)?;
    let Some(newest) = versions(tx, owner)?.first().copied() else { return Ok(()) };
    keyring::add(tx.conn, tx.keys, owner, KeyUse::Seal, newest + 1, now)?;
    each(tx, owner, |tx, cell, was| tx.sealed_again(cell, was).map(Some))
}

/// Destroys the keys of this case or person under which nothing is sealed any more; how many those were. What a change that ran beside the
/// rotation left under an older key is sealed again first, and its keys are kept until the next time.
pub fn sweep(tx: &mut Tx<'_>, owner: Owner, now: Timestamp) -> Result<usize> {
    hold(tx, owner)?;
    let versions = versions(tx, owner)?;
    let Some((newest, older)) = versions.split_first() else { return Ok(0) };
    let newest = u32::try_from(*newest).map_err(|_| Error::Corrupt("key version"))?;
    let mut used = BTreeSet::new();
    each(tx, owner, |tx, cell, was| {
        let version = sealed::version_of(was)?;
        if version >= newest {
            return Ok(None);
        }
        used.insert(version);
        tx.sealed_again(cell, was).map(Some)
    })?;
    let unused: Vec<i32> =
        older.iter().copied().filter(|version| u32::try_from(*version).is_ok_and(|version| !used.contains(&version))).collect();
    let unused = sealing_key::table.filter(keyring::held_by(owner, KeyUse::Seal)).filter(sealing_key::version.eq_any(unused));
    Ok(diesel::update(unused).set((sealing_key::wrapped.eq(None::<Vec<u8>>), sealing_key::destroyed_at.eq(now))).execute(tx.conn)?)
}

/// What is written in a case waits; any other row is replaced only as it was read.
fn hold(tx: &mut Tx<'_>, owner: Owner) -> Result<()> {
    match owner {
        Owner::Case(case) => tx.hold(RowLock::Case, case.0),
        Owner::Person(_) | Owner::Referral(_) | Owner::SubjectAccess(_) => Ok(()),
    }
}

/// Shows every sealed value of this owner to `f`, which may put another in its place. A value that was changed meanwhile stays.
fn each(tx: &mut Tx<'_>, owner: Owner, mut f: impl FnMut(&mut Tx<'_>, Cell, &[u8]) -> Result<Option<Vec<u8>>>) -> Result<()> {
    macro_rules! cells {
        ($($table:ident . $column:ident of $whose:expr;)+) => {$({
            let rows: Vec<(AnyId, Option<Vec<u8>>)> =
                $table::table.filter($whose).select(($table::id, $table::$column.nullable())).load(tx.conn)?;
            for (id, was) in rows {
                let Some(was) = was else { continue };
                let cell = Cell::of(stringify!($table), id.0, owner).column(stringify!($column));
                if let Some(new) = f(tx, cell, &was)? {
                    diesel::update($table::table.filter($table::id.eq(id)).filter($table::$column.eq(&was)))
                        .set($table::$column.eq(new))
                        .execute(tx.conn)?;
                }
            }
        })+};
    }
    match owner {
        Owner::Person(id) => {
            cells! {
                person.sealed of person::id.eq(id);
                capacity_record.sealed of capacity_record::person_id.eq(id);
                person_merge.sealed of person_merge::kept_id.eq(id);
                person_merge.reversed_sealed of person_merge::kept_id.eq(id);
            }
        }
        Owner::Referral(id) => {
            cells! { referral.sealed of referral::id.eq(id); }
        }
        Owner::SubjectAccess(id) => {
            cells! { subject_access_request.sealed of subject_access_request::id.eq(id); }
        }
        Owner::Case(id) => {
            cells! {
                case_file.sealed of case_file::id.eq(id);
                note.sealed of note::case_id.eq(id);
                consent.sealed of consent::case_id.eq(id);
                consent.ended_sealed of consent::case_id.eq(id);
                disclosure.sealed of disclosure::case_id.eq(id);
                disclosure_annotation.sealed of disclosure_annotation::disclosure_id
                    .eq_any(disclosure::table.filter(disclosure::case_id.eq(id)).select(disclosure::id));
                disclosure_address.sealed of disclosure_address::case_id.eq(id);
                safeguarding_concern.sealed of safeguarding_concern::case_id.eq(id);
                concern_event.sealed of concern_event::case_id.eq(id);
                information_request.sealed of information_request::case_id.eq(id);
                information_request.ended_sealed of information_request::case_id.eq(id);
                legal_request.sealed of legal_request::case_id.eq(id);
                legal_extract.sealed of legal_extract::case_id.eq(id);
                legal_bundle.sealed of legal_bundle::case_id.eq(id);
                subject_access_part.sealed of subject_access_part::case_id.eq(id);
                retention_hold.sealed of retention_hold::case_id.eq(id);
                retention_hold.released_sealed of retention_hold::case_id.eq(id);
            }
            for (index, cell, was) in openings_of(tx, id)? {
                if let Some(new) = f(tx, cell, &was)? {
                    diesel::update(disclosure_private::table.find(index)).set(disclosure_private::openings.eq(new)).execute(tx.conn)?;
                }
            }
        }
    }
    Ok(())
}

/// The openings of a case, still sealed: the index of the entry and the cell of each.
fn openings_of(tx: &mut Tx<'_>, case: CaseId) -> Result<Vec<(i64, Cell, Vec<u8>)>> {
    let rows: Vec<(i64, String, Vec<u8>)> = disclosure_private::table
        .inner_join(disclosure_entry::table.on(disclosure_entry::idx.eq(disclosure_private::idx)))
        .filter(disclosure_private::case_id.eq(case))
        .select((disclosure_private::idx, disclosure_entry::body, disclosure_private::openings))
        .load(tx.conn)?;
    let cell = |(index, body, sealed): (i64, String, Vec<u8>)| {
        let named: Named = serde_json::from_str(&body).map_err(|_| Error::Corrupt("log entry"))?;
        Ok((index, openings_cell(named.id, case), sealed))
    };
    rows.into_iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::act;
    use crate::db::people;
    use crate::db::testing::{Scratch, now, permit};
    use crate::domain::person::PersonContent;

    #[test]
    fn a_key_that_something_is_still_sealed_under_is_kept_until_the_next_sweep() {
        let scratch = Scratch::new();
        let leave = permit::<act::PersonCreate>(&scratch.adviser("Jo Ashdown"));
        let id = scratch.write(move |tx| people::insert(tx, &leave, PersonContent::nobody(), Vec::new(), now())).unwrap();
        let stored = || scratch.read(move |tx| Ok(person::table.find(id).select(person::sealed).first::<Vec<u8>>(tx.conn)?)).unwrap();
        let old = stored();
        let owner = Owner::Person(id);
        scratch.write(move |tx| reseal(tx, owner, now())).unwrap();
        // A change that ran beside it still knew the old key only.
        scratch.write(move |tx| Ok(diesel::update(person::table.find(id)).set(person::sealed.eq(old)).execute(tx.conn)?)).unwrap();
        let sweep_it = || scratch.write(move |tx| sweep(tx, owner, now())).unwrap();
        assert_eq!(sweep_it(), 0);
        assert_eq!(sealed::version_of(&stored()).unwrap(), 2);
        assert_eq!(sweep_it(), 1);
        scratch.read(move |tx| people::open(tx, id).map(drop)).unwrap();
    }
}
