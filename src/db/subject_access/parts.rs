//! What of a request belongs to one case (C9): what was decided of its notes, and what left. It is sealed under the key of the case and goes with it.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ENDED, Right, visible};
use crate::authz::{Act, Permit, Scope, act};
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::named::{self, NamedBy};
use crate::db::participants;
use crate::db::schema::{subject_access_part, subject_access_request};
use crate::db::sealed::{Cell, Owner};
use crate::db::stored::AnyId;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, DisclosureId, NoteId, PersonId, SarId, SarPartId};
use crate::domain::subject_access::SarItem;
use crate::domain::subject_access_letter::OfCase;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::SarStatus;

#[derive(Queryable, Selectable)]
#[diesel(table_name = subject_access_part)]
struct Row {
    id: SarPartId,
    case_id: CaseId,
    sealed: Vec<u8>,
}

/// What is sealed of a part.
#[derive(Default, Serialize, Deserialize)]
struct Told {
    items: Vec<SarItem>,
    disclosure_ids: Vec<DisclosureId>,
    said: Option<OfCase>,
}

/// What of a request belongs to one case.
#[derive(Debug)]
pub struct Part {
    /// The case.
    pub case_id: CaseId,
    /// What was decided of its notes.
    pub items: Vec<SarItem>,
    /// What left of it.
    pub disclosure_ids: Vec<DisclosureId>,
    /// What the answer that was sent says of it.
    pub said: Option<OfCase>,
}

impl Part {
    /// The notes that go.
    #[must_use]
    pub fn going(&self) -> Vec<NoteId> {
        self.items.iter().filter(|item| item.goes()).map(|item| item.note_id).collect()
    }
}

fn cell(id: SarPartId, case: CaseId) -> Cell {
    Cell::of("subject_access_part", id.0, Owner::Case(case))
}

/// The parts of a request, which the caller found in scope, in the order of the cases.
pub(super) fn of(tx: &mut Tx<'_>, id: SarId) -> Result<Vec<Part>> {
    let of = subject_access_part::table.filter(subject_access_part::sar_id.eq(id)).order(subject_access_part::case_id.asc());
    let rows: Vec<Row> = of.select(Row::as_select()).load(tx.conn)?;
    tx.fetch_keys(rows.iter().map(|row| Owner::Case(row.case_id)))?;
    let open = |row: Row| {
        let Told { items, disclosure_ids, said } = tx.open(cell(row.id, row.case_id), &row.sealed)?;
        Ok(Part { case_id: row.case_id, items, disclosure_ids, said })
    };
    rows.into_iter().map(open).collect()
}

/// Writes what was decided of the notes of each case; of one that is not named, nothing is decided any more. It takes as many queries for many cases as
/// for one.
pub fn put(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    (sar_id, right): (SarId, Right),
    mut items: BTreeMap<CaseId, Vec<SarItem>>,
    now: Timestamp,
) -> Result<()> {
    let rows: Vec<(SarPartId, CaseId)> = subject_access_part::table
        .filter(subject_access_part::sar_id.eq(sar_id))
        .order(subject_access_part::case_id.asc())
        .select((subject_access_part::id, subject_access_part::case_id))
        .load(tx.conn)?;
    tx.fetch_keys(rows.iter().map(|(_, case)| *case).chain(items.keys().copied()).map(Owner::Case))?;
    let mut known = Vec::with_capacity(rows.len());
    for (part, case) in rows {
        let told = Told { items: items.remove(&case).unwrap_or_default(), ..Told::default() };
        known.push((AnyId(part.0), tx.seal(cell(part, case), &told)?));
    }
    tx.conn.put_sealed("subject_access_part", known)?;
    let (cases, mut new): (Vec<CaseId>, _) = (items.keys().copied().collect(), Vec::with_capacity(items.len()));
    for (case, items) in items {
        let part = SarPartId::mint();
        new.push((part, case, tx.seal(cell(part, case), &Told { items, ..Told::default() })?));
    }
    tx.conn.add_parts(sar_id, new, now)?;
    // They stay on record as long as it does.
    named::note_in_each(tx, &cases, [right.subject, right.requester], NamedBy::Other)
}

