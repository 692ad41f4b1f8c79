//! Cases. What was told about a family is sealed under a key of the case; what is counted or filtered stands in closed words beside it.

mod acts;
mod away;
mod events;
mod keeping;
mod list;
mod opening;

use std::collections::{BTreeSet, HashSet};

use chrono::Datelike;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Lock, RowLock};
use super::error::{Error, Result};
use super::index::Term;
use super::schema::{case_file, case_staff, reference_counter};
use super::sealed::{Cell, Owner};
use super::stored::Json;
use super::tx::Tx;
use super::{participants, scope, staff};
use crate::authz::{Act, Permit, Scope};
use crate::domain::case::{Case, CaseContent, RankedNeed, Reason, Reopening, RestrictionSet, Retention, RetentionFacts};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::person_merge::Audience;
use crate::domain::text::{LongText, Name};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    AppealType, CaseStatus, InterventionLevel, Outcome, ParticipantRole, ReferralSource, Relation, SenProvision, Setting,
};

use acts::place;
pub use acts::{
    assign, close, has_open_concern, hold_staff, is_conflicted, keep_away, other_sides_of, parts_of_own, reopen, restrict, serves_any,
    serving_other_side, set_apart, update,
};
pub(super) use away::{all_kept_away_from, kept_away_from, who_is_kept_away};
use events::levels;
pub(super) use events::{happened, happened_to, recorded};
pub use keeping::{retention, reviews, standing};
pub use list::list;
pub use opening::{Beginning, insert, opened};

const NAMED: &str = "named";
const CONFLICTED: &str = "conflicted";

/// What other records need to know of their case.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct CaseHead {
    /// The case.
    pub id: CaseId,
    /// The reference by which people name it.
    pub reference: String,
    /// Where it stands.
    pub status: CaseStatus,
    /// Whether only named staff may open it.
    pub restricted: bool,
    /// Who works on it.
    pub assigned_to: StaffId,
    /// Its version.
    pub version: i32,
}

/// Whose standing towards a case is of its own.
#[derive(Clone, Debug, Default)]
pub struct Standings {
    /// Those who may open it where it is restricted.
    pub named: Vec<StaffId>,
    /// Those who may never open it.
    pub conflicted: Vec<StaffId>,
}

/// How long a case with these facts is kept: the policy, which this floor does not know.
pub type Keep<'a> = &'a dyn Fn(&RetentionFacts) -> Retention;

#[derive(Queryable, Insertable)]
#[diesel(table_name = case_file, treat_none_as_default_value = false)]
pub(super) struct Row {
    id: CaseId,
    reference: String,
    status: CaseStatus,
    intervention_level: InterventionLevel,
    sen_provision: Option<SenProvision>,
    setting: Option<Setting>,
    setting_digest: Option<Vec<u8>>,
    area: Option<String>,
    outcome: Option<Outcome>,
    details: Json<Details>,
    sealed: Vec<u8>,
    restricted: bool,
    assigned_to: StaffId,
    assigned_by: StaffId,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

/// What is kept in the clear: words of closed lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Details {
    referral_source: ReferralSource,
    reasons_for_contact: Vec<Reason>,
    pub sen_needs: Vec<RankedNeed>,
    pub appeal_types: Vec<AppealType>,
}

/// What is sealed.
#[derive(Default, Serialize, Deserialize)]
struct Told {
    setting_name: Option<Name>,
    summary: Option<LongText>,
    reopenings: Vec<Because>,
    restrictions: Vec<Because>,
}

/// Who did something, when and why.
#[derive(Serialize, Deserialize)]
struct Because {
    at: Timestamp,
    by: StaffId,
    reason: LongText,
}

impl Details {
    fn of(content: &CaseContent) -> Json<Self> {
        Json(Self {
            referral_source: content.referral_source,
            reasons_for_contact: content.reasons_for_contact.clone(),
            sen_needs: content.sen_needs.clone(),
            appeal_types: content.appeal_types.clone(),
        })
    }
}

fn setting_digest(tx: &Tx<'_>, content: &CaseContent) -> Option<Vec<u8>> {
    content.setting_name.as_ref().map(|name| tx.keys.index.digest(Term::Setting, name.as_str()).to_vec())
}

fn cell(id: CaseId) -> Cell {
    Cell::of("case_file", id.0, Owner::Case(id))
}

impl Row {
    /// What is sealed of it.
    fn open(&self, tx: &mut Tx<'_>) -> Result<Told> {
        tx.open(cell(self.id), &self.sealed)
    }

    /// The name of its setting, with the digest that stands in the clear.
    pub fn setting(&self, tx: &mut Tx<'_>) -> Result<Option<(Vec<u8>, Name)>> {
        Ok(self.setting_digest.clone().zip(self.open(tx)?.setting_name))
    }

    /// What is sealed of it, changed and sealed again.
    fn retold(&self, tx: &mut Tx<'_>, change: impl FnOnce(&mut Told)) -> Result<Vec<u8>> {
        let mut told = self.open(tx)?;
        change(&mut told);
        tx.seal(cell(self.id), &told)
    }
}

/// The head of a case in scope.
pub fn require(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId) -> Result<CaseHead> {
    tx.hold(RowLock::Case, id.0)?;
    let find = |conn: &mut Conn, scope| {
        case_file::table
            .find(id)
            .filter(scope::visible(scope))
            .select((
                case_file::id,
                case_file::reference,
                case_file::status,
                case_file::restricted,
                case_file::assigned_to,
                case_file::version,
            ))
            .first(conn)
    };
    scope::found(tx, permit.scope(), find, |head: &CaseHead| [head.id])
}

