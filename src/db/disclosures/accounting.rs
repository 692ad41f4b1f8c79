//! What somebody may be told of what was passed on about them, and what is kept from them (C9, C17).

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;

use super::{Row, kept_back};
use crate::authz::{Act, Permit};
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::schema::disclosure;
use crate::db::sealed::Owner;
use crate::db::tx::Tx;
use crate::db::{concerns, notes};
use crate::domain::disclosure::DisclosureContent;
use crate::domain::ids::{CaseId, ConcernId, NoteId, PersonId, SarId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, ToldSubject};

/// The notes of these cases, by their first versions, that were passed on because of a risk which is kept from any of these people on this day, each with
/// the last day of that (C17): of each group of people by itself, in as many queries for many as for one. A correction of what is kept from somebody is
/// kept from them, too.
pub(in crate::db) fn withheld(
    tx: &mut Tx<'_>,
    cases: &BTreeSet<CaseId>,
    from: &[BTreeSet<PersonId>],
    today: NaiveDate,
) -> Result<Vec<HashMap<NoteId, NaiveDate>>> {
    let hidden = concerns::hidden_from_each(tx, cases, from, today)?;
    let mut withheld = vec![HashMap::new(); from.len()];
    if hidden.iter().all(HashMap::is_empty) {
        return Ok(withheld);
    }
    let of_a_risk = disclosure::table.filter(disclosure::case_id.eq_any(cases.clone())).filter(disclosure::concern_id.is_not_null());
    let mut passed_on: Vec<(ConcernId, Vec<NoteId>)> = Vec::new();
    for row in of_a_risk.load::<Row>(tx.conn)? {
        if let Some(concern) = row.concern_id.filter(|concern| hidden.iter().any(|hidden| hidden.contains_key(concern))) {
            passed_on.push((concern, row.content(tx)?.note_ids));
        }
    }
    let notes: BTreeSet<NoteId> = passed_on.iter().flat_map(|(_, notes)| notes.iter().copied()).collect();
    let firsts = notes::firsts(tx, notes)?;
    for (withheld, hidden) in withheld.iter_mut().zip(&hidden) {
        for (concern, notes) in &passed_on {
            let Some(last) = hidden.get(concern) else { continue };
            for first in notes.iter().filter_map(|note| firsts.get(note)) {
                let known = withheld.entry(*first).or_insert(*last);
                *known = *last.max(known);
            }
        }
    }
    Ok(withheld)
}

/// What was passed on about somebody until then, of each of these cases, which the caller found in scope, as far as whoever asks may be told: not this
/// answer itself, nor what names nobody or was not sent after all, and of a risk only what they were told before.
pub fn passed_on(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    cases: &BTreeSet<CaseId>,
    (subject, asking): (PersonId, PersonId),
    answer: SarId,
    until: Timestamp,
) -> Result<HashMap<CaseId, Vec<(Timestamp, DisclosureContent)>>> {
    let theirs = Counted::among(tx, [subject])?.everybody();
    let from = Counted::among(tx, [subject, asking])?.everybody();
    let hidden = concerns::hidden_from(tx, cases, &from, until.day())?;
    let rows = disclosure::table.filter(disclosure::case_id.eq_any(cases.clone())).filter(disclosure::id.ne_all(kept_back()));
    let rows: Vec<Row> = rows.order(disclosure::id.asc()).load(tx.conn)?;
    tx.fetch_keys(rows.iter().map(|row| Owner::Case(row.case_id)))?;
    let mut told: HashMap<CaseId, Vec<_>> = HashMap::new();
    for row in rows {
        let decided = &row.details.0;
        let about = decided.data_subject_ids.iter().any(|person| theirs.contains(person));
        let kept = row.basis == Basis::Anonymised || row.concern_id.is_some_and(|concern| hidden.contains_key(&concern));
        if !about || kept || decided.sar_id == Some(answer) || decided.sent_at > until {
            continue;
        }
        let content = row.content(tx)?;
        if row.basis != Basis::Safeguarding || content.told_subject == Some(ToldSubject::Yes) {
            told.entry(row.case_id).or_default().push((row.details.0.sent_at, content));
        }
    }
    Ok(told)
}
