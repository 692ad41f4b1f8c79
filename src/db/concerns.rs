//! Safeguarding concerns (C17). What was told first is sealed as a whole and never changes; every decision, review and annotation is a row of its
//! own. Nothing here asks about a permission, a wish, or how a case stands.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Engine};
use super::error::{Error, Result};
use super::named::NamedBy;
use super::schema::{case_file, safeguarding_concern};
use super::sealed::{Cell, Owner};
use super::staff::{self, stale_unless};
use super::stored::{Day, Json};
use super::tx::Tx;
use super::{cases, newest, scope, total};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::concern::{
    Concern, ConcernContent, ConcernDecision, ConcernFilter, ConcernGrounds, ConcernSummary, NewConcernAnnotation,
};
use crate::domain::disclosure::{Ask, NewSafeguarding};
use crate::domain::ids::{AnnotationId, CaseId, ConcernId, EntryId, PersonId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConcernStatus, ReviewFinding, RiskType, Role};

mod told;

use told::{Told, happened};
pub use told::{annotation, entry_of_decision, find};
pub(super) use told::{hidden_from, hidden_from_each};

/// What is kept in the clear: words of closed lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    risk_types: Vec<RiskType>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = safeguarding_concern, treat_none_as_default_value = false)]
struct Row {
    id: ConcernId,
    case_id: CaseId,
    status: ConcernStatus,
    review_due_on: Day,
    details: Json<Details>,
    sealed: Vec<u8>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

fn cell(id: ConcernId, case: CaseId) -> Cell {
    Cell::of("safeguarding_concern", id.0, Owner::Case(case))
}

/// Whom these grounds name.
fn named(grounds: &ConcernGrounds) -> impl Iterator<Item = PersonId> {
    grounds.risk.at_risk_person_ids.iter().chain(&grounds.withhold_from_person_ids).copied()
}

/// Whether there is such a concern in this case, which the caller found in scope.
pub fn known(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, case_id: CaseId, id: ConcernId) -> Result<bool> {
    let of_case = safeguarding_concern::table.filter(safeguarding_concern::id.eq(id)).filter(safeguarding_concern::case_id.eq(case_id));
    Ok(diesel::select(exists(of_case)).get_result(tx.conn)?)
}

fn insert(
    tx: &mut Tx<'_>,
    case_id: CaseId,
    content: &ConcernContent,
    status: ConcernStatus,
    review_due_on: NaiveDate,
    (by, now): (StaffId, Timestamp),
) -> Result<ConcernId> {
    let id = ConcernId::mint();
    cases::recorded(tx, case_id, (named(&content.grounds), NamedBy::Risk), by, now)?;
    let row = Row {
        id,
        case_id,
        status,
        review_due_on: Day(review_due_on),
        details: Json(Details { risk_types: content.risk_types.clone() }),
        sealed: tx.seal(cell(id, case_id), content)?,
        version: 1,
        created_at: now,
        recorded_by: by,
    };
    diesel::insert_into(safeguarding_concern::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// Records a concern of a case in scope.
pub fn raise(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConcernRaise>,
    case_id: CaseId,
    content: &ConcernContent,
    review_due_on: NaiveDate,
    now: Timestamp,
) -> Result<ConcernId> {
    cases::require(tx, permit, case_id)?;
    insert(tx, case_id, content, ConcernStatus::Raised, review_due_on, (permit.staff(), now))
}

/// The concern to which a risk that is passed on belongs: the one it names, now shared, or a new one.
pub fn pass_on(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    (ask, risk): (&Ask, &NewSafeguarding),
    role: Role,
    review_due_on: NaiveDate,
    now: Timestamp,
) -> Result<ConcernId> {
    let mut decision = ConcernDecision::from(ask);
    let summary = decision.summary.take().ok_or(Error::Corrupt("summary of a risk"))?;
    let id = match risk.concern_id {
        Some(id) if known(tx, permit, case_id, id)? => {
            diesel::update(safeguarding_concern::table.find(id))
                .set((
                    safeguarding_concern::status.eq(ConcernStatus::Shared),
                    safeguarding_concern::review_due_on.eq(Day(review_due_on)),
                    safeguarding_concern::version.eq(safeguarding_concern::version + 1),
                ))
                .execute(tx.conn)?;
            id
        }
        Some(_) => return Err(Error::NotFound),
        None => {
            let known_at = risk.known_at.unwrap_or(now).min(now);
            let ConcernDecision { risk_types, grounds, .. } = decision.clone();
            let content = ConcernContent { risk_types, summary, known_at, grounds };
            insert(tx, case_id, &content, ConcernStatus::Shared, review_due_on, (permit.staff(), now))?
        }
    };
    let (note_ids, opens) = (ask.note_ids.clone(), risk.concern_id.is_none());
    happened(tx, (id, case_id), &Told::PassedOn { decision, role, note_ids, opens }, permit.staff(), now)?;
    Ok(id)
}

/// Those of these concerns that nobody decided yet.
pub fn undecided(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, ids: Vec<ConcernId>) -> Result<HashSet<ConcernId>> {
    let raised = safeguarding_concern::table
        .filter(safeguarding_concern::id.eq_any(ids))
        .filter(safeguarding_concern::status.eq(ConcernStatus::Raised))
        .select(safeguarding_concern::id);
    Ok(raised.load(tx.conn)?.into_iter().collect())
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ConcernId) -> Result<Row> {
    let find = |conn: &mut Conn, scope| {
        let held = safeguarding_concern::table.find(id);
        held.filter(safeguarding_concern::case_id.eq_any(scope::cases(scope))).first(conn)
    };
    scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])
}

/// Links what was done or learnt later to a concern in scope.
pub fn annotate(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConcernAnnotate>,
    id: ConcernId,
    annotation: NewConcernAnnotation,
    now: Timestamp,
) -> Result<AnnotationId> {
    let case_id = row(tx, permit, id)?.case_id;
    diesel::update(safeguarding_concern::table.find(id))
        .set(safeguarding_concern::version.eq(safeguarding_concern::version + 1))
        .execute(tx.conn)?;
    happened(tx, (id, case_id), &Told::Annotated { annotation }, permit.staff(), now)
}

/// A decision not to share a concern.
#[derive(Debug)]
pub struct Withheld {
    /// What it rests on, as far as it was not said before.
    pub decision: ConcernDecision,
    /// Why.
    pub reason: LongText,
    /// In which role it was decided.
    pub role: Role,
    /// Its entry in the disclosure log.
    pub entry: EntryId,
    /// The day by which it is reviewed.
    pub review_due_on: NaiveDate,
}

/// Decides not to share a concern.
pub fn withhold(tx: &mut Tx<'_>, permit: &Permit<act::ConcernDecide>, concern: &Concern, withheld: Withheld, now: Timestamp) -> Result<()> {
    let Withheld { decision, reason, role, entry, review_due_on } = withheld;
    let told = Told::NotShared { decision, reason, role, entry };
    stand(tx, concern, ConcernStatus::NotShared, review_due_on)?;
    happened(tx, (concern.id, concern.case_id), &told, permit.staff(), now)?;
    Ok(())
}

/// Records what a second person found.
pub fn review(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConcernDecide>,
    concern: &Concern,
    (finding, reason): (ReviewFinding, LongText),
    now: Timestamp,
) -> Result<()> {
    stand(tx, concern, ConcernStatus::Reviewed, concern.review_due_on)?;
    happened(tx, (concern.id, concern.case_id), &Told::Reviewed { finding, reason }, permit.staff(), now)?;
    Ok(())
}

/// How a concern stands now, of which the caller saw this version.
fn stand(tx: &mut Tx<'_>, concern: &Concern, status: ConcernStatus, review_due_on: NaiveDate) -> Result<()> {
    let seen = safeguarding_concern::table.find(concern.id).filter(safeguarding_concern::version.eq(concern.version));
    let changed = diesel::update(seen)
        .set((
            safeguarding_concern::status.eq(status),
            safeguarding_concern::review_due_on.eq(Day(review_due_on)),
            safeguarding_concern::version.eq(concern.version + 1),
        ))
        .execute(tx.conn)?;
    let current = safeguarding_concern::table.find(concern.id).select(safeguarding_concern::version);
    stale_unless(tx, changed, concern.version + 1, |conn| Ok(current.first(conn)?))
}

fn selected(scope: Scope, filter: &ConcernFilter) -> safeguarding_concern::BoxedQuery<'static, Engine> {
    let mut query = safeguarding_concern::table.filter(safeguarding_concern::case_id.eq_any(scope::cases(scope))).into_boxed();
    if !filter.status.is_empty() {
        query = query.filter(safeguarding_concern::status.eq_any(filter.status.clone()));
    }
    if let Some(staff) = filter.assigned_to {
        let theirs = case_file::table.filter(case_file::assigned_to.eq(staff)).select(case_file::id);
        query = query.filter(safeguarding_concern::case_id.eq_any(theirs));
    }
    if let Some(day) = filter.review_due_before {
        let waits = safeguarding_concern::status.ne(ConcernStatus::Reviewed);
        query = query.filter(waits).filter(safeguarding_concern::review_due_on.lt(Day(day)));
    }
    query
}

/// Concerns of the cases in scope, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConcernList>,
    filter: &ConcernFilter,
    page: &PageRequest,
) -> Result<Page<ConcernSummary>> {
    let total = total(page, || selected(permit.scope(), filter).count().get_result(tx.conn))?;
    let rows = newest(tx.conn, selected(permit.scope(), filter), safeguarding_concern::id, page, total, |row: &Row| row.id)?;
    tx.shows(rows.items.iter().map(|row| row.case_id));
    let names = staff::names(tx, rows.items.iter().map(|row| row.recorded_by))?;
    Ok(rows.map(|row| ConcernSummary {
        id: row.id,
        case_id: row.case_id,
        status: row.status,
        risk_types: row.details.0.risk_types,
        review_due_on: row.review_due_on.0,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
    }))
}