/// All of these cases are in scope, and stay as they are until the transaction ends.
pub fn require_all(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &BTreeSet<CaseId>) -> Result<()> {
    tx.hold_each(RowLock::Case, cases.iter().map(|case| case.0))?;
    scope::all(tx, permit.scope(), cases)
}

/// Notes for the access log that something of those of these cases is shown that the caller may see.
pub fn note_visible(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: &[CaseId]) -> Result<()> {
    let seen: Vec<CaseId> = scope::cases(permit.scope()).filter(case_file::id.eq_any(cases.to_vec())).load(tx.conn)?;
    tx.shows(seen);
    Ok(())
}

/// Those of these cases that the caller may know of: they see them, or would for a reason.
pub fn known(tx: &mut Tx<'_>, permit: &Permit<impl Act>, cases: impl IntoIterator<Item = CaseId>) -> Result<HashSet<CaseId>> {
    scope::among(tx, permit.scope().with_reason(), cases.into_iter().collect())
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId) -> Result<Row> {
    tx.hold(RowLock::Case, id.0)?;
    let find = |conn: &mut Conn, scope| case_file::table.find(id).filter(scope::visible(scope)).first(conn);
    scope::found(tx, permit.scope(), find, |row: &Row| [row.id])
}

/// A case in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId, keep: Keep<'_>) -> Result<Case> {
    let row = row(tx, permit, id)?;
    view(tx, permit.scope(), row, keep)
}

fn view(tx: &mut Tx<'_>, scope: Scope, row: Row, keep: Keep<'_>) -> Result<Case> {
    let told = row.open(tx)?;
    let participants = participants::of(tx, row.id)?;
    let retention = keeping::of(tx, scope, &row, &participants, keep)?;
    let levels = levels(tx, row.id)?;
    let by = told.reopenings.iter().chain(&told.restrictions).map(|because| because.by).chain(levels.iter().map(|(.., by)| *by));
    let names = staff::names(tx, by.chain([row.assigned_to, row.recorded_by]))?;
    let standings = standings_of(tx, row.id)?;
    let Json(details) = row.details;
    Ok(Case {
        id: row.id,
        reference: row.reference,
        version: row.version,
        status: row.status,
        restricted: row.restricted,
        named_staff_ids: standings.named,
        conflicted_staff_ids: standings.conflicted,
        assigned_to: names.get(row.assigned_to),
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        retention,
        participants,
        reopenings: told
            .reopenings
            .into_iter()
            .map(|reopening| Reopening { at: reopening.at, by: names.get(reopening.by), reason: reopening.reason })
            .collect(),
        restrictions: told
            .restrictions
            .into_iter()
            .map(|set| RestrictionSet { at: set.at, by: names.get(set.by), reason: set.reason })
            .collect(),
        intervention_history: events::told(levels, &names),
        content: CaseContent {
            intervention_level: row.intervention_level,
            referral_source: details.referral_source,
            reasons_for_contact: details.reasons_for_contact,
            sen_needs: details.sen_needs,
            sen_provision: row.sen_provision,
            setting: row.setting,
            setting_name: told.setting_name,
            area: row.area,
            outcome: row.outcome,
            appeal_types: details.appeal_types,
            summary: told.summary,
        },
        allowed_actions: Vec::new(),
    })
}

/// Who is named on a case in scope, and who is kept away from it.
pub fn standings(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: CaseId) -> Result<Standings> {
    require(tx, permit, id)?;
    standings_of(tx, id)
}

fn standings_of(tx: &mut Tx<'_>, id: CaseId) -> Result<Standings> {
    let rows: Vec<(StaffId, String)> = case_staff::table
        .filter(case_staff::case_id.eq(id))
        .order(case_staff::staff_id.asc())
        .select((case_staff::staff_id, case_staff::standing))
        .load(tx.conn)?;
    let of = |wanted: &str| rows.iter().filter(|(_, standing)| standing == wanted).map(|(id, _)| *id).collect();
    Ok(Standings { named: of(NAMED), conflicted: of(CONFLICTED) })
}

/// Who sees each of these cases.
pub(super) fn audiences(tx: &mut Tx<'_>, cases: Vec<CaseId>) -> Result<Vec<Audience>> {
    let heads: Vec<(CaseId, bool)> =
        case_file::table.filter(case_file::id.eq_any(cases)).select((case_file::id, case_file::restricted)).load(tx.conn)?;
    let audience = |(id, restricted)| {
        let Standings { named, conflicted } = standings_of(tx, id)?;
        Ok(Audience { restricted, named, conflicted })
    };
    heads.into_iter().map(audience).collect()
}

/// Whether this part makes somebody the child or young person the case is about.
pub(super) fn is_subject(role: ParticipantRole, relation: Relation) -> bool {
    role == ParticipantRole::Subject || relation == Relation::OwnSelf
}

/// The next reference of the year, of a case or a referral: `IASS-2026-000123`.
pub(super) fn reference(tx: &mut Tx<'_>, now: Timestamp) -> Result<String> {
    tx.conn.lock(Lock::Reference)?;
    let year = now.day().year();
    let last: Option<i32> = reference_counter::table.find(year).select(reference_counter::last).first(tx.conn).optional()?;
    let next = last.unwrap_or_default() + 1;
    let counted = match last {
        Some(last) => diesel::update(reference_counter::table.find(year).filter(reference_counter::last.eq(last)))
            .set(reference_counter::last.eq(next))
            .execute(tx.conn)?,
        None => diesel::insert_into(reference_counter::table)
            .values((reference_counter::year.eq(year), reference_counter::last.eq(next)))
            .execute(tx.conn)?,
    };
    if counted == 1 { Ok(format!("IASS-{year}-{next:06}")) } else { Err(Error::Conflict) }
}
