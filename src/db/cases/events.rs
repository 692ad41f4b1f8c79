//! What was done to a case or to a part in it, a row each time: for its timeline, and for the levels of intervention it had. And what everything that
//! is recorded in a case does to the case.

use diesel::prelude::*;

use crate::authz::{Act, Permit};
use crate::db::disposals;
use crate::db::error::Result;
use crate::db::named::{self, NamedBy};
use crate::db::schema::case_event;
use crate::db::staff::Names;
use crate::db::tx::Tx;
use crate::domain::case::LevelSet;
use crate::domain::ids::{CaseEventId, CaseId, ParticipantId, PersonId, StaffId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{InterventionLevel, TimelineKind};

/// A level, since when, and who set it.
type Level = (InterventionLevel, Timestamp, StaffId);

/// They with the names of those who set them.
pub(super) fn told(levels: Vec<Level>, names: &Names) -> Vec<LevelSet> {
    levels.into_iter().map(|(intervention_level, at, by)| LevelSet { intervention_level, at, by: names.get(by) }).collect()
}

/// The levels of intervention a case had, oldest first.
pub(super) fn levels(tx: &mut Tx<'_>, id: CaseId) -> Result<Vec<Level>> {
    Ok(case_event::table
        .filter(case_event::case_id.eq(id))
        .filter(case_event::intervention_level.is_not_null())
        .order((case_event::created_at.asc(), case_event::id.asc()))
        .select((case_event::intervention_level.assume_not_null(), case_event::created_at, case_event::recorded_by))
        .load(tx.conn)?)
}

/// Something was recorded in a case that the caller holds, and names these people: it is proposed for disposal no longer, and whoever of them takes no
/// part in it stays on record with it (C16).
pub(in crate::db) fn recorded(
    tx: &mut Tx<'_>,
    case: CaseId,
    (names, named_by): (impl IntoIterator<Item = PersonId>, NamedBy),
    by: StaffId,
    now: Timestamp,
) -> Result<()> {
    disposals::take_out(tx, case, by, now)?;
    named::note(tx, case, names, named_by)
}

/// Notes what was done to a case that the caller holds, and the level it has from now on, if that was set.
pub(in crate::db) fn happened(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: CaseId,
    kind: TimelineKind,
    level: Option<InterventionLevel>,
    now: Timestamp,
) -> Result<()> {
    note(tx, permit, (case, None), kind, level, now)
}

/// Notes what was done to somebody's part in a case.
pub fn happened_to(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    (case, participant): (CaseId, ParticipantId),
    kind: TimelineKind,
    now: Timestamp,
) -> Result<()> {
    note(tx, permit, (case, Some(participant)), kind, None, now)
}

fn note(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    (case, participant): (CaseId, Option<ParticipantId>),
    kind: TimelineKind,
    level: Option<InterventionLevel>,
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(case_event::table)
        .values((
            case_event::id.eq(CaseEventId::mint()),
            case_event::case_id.eq(case),
            case_event::kind.eq(kind),
            case_event::intervention_level.eq(level),
            case_event::participant_id.eq(participant),
            case_event::created_at.eq(now),
            case_event::recorded_by.eq(permit.staff()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