/// Writes what the answer says of a case, and by which disclosures that left, beside what was decided.
pub fn sent(
    tx: &mut Tx<'_>,
    _permit: &Permit<act::SarDispatch>,
    (id, case): (SarId, CaseId),
    said: OfCase,
    disclosure_ids: Vec<DisclosureId>,
) -> Result<()> {
    let here = subject_access_part::table.filter(subject_access_part::sar_id.eq(id)).filter(subject_access_part::case_id.eq(case));
    let row = here.select(Row::as_select()).first(tx.conn)?;
    let Told { items, .. } = tx.open(cell(row.id, case), &row.sealed)?;
    let sealed = tx.seal(cell(row.id, case), &Told { items, disclosure_ids, said: Some(said) })?;
    diesel::update(subject_access_part::table.find(row.id)).set(subject_access_part::sealed.eq(sealed)).execute(tx.conn)?;
    Ok(())
}

/// What was decided of these notes, which are moved to another case, loses its words in every answer that was not sent: nothing of another family stays
/// under the key of this one (C8). That something was decided of them stays, so that no answer is sent before it is decided anew. The caller holds the case.
pub(in crate::db) fn forget(tx: &mut Tx<'_>, case_id: CaseId, notes: &[NoteId]) -> Result<()> {
    let unsent =
        subject_access_request::table.filter(subject_access_request::status.ne(SarStatus::Sent)).select(subject_access_request::id);
    let here =
        subject_access_part::table.filter(subject_access_part::case_id.eq(case_id)).filter(subject_access_part::sar_id.eq_any(unsent));
    for row in here.select(Row::as_select()).load(tx.conn)? {
        let mut told: Told = tx.open(cell(row.id, case_id), &row.sealed)?;
        let mut emptied = false;
        for item in told.items.iter_mut().filter(|item| notes.contains(&item.note_id)) {
            (item.reason, item.redacted_text) = (None, None);
            emptied = true;
        }
        if emptied {
            let sealed = tx.seal(cell(row.id, case_id), &told)?;
            diesel::update(subject_access_part::table.find(row.id)).set(subject_access_part::sealed.eq(sealed)).execute(tx.conn)?;
        }
    }
    Ok(())
}

/// Those of these cases in which somebody takes part about whom a request is open: what is held of them is kept until it is answered (C16). Of all
/// requests, or of those in a scope.
pub(in crate::db) fn held_cases(tx: &mut Tx<'_>, cases: &[CaseId], within: Option<Scope>) -> Result<HashSet<CaseId>> {
    let mut open = subject_access_request::table.filter(subject_access_request::status.ne_all(ENDED)).into_boxed();
    if let Some(scope) = within {
        open = open.filter(visible(scope));
    }
    let subjects: Vec<PersonId> = open.select(subject_access_request::subject_id).distinct().load(tx.conn)?;
    let subjects: Vec<PersonId> = Counted::among(tx, subjects)?.everybody().into_iter().collect();
    let theirs = participants::cases_of(tx, &subjects)?;
    Ok(theirs.into_iter().filter(|case| cases.contains(case)).collect())
}

/// The requests that go with these cases and people: those that are about no case that stays, and of those about none, those whose subject or requester
/// goes.
pub(in crate::db) fn going(tx: &mut Tx<'_>, cases: &[CaseId], people: &[PersonId]) -> Result<Vec<SarId>> {
    let parts = || subject_access_part::table.select(subject_access_part::sar_id);
    let within = parts().filter(subject_access_part::case_id.eq_any(cases.to_vec())).distinct();
    let mut going: Vec<SarId> = within.load(tx.conn)?;
    let beyond = parts().filter(subject_access_part::sar_id.eq_any(going.clone()));
    let beyond: Vec<SarId> = beyond.filter(subject_access_part::case_id.ne_all(cases.to_vec())).load(tx.conn)?;
    going.retain(|id| !beyond.contains(id));
    let named = subject_access_request::subject_id.eq_any(people.to_vec()).or(subject_access_request::requester_id.eq_any(people.to_vec()));
    let about_none = subject_access_request::table.filter(named).filter(subject_access_request::id.ne_all(parts()));
    going.extend(about_none.select(subject_access_request::id).load::<SarId>(tx.conn)?);
    Ok(going)
}
