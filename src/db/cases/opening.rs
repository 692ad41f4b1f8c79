//! A case as it is opened: whole at once, with its keys, its people, who works on it and who may open it, so that nobody sees it before that is said.

use diesel::prelude::*;

use super::acts::changed_row;
use super::{Because, CONFLICTED, Details, Keep, NAMED, Row, Standings, Told, cell, happened, place, reference, setting_digest};
use crate::authz::{Permit, act};
use crate::db::error::Result;
use crate::db::participants;
use crate::db::schema::case_file;
use crate::db::sealed::Owner;
use crate::db::tx::Tx;
use crate::domain::case::{Case, CaseContent};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::participant::NewParticipant;
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{CaseStatus, TimelineKind};

/// With whom a case begins.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// Who works on it.
    pub worker: StaffId,
    /// Whether only named staff may open it.
    pub restricted: bool,
    /// Who is named on it, and who is kept away.
    pub standings: Standings,
    /// Why, if somebody said so.
    pub reason: Option<LongText>,
}

impl Beginning {
    /// Somebody works on it and, where only named staff may open it, is the one who is named.
    #[must_use]
    pub fn with(worker: StaffId, restricted: bool) -> Self {
        let named = restricted.then_some(worker).into_iter().collect();
        Self { worker, restricted, standings: Standings { named, ..Standings::default() }, reason: None }
    }
}

/// Opens a case with its keys and its people. The caller has taken their guards (R16).
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<act::CaseOpen>,
    content: CaseContent,
    participants: Vec<NewParticipant>,
    beginning: Beginning,
    now: Timestamp,
) -> Result<CaseId> {
    let id = CaseId::mint();
    tx.create_keys(Owner::Case(id), now)?;
    let reference = reference(tx, now)?;
    let (details, setting_digest) = (Details::of(&content), setting_digest(tx, &content));
    let Beginning { worker, restricted, standings, reason } = beginning;
    let said = reason.is_some();
    let restrictions = reason.into_iter().map(|reason| Because { at: now, by: permit.staff(), reason }).collect();
    let told = Told { setting_name: content.setting_name, summary: content.summary, restrictions, ..Told::default() };
    let row = Row {
        id,
        reference,
        status: CaseStatus::Open,
        intervention_level: content.intervention_level,
        sen_provision: content.sen_provision,
        setting: content.setting,
        setting_digest,
        area: content.area,
        outcome: content.outcome,
        details,
        sealed: tx.seal(cell(id), &told)?,
        restricted,
        assigned_to: worker,
        assigned_by: permit.staff(),
        opened_at: now,
        closed_at: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(case_file::table).values(row).execute(tx.conn)?;
    tx.shows([id]);
    happened(tx, permit, id, TimelineKind::CaseOpened, Some(content.intervention_level), now)?;
    if worker != permit.staff() {
        happened(tx, permit, id, TimelineKind::CaseAssigned, None, now)?;
    }
    if said {
        happened(tx, permit, id, TimelineKind::RestrictionChanged, None, now)?;
    }
    place(tx, id, NAMED, standings.named)?;
    place(tx, id, CONFLICTED, standings.conflicted)?;
    participants.into_iter().try_for_each(|new| participants::enter(tx, permit, id, new, now).map(drop))?;
    Ok(id)
}

/// A case as it is shown to whoever has just opened it, even if they may not open it again.
pub fn opened(tx: &mut Tx<'_>, permit: &Permit<act::CaseOpen>, id: CaseId, keep: Keep<'_>) -> Result<Case> {
    changed_row(tx, permit, id, keep)
}
