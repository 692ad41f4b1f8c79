//! What is done to a case: changed, closed, reopened, assigned, restricted; and what may stand in the way.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;

use super::{Because, CONFLICTED, Details, Keep, NAMED, happened, recorded, require, row, setting_digest, standings, view};
use crate::authz::{Act, Permit, act};
use crate::db::conn::RowLock;
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::named::NamedBy;
use crate::db::schema::{case_file, case_staff, consent, participant, safeguarding_concern};
use crate::db::scope;
use crate::db::staff::stale_unless;
use crate::db::tx::Tx;
use crate::domain::case::{Case, CaseRestriction, CaseUpdate, WorkStatus};
use crate::domain::ids::{CaseId, PersonId, StaffId};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{CaseStatus, ConcernStatus, ConsentDecision, ConsentStatus, Outcome, TimelineKind};

/// Whether a safeguarding concern of the case awaits its decision.
pub fn has_open_concern(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId) -> Result<bool> {
    require(tx, permit, id)?;
    let raised = safeguarding_concern::table
        .filter(safeguarding_concern::case_id.eq(id))
        .filter(safeguarding_concern::status.eq(ConcernStatus::Raised));
    Ok(diesel::select(exists(raised)).get_result(tx.conn)?)
}

/// Changes what is recorded of a case, and whether work on it goes on.
pub fn update(
    tx: &mut Tx<'_>,
    permit: &Permit<act::CaseUpdate>,
    id: CaseId,
    version: i32,
    update: CaseUpdate,
    now: Timestamp,
) -> Result<()> {
    let row = row(tx, permit, id)?;
    let CaseUpdate { content, status } = update;
    let (details, setting_digest) = (Details::of(&content), setting_digest(tx, &content));
    let sealed = row.retold(tx, |told| {
        told.setting_name = content.setting_name;
        told.summary = content.summary;
    })?;
    let changed = diesel::update(case_file::table.find(id).filter(case_file::version.eq(version)))
        .set((
            case_file::status.eq(CaseStatus::from(status)),
            case_file::intervention_level.eq(content.intervention_level),
            case_file::sen_provision.eq(content.sen_provision),
            case_file::setting.eq(content.setting),
            case_file::setting_digest.eq(setting_digest),
            case_file::area.eq(content.area),
            case_file::outcome.eq(content.outcome),
            case_file::details.eq(details),
            case_file::sealed.eq(sealed),
            case_file::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))?;
    if row.status != CaseStatus::from(status) {
        let kind = if status == WorkStatus::Open { TimelineKind::CaseResumed } else { TimelineKind::CasePaused };
        happened(tx, permit, id, kind, None, now)?;
    }
    if row.intervention_level != content.intervention_level {
        happened(tx, permit, id, TimelineKind::LevelChanged, Some(content.intervention_level), now)?;
    }
    Ok(())
}

