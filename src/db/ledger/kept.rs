//! What is kept of decisions beside the log, to make them again (C3, C13).

use std::collections::HashMap;

use diesel::prelude::*;

use super::disclosures::{Named, openings_cell};
use crate::db::error::{Error, Result};
use crate::db::schema::{disclosure_case_ix, disclosure_entry, disclosure_private};
use crate::db::sealed::{KeyUse, Owner};
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::vocabulary::{DisclosureLogKind, Vocabulary};
use crate::ledger::{CaseKey, Opening};

/// An entry about a disclosure made or refused, with what is kept beside it.
#[derive(Debug)]
pub struct Kept {
    /// Its place in the log.
    pub index: i64,
    /// The bytes that were hashed.
    pub body: String,
    /// What stands beside it.
    pub private: Private,
}

/// What stands beside an entry.
#[derive(Debug)]
pub enum Private {
    /// Nothing: it went with its case (C16).
    Erased,
    /// Nothing, although its case is there.
    Missing,
    /// Something that cannot be read.
    Unreadable,
    /// What its commitments stand for, and the key they were made with.
    Open {
        /// The values.
        openings: Vec<Opening>,
        /// The key of the case.
        key: CaseKey,
    },
}

/// So many of the entries about disclosures made or refused, from an index up to, but without, another one; in the order of the log.
///
/// It needs no permit: it answers nobody, but the operator who has the database and its keys.
pub fn kept(tx: &mut Tx<'_>, from: i64, to: i64, most: i64) -> Result<Vec<Kept>> {
    let decisions = [DisclosureLogKind::DisclosureMade, DisclosureLogKind::DisclosureRefused].map(Vocabulary::as_str);
    let entries: Vec<(i64, String)> = disclosure_entry::table
        .filter(disclosure_entry::idx.ge(from))
        .filter(disclosure_entry::idx.lt(to))
        .filter(disclosure_entry::kind.eq_any(decisions))
        .order(disclosure_entry::idx.asc())
        .limit(most)
        .select((disclosure_entry::idx, disclosure_entry::body))
        .load(tx.conn)?;
    let indexes: Vec<i64> = entries.iter().map(|(index, _)| *index).collect();
    let private: Vec<(i64, CaseId, Vec<u8>)> = disclosure_private::table
        .filter(disclosure_private::idx.eq_any(indexes))
        .select((disclosure_private::idx, disclosure_private::case_id, disclosure_private::openings))
        .load(tx.conn)?;
    tx.fetch_keys(private.iter().map(|(_, case, _)| Owner::Case(*case)))?;
    let mut private: HashMap<i64, (CaseId, Vec<u8>)> = private.into_iter().map(|(index, case, sealed)| (index, (case, sealed))).collect();
    let bare: Vec<i64> = entries.iter().map(|(index, _)| *index).filter(|index| !private.contains_key(index)).collect();
    let of_case: Vec<i64> = if bare.is_empty() {
        Vec::new()
    } else {
        disclosure_case_ix::table.filter(disclosure_case_ix::idx.eq_any(bare)).select(disclosure_case_ix::idx).load(tx.conn)?
    };
    let mut kept = Vec::with_capacity(entries.len());
    for (index, body) in entries {
        let private = match private.remove(&index) {
            Some((case, sealed)) => open(tx, &body, case, &sealed)?,
            None if of_case.contains(&index) => Private::Missing,
            None => Private::Erased,
        };
        kept.push(Kept { index, body, private });
    }
    Ok(kept)
}

/// What stands beside an entry, opened: its place, its id, what its commitments stand for, and the key of its case.
pub type Opened = (i64, EntryId, Vec<Opening>, CaseKey);

/// So many entries that something stands beside, from an index on: what their commitments stand for, with the key of their case. Of what cannot be opened
/// nothing is shown.
///
/// It needs no permit, as above.
pub fn opened(tx: &mut Tx<'_>, from: i64, most: i64) -> Result<Vec<Opened>> {
    let rows: Vec<(i64, CaseId, Vec<u8>, String)> = disclosure_private::table
        .inner_join(disclosure_entry::table.on(disclosure_entry::idx.eq(disclosure_private::idx)))
        .filter(disclosure_private::idx.ge(from))
        .order(disclosure_private::idx.asc())
        .limit(most)
        .select((disclosure_private::idx, disclosure_private::case_id, disclosure_private::openings, disclosure_entry::body))
        .load(tx.conn)?;
    tx.fetch_keys(rows.iter().map(|(_, case, ..)| Owner::Case(*case)))?;
    let mut shown = Vec::with_capacity(rows.len());
    for (index, case, sealed, body) in rows {
        let id = serde_json::from_str::<Named>(&body).map_err(|_| Error::Corrupt("log entry"))?.id;
        let key = CaseKey::new(tx.key(Owner::Case(case), KeyUse::Ledger)?);
        shown.push((index, id, tx.open(openings_cell(id, case), &sealed)?, key));
    }
    Ok(shown)
}

fn open(tx: &mut Tx<'_>, body: &str, case: CaseId, sealed: &[u8]) -> Result<Private> {
    let mut opened = || {
        let id = serde_json::from_str::<Named>(body).map_err(|_| Error::Corrupt("log entry"))?.id;
        let key = CaseKey::new(tx.key(Owner::Case(case), KeyUse::Ledger)?);
        Ok(Private::Open { openings: tx.open(openings_cell(id, case), sealed)?, key })
    };
    opened().or_else(|error| match error {
        // The keys of the case were destroyed.
        Error::NotFound => Ok(Private::Erased),
        Error::Corrupt(_) => Ok(Private::Unreadable),
        error => Err(error),
    })
}
