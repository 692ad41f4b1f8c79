//! What a disclosure, or a permission that names notes, looks at of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::{Details, Row, Text, corrections, visible};
use crate::authz::{Act, Permit};
use crate::db::conn::Conn;
use crate::db::error::{Error, Result};
use crate::db::schema::note;
use crate::db::scope;
use crate::db::sealed::Owner;
use crate::db::tx::Tx;
use crate::domain::disclosure::NoteFact;
use crate::domain::ids::{CaseId, NoteId, PersonId};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::InformationCategory;

/// A note to be disclosed, opened. Notes are append-only, so all of it stays true but for whether a correction has taken its place: that is asked
/// behind the guards, by [`facts`].
#[derive(Clone, Debug)]
pub struct HeldNote {
    fact: NoteFact,
    case_id: CaseId,
    first_id: NoteId,
    occurred_at: Timestamp,
    concern: Option<LongText>,
    action_taken: Option<LongText>,
    /// What goes in its place, if it goes in part only.
    redacted: Option<LongText>,
}

impl HeldNote {
    /// The same, of which no more goes than these words.
    #[must_use]
    pub fn redacted(self, words: Option<LongText>) -> Self {
        Self { redacted: words, ..self }
    }

    /// Whether it goes in part only.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        self.redacted.is_some()
    }

    /// Which it is.
    #[must_use]
    pub fn id(&self) -> NoteId {
        self.fact.id
    }

    /// When it was that it tells of.
    #[must_use]
    pub fn occurred_at(&self) -> Timestamp {
        self.occurred_at
    }

    /// Its first version.
    pub(in crate::db) fn first_id(&self) -> NoteId {
        self.first_id
    }

    /// What kinds of information it holds.
    #[must_use]
    pub fn categories(&self) -> &[InformationCategory] {
        &self.fact.categories
    }

    /// Whom it is about.
    #[must_use]
    pub fn about(&self) -> &[PersonId] {
        &self.fact.about
    }

    /// Whom it is from and about.
    pub fn people(&self) -> impl Iterator<Item = PersonId> {
        self.fact.about.iter().copied().chain(self.fact.from)
    }

    /// What it says: the concern, a line feed, the action taken; or what goes in the place of that.
    #[must_use]
    pub fn content(&self) -> String {
        if let Some(words) = &self.redacted {
            return words.0.clone();
        }
        let text = |part: &Option<LongText>| part.as_ref().map_or_else(String::new, |text| text.0.clone());
        format!("{}\n{}", text(&self.concern), text(&self.action_taken))
    }
}

/// Notes to be disclosed, in the order asked. Each is of this case and in scope, or nothing is found.
pub fn for_disclosure(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, notes: &[NoteId]) -> Result<Vec<HeldNote>> {
    let held = for_disclosure_in(tx, permit, &[(case, notes.to_vec())].into())?;
    Ok(held.into_values().flatten().collect())
}

/// The same of several cases, in as many queries for many as for one.
pub fn for_disclosure_in(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    wanted: &BTreeMap<CaseId, Vec<NoteId>>,
) -> Result<BTreeMap<CaseId, Vec<HeldNote>>> {
    let distinct: HashSet<NoteId> = wanted.values().flatten().copied().collect();
    let find = |conn: &mut Conn, scope| {
        let rows: Vec<Row> = note::table
            .filter(note::id.eq_any(distinct.iter().copied()))
            .filter(note::case_id.eq_any(wanted.keys().copied()))
            .filter(note::sealed.is_not_null())
            .filter(visible(scope))
            .load(conn)?;
        if rows.len() == distinct.len() { Ok(rows) } else { Err(diesel::NotFound) }
    };
    let rows: Vec<Row> = scope::found(tx, permit.scope(), find, |_| wanted.keys().copied())?;
    tx.fetch_keys(rows.iter().map(|row| Owner::Case(row.case_id)))?;
    let held = hold(tx, rows)?;
    let of_case = |(case, notes): (&CaseId, &Vec<NoteId>)| {
        let of = |id: &NoteId| held.get(id).filter(|note| note.case_id == *case).cloned().ok_or(Error::NotFound);
        Ok((*case, notes.iter().map(of).collect::<Result<_>>()?))
    };
    wanted.iter().map(of_case).collect()
}

fn hold(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<HashMap<NoteId, HeldNote>> {
    let mut held = HashMap::with_capacity(rows.len());
    for row in rows {
        let Text { concern, action_taken, .. } = row.text(tx)?.ok_or(Error::NotFound)?;
        let Row { id, case_id, first_id, occurred_at, .. } = row;
        let onward_sharing = row.details.0.onward_sharing(row.kind);
        let Details { from, about, categories, keep_confidential, wish_by, names_others, .. } = row.details.0;
        let fact = NoteFact { id, from, about, categories, keep_confidential, wish_by, names_others, onward_sharing, superseded: false };
        held.insert(id, HeldNote { fact, case_id, first_id, occurred_at, concern, action_taken, redacted: None });
    }
    Ok(held)
}

/// The notes of a draft, whoever may see them, as far as they are still in its case: facts of a decision that never leave it.
pub(in crate::db) fn of_draft(tx: &mut Tx<'_>, case: CaseId, notes: &[NoteId]) -> Result<Vec<HeldNote>> {
    let rows: Vec<Row> = note::table
        .filter(note::id.eq_any(notes.iter().copied()))
        .filter(note::case_id.eq(case))
        .filter(note::sealed.is_not_null())
        .load(tx.conn)?;
    Ok(hold(tx, rows)?.into_values().collect())
}

/// What the decision looks at of these notes: with the corrections there are now, behind the guards of the people they are about (R16).
pub(in crate::db) fn facts(tx: &mut Tx<'_>, held: &[HeldNote]) -> Result<Vec<NoteFact>> {
    let ids: Vec<NoteId> = held.iter().map(|note| note.fact.id).collect();
    let corrected = corrections(tx, &ids)?;
    Ok(held.iter().map(|note| NoteFact { superseded: corrected.contains_key(&note.fact.id), ..note.fact.clone() }).collect())
}

/// All of these notes are of this case and in scope, or nothing is found.
pub fn require(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, notes: &[NoteId]) -> Result<()> {
    let distinct: HashSet<NoteId> = notes.iter().copied().collect();
    let find = |conn: &mut Conn, scope| {
        let readable: i64 = note::table
            .filter(note::id.eq_any(distinct.iter().copied()))
            .filter(note::case_id.eq(case))
            .filter(visible(scope))
            .count()
            .get_result(conn)?;
        if usize::try_from(readable) == Ok(distinct.len()) { Ok(()) } else { Err(diesel::NotFound) }
    };
    scope::found(tx, permit.scope(), find, |()| [case])
}

/// Those of these notes that are of this case, were not moved away, and are in scope.
pub fn known(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, notes: &[NoteId]) -> Result<HashSet<NoteId>> {
    let found: Vec<NoteId> = note::table
        .filter(note::id.eq_any(notes.iter().copied()))
        .filter(note::case_id.eq(case))
        .filter(note::sealed.is_not_null())
        .filter(visible(permit.scope()))
        .select(note::id)
        .load(tx.conn)?;
    Ok(found.into_iter().collect())
}