/// Closes a case and ends its permissions. Refusals stay: they protect, and nobody took them back. The caller has taken the guards (R16).
pub fn close(tx: &mut Tx<'_>, permit: &Permit<act::CaseClose>, id: CaseId, version: i32, outcome: Outcome, now: Timestamp) -> Result<()> {
    let current = require(tx, permit, id)?;
    let live = consent::table
        .filter(consent::case_id.eq(id))
        .filter(consent::ended.is_null())
        .filter(consent::decision.eq(ConsentDecision::Given));
    diesel::update(live)
        .set((consent::ended.eq(ConsentStatus::Expired), consent::ended_at.eq(now), consent::version.eq(consent::version + 1)))
        .execute(tx.conn)?;
    let changed = diesel::update(case_file::table.find(id).filter(case_file::version.eq(version)))
        .set((
            case_file::status.eq(CaseStatus::Closed),
            case_file::closed_at.eq(now),
            case_file::outcome.eq(outcome),
            case_file::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(current.version))?;
    happened(tx, permit, id, TimelineKind::CaseClosed, None, now)
}

/// Reopens a case. What had ended stays so. The caller has taken the guards (R16).
pub fn reopen(tx: &mut Tx<'_>, permit: &Permit<act::CaseReopen>, id: CaseId, version: i32, reason: LongText, now: Timestamp) -> Result<()> {
    let row = row(tx, permit, id)?;
    let sealed = row.retold(tx, |told| told.reopenings.push(Because { at: now, by: permit.staff(), reason }))?;
    let changed = diesel::update(case_file::table.find(id).filter(case_file::version.eq(version)))
        .set((
            case_file::status.eq(CaseStatus::Open),
            case_file::closed_at.eq(None::<Timestamp>),
            case_file::sealed.eq(sealed),
            case_file::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))?;
    recorded(tx, id, ([], NamedBy::Other), permit.staff(), now)?;
    happened(tx, permit, id, TimelineKind::CaseReopened, None, now)
}

/// Whether this member of staff may never open the case.
pub fn is_conflicted(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, member: StaffId) -> Result<bool> {
    require(tx, permit, id)?;
    let kept_away = case_staff::table.find((id, member)).filter(case_staff::standing.eq(CONFLICTED));
    Ok(diesel::select(exists(kept_away)).get_result(tx.conn)?)
}

/// Until the transaction ends nobody else puts these members of staff on a case. They are held in the order of their ids, and after the guards of
/// people (R16), so that two never wait for each other.
pub fn hold_staff(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, members: &BTreeSet<StaffId>) -> Result<()> {
    members.iter().try_for_each(|member| tx.hold(RowLock::Staff, member.0))
}

/// Those of these members of staff who work with, or are named on, another case that is not closed and shares one of these people, where
/// that person is, or was, served separately here or there (C1); each with that case. It looks at all cases, whoever asks. Whoever puts one of them on a
/// case holds them first.
pub fn serving_other_side(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    case_id: Option<CaseId>,
    people: &[(PersonId, bool)],
    members: &BTreeSet<StaffId>,
) -> Result<Vec<(StaffId, CaseId)>> {
    let here: Vec<(Option<CaseId>, PersonId, bool)> = people.iter().map(|(person, apart)| (case_id, *person, *apart)).collect();
    let counted = Counted::among(tx, people.iter().map(|(person, _)| *person))?;
    let mut serving = Vec::new();
    for member in members {
        serving.extend(other_sides(tx, &here, &counted, *member)?.into_iter().map(|(_, case)| (*member, case)));
    }
    Ok(serving)
}

/// Those of these cases of whose people the caller serves another side, who are, or were, served separately here or there (C1); each with the case in
/// which they do.
pub fn other_sides_of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &BTreeSet<CaseId>) -> Result<BTreeSet<(CaseId, CaseId)>> {
    let here: Vec<(CaseId, PersonId, bool)> = participant::table
        .filter(participant::case_id.eq_any(cases.clone()))
        .select((participant::case_id, participant::person_id, participant::kept_apart))
        .load(tx.conn)?;
    let here: Vec<_> = here.into_iter().map(|(case, person, apart)| (Some(case), person, apart)).collect();
    let counted = Counted::among(tx, here.iter().map(|(_, person, _)| *person))?;
    let sides = other_sides(tx, &here, &counted, permit.staff())?;
    Ok(sides.into_iter().filter_map(|(here, there)| Some((here?, there))).collect())
}

/// Whether one of these cases is open, and the caller works with it, or is named on it.
pub fn serves_any(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &BTreeSet<CaseId>) -> Result<bool> {
    let own = served_by(permit.staff()).filter(case_file::id.eq_any(cases.clone()));
    Ok(diesel::select(exists(own)).get_result(tx.conn)?)
}

/// The open cases that this member of staff works with, or is named on.
#[auto_type(no_type_alias)]
fn served_by(member: StaffId) -> _ {
    let named: &'static str = NAMED;
    let closed: CaseStatus = CaseStatus::Closed;
    let standing = case_staff::table
        .filter(case_staff::case_id.eq(case_file::id))
        .filter(case_staff::staff_id.eq(member))
        .filter(case_staff::standing.eq(named));
    case_file::table
        .filter(case_file::status.ne(closed))
        .filter(case_file::assigned_to.eq(member).or(exists(standing)))
        .select(case_file::id)
}

/// Who takes part in the open cases that the caller works with, or is named on, and whether they are, or were, apart there; of none that is hidden
/// from them by now.
pub fn parts_of_own(tx: &mut Tx<'_>, permit: &Permit<impl Act>) -> Result<Vec<(PersonId, bool)>> {
    let own = participant::table
        .filter(participant::case_id.eq_any(served_by(permit.staff())))
        .filter(participant::case_id.eq_any(scope::cases(permit.scope())))
        .select((participant::person_id, participant::kept_apart));
    Ok(own.load(tx.conn)?)
}

/// The open cases of this member of staff in which one of these people takes part, who is apart from them there or here; each with the case here.
/// Whoever is one with somebody is on the same side (C2), and a case has no other side than itself.
fn other_sides(
    tx: &mut Tx<'_>,
    here: &[(Option<CaseId>, PersonId, bool)],
    counted: &Counted,
    member: StaffId,
) -> Result<BTreeSet<(Option<CaseId>, CaseId)>> {
    let there: Vec<(CaseId, PersonId, bool)> = participant::table
        .filter(participant::person_id.eq_any(counted.everybody()))
        .filter(participant::case_id.eq_any(served_by(member)))
        .select((participant::case_id, participant::person_id, participant::kept_apart))
        .load(tx.conn)?;
    let mut parts: HashMap<PersonId, Vec<(Option<CaseId>, bool)>> = HashMap::new();
    for (case, person, apart) in here {
        parts.entry(counted.one(*person)).or_default().push((*case, *apart));
    }
    let mut sides = BTreeSet::new();
    for (case, person, apart) in there {
        let here = parts.get(&counted.one(person)).into_iter().flatten();
        let others = here.filter(|(case_here, apart_here)| *case_here != Some(case) && (apart || *apart_here));
        sides.extend(others.map(|(case_here, _)| (*case_here, case)));
    }
    Ok(sides)
}

