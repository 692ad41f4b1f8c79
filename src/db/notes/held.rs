//! What a disclosure, or a permission that names notes, looks at of them.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::{Details, Row, Text, corrections, visible};
use crate::authz::{Act, Permit};
use crate::db::error::{Error, Result};
use crate::db::schema::note;
use crate::db::scope;
use crate::db::tx::Tx;
use crate::domain::ids::{CaseId, NoteId, PersonId};
use crate::domain::text::LongText;
use crate::domain::vocabulary::{InformationCategory, NoteKind};

/// What a disclosure looks at of a note.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of the note, and any of them may hold with any other")]
#[derive(Clone, Debug)]
pub struct HeldNote {
    /// The note.
    pub id: NoteId,
    /// Whose confidence it is.
    pub from: Option<PersonId>,
    /// About whom it is.
    pub about: Vec<PersonId>,
    /// What kinds of information it holds.
    pub categories: Vec<InformationCategory>,
    /// Whether it stays in confidence.
    pub keep_confidential: bool,
    /// Who wishes that, if not whoever it is from.
    pub wish_by: Option<PersonId>,
    /// Whether it names people who do not take part in the case.
    pub names_others: bool,
    /// Whether it may be passed on, for all that whoever gave it said.
    pub onward_sharing: bool,
    /// Whether a correction has taken its place.
    pub superseded: bool,
    concern: Option<LongText>,
    action_taken: Option<LongText>,
}

impl HeldNote {
    /// What it says: the concern, a line feed, the action taken.
    #[must_use]
    pub fn content(&self) -> String {
        let text = |part: &Option<LongText>| part.as_ref().map_or_else(String::new, |text| text.0.clone());
        format!("{}\n{}", text(&self.concern), text(&self.action_taken))
    }
}

/// Notes to be disclosed, in the order asked. Each is of this case and in scope, or nothing is found.
pub fn for_disclosure(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, notes: &[NoteId]) -> Result<Vec<HeldNote>> {
    let distinct: HashSet<NoteId> = notes.iter().copied().collect();
    let rows: Vec<Row> = scope::found(permit.scope(), |scope| {
        let rows: Vec<Row> = note::table
            .filter(note::id.eq_any(distinct.iter().copied()))
            .filter(note::case_id.eq(case))
            .filter(visible(scope))
            .load(tx.conn)?;
        if rows.len() == distinct.len() { Ok(rows) } else { Err(diesel::NotFound) }
    })?;
    let corrected = corrections(tx, notes)?;
    let mut held = HashMap::with_capacity(rows.len());
    for row in rows {
        let Text { concern, action_taken, .. } = row.text(tx)?;
        let Details { from, about, categories, keep_confidential, wish_by, names_others, provenance, .. } = row.details.0;
        // What outsiders told stays here unless they agreed, and where nothing is recorded nobody agreed (C12).
        let onward_sharing = provenance.map_or(row.kind != NoteKind::InformationReceived, |source| source.onward_sharing);
        let superseded = corrected.contains_key(&row.id);
        held.insert(
            row.id,
            HeldNote {
                id: row.id,
                from,
                about,
                categories,
                keep_confidential,
                wish_by,
                names_others,
                onward_sharing,
                superseded,
                concern,
                action_taken,
            },
        );
    }
    notes.iter().map(|id| held.get(id).cloned().ok_or(Error::NotFound)).collect()
}

/// Those of these notes that are of this case and in scope.
pub fn known(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, notes: &[NoteId]) -> Result<HashSet<NoteId>> {
    let found: Vec<NoteId> = note::table
        .filter(note::id.eq_any(notes.iter().copied()))
        .filter(note::case_id.eq(case))
        .filter(visible(permit.scope()))
        .select(note::id)
        .load(tx.conn)?;
    Ok(found.into_iter().collect())
}