/// Sets who works on a case, and shows it. On a restricted case they are named, too, or they could not open it. To whoever takes a case
/// they work on already nothing changes.
pub fn assign(
    tx: &mut Tx<'_>,
    permit: &Permit<act::CaseAssign>,
    id: CaseId,
    version: i32,
    member: StaffId,
    now: Timestamp,
    keep: Keep<'_>,
) -> Result<Case> {
    let row = row(tx, permit, id)?;
    let by = if member == permit.staff() && row.assigned_to == member { row.assigned_by } else { permit.staff() };
    let changed = diesel::update(case_file::table.find(id).filter(case_file::version.eq(version)))
        .set((case_file::assigned_to.eq(member), case_file::assigned_by.eq(by), case_file::version.eq(version + 1)))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))?;
    if row.restricted {
        place(tx, id, NAMED, [member])?;
    }
    happened(tx, permit, id, TimelineKind::CaseAssigned, None, now)?;
    changed_row(tx, permit, id, keep)
}

/// Sets who may open a case, and shows it once more to whoever did so, even if they may not open it any longer.
pub fn restrict(
    tx: &mut Tx<'_>,
    permit: &Permit<act::CaseRestrict>,
    id: CaseId,
    version: i32,
    restriction: CaseRestriction,
    now: Timestamp,
    keep: Keep<'_>,
) -> Result<Case> {
    let row = row(tx, permit, id)?;
    let CaseRestriction { restricted, named_staff_ids, conflicted_staff_ids, reason } = restriction;
    let sealed = row.retold(tx, |told| told.restrictions.push(Because { at: now, by: permit.staff(), reason }))?;
    let changed = diesel::update(case_file::table.find(id).filter(case_file::version.eq(version)))
        .set((case_file::restricted.eq(restricted), case_file::sealed.eq(sealed), case_file::version.eq(version + 1)))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))?;
    diesel::delete(case_staff::table.filter(case_staff::case_id.eq(id))).execute(tx.conn)?;
    place(tx, id, NAMED, named_staff_ids)?;
    place(tx, id, CONFLICTED, conflicted_staff_ids)?;
    happened(tx, permit, id, TimelineKind::RestrictionChanged, None, now)?;
    changed_row(tx, permit, id, keep)
}

/// The case that was just changed. It was in scope then.
pub(super) fn changed_row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, keep: Keep<'_>) -> Result<Case> {
    let row = case_file::table.find(id).first(tx.conn)?;
    view(tx, permit.scope(), row, keep)
}

/// Restricts a case at once because somebody in it is served separately (C1). Its worker is named, and nobody else: whoever recorded it may
/// serve another side, and a name would open restricted notes to them (C4).
pub fn set_apart(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, now: Timestamp) -> Result<()> {
    let head = require(tx, permit, id)?;
    if head.restricted {
        return Ok(());
    }
    diesel::update(case_file::table.find(id))
        .set((case_file::restricted.eq(true), case_file::version.eq(case_file::version + 1)))
        .execute(tx.conn)?;
    place(tx, id, NAMED, [head.assigned_to])?;
    happened(tx, permit, id, TimelineKind::RestrictionChanged, None, now)
}

/// Hides a case in scope from these members of staff for good, whatever they stood for in it: an allegation is about them (C17).
pub fn keep_away(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, members: &[StaffId], now: Timestamp) -> Result<()> {
    let away = standings(tx, permit, id)?.conflicted;
    let new: Vec<StaffId> = members.iter().copied().filter(|member| !away.contains(member)).collect();
    if new.is_empty() {
        return Ok(());
    }
    diesel::update(case_file::table.find(id)).set(case_file::version.eq(case_file::version + 1)).execute(tx.conn)?;
    place(tx, id, CONFLICTED, new)?;
    happened(tx, permit, id, TimelineKind::RestrictionChanged, None, now)
}

/// Gives these members of staff a standing on a case.
pub(super) fn place(tx: &mut Tx<'_>, id: CaseId, standing: &'static str, staff: impl IntoIterator<Item = StaffId>) -> Result<()> {
    for staff in staff.into_iter().collect::<BTreeSet<_>>() {
        let known = diesel::update(case_staff::table.find((id, staff))).set(case_staff::standing.eq(standing)).execute(tx.conn)?;
        if known == 0 {
            diesel::insert_into(case_staff::table)
                .values((case_staff::case_id.eq(id), case_staff::staff_id.eq(staff), case_staff::standing.eq(standing)))
                .execute(tx.conn)?;
        }
    }
    Ok(())
}
