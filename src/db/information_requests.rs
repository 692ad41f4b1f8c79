//! Requests for information, both ways (C12). What was asked, and what came of it, is sealed; where it stands and until when are words and days.

use chrono::NaiveDate;
use diesel::dsl::{auto_type, exists, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Engine};
use super::error::Result;
use super::named::NamedBy;
use super::schema::{case_file, disclosure_consent, information_request};
use super::sealed::{Cell, Owner};
use super::staff::{self, stale_unless};
use super::stored::Day;
use super::tx::Tx;
use super::{cases, disclosures, newest, scope, tasks, total};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::disclosure::ReliedOn;
use crate::domain::ids::{CaseId, ConsentId, DisclosureId, InformationRequestId, StaffId};
use crate::domain::information_request::{InformationRequest, InformationRequestFilter, InformationRequestSummary, NewInformationRequest};
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::LongText;
use crate::domain::time::{Timestamp, day_after};
use crate::domain::vocabulary::{AskedBy, InformationRequestStatus, TaskKind};

#[derive(Queryable, Insertable)]
#[diesel(table_name = information_request, treat_none_as_default_value = false)]
struct Row {
    id: InformationRequestId,
    case_id: CaseId,
    asked_by: AskedBy,
    status: InformationRequestStatus,
    disclosure_id: Option<DisclosureId>,
    due_on: Option<Day>,
    permitted_until: Option<Day>,
    sealed: Vec<u8>,
    ended_at: Option<Timestamp>,
    ended_sealed: Option<Vec<u8>>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

fn cell(id: InformationRequestId, case_id: CaseId) -> Cell {
    Cell::of("information_request", id.0, Owner::Case(case_id))
}

impl Row {
    /// How it stands on this day.
    fn status(&self, today: NaiveDate) -> InformationRequestStatus {
        self.status.on(today, self.permitted_until.map(|last| last.0))
    }

    fn content(&self, tx: &mut Tx<'_>) -> Result<NewInformationRequest> {
        tx.open(cell(self.id, self.case_id), &self.sealed)
    }
}

/// How a request ended, as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ending {
    /// Where it stands from then on.
    pub status: InformationRequestStatus,
    /// The disclosure by which the service answered.
    #[serde(skip)]
    pub disclosure_id: Option<DisclosureId>,
    /// What was answered.
    pub response: Option<LongText>,
    /// Why it was called off.
    pub reason: Option<LongText>,
    /// Whether the permission to ask ended (R17).
    pub permission_ended: bool,
}

/// What is kept beside it.
#[derive(Serialize, Deserialize)]
struct Ended {
    #[serde(flatten)]
    how: Ending,
    by: StaffId,
}

impl Ending {
    /// It was called off.
    #[must_use]
    pub fn cancelled(reason: Option<LongText>, permission_ended: bool) -> Self {
        Self { status: InformationRequestStatus::Cancelled, disclosure_id: None, response: None, reason, permission_ended }
    }
}

/// By what the service asked, and until when it was permitted to.
pub type Asked = (DisclosureId, Option<NaiveDate>);

/// Records a request: one that the service made names the disclosure it is.
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<act::InformationRequestRecord>,
    case_id: CaseId,
    content: &NewInformationRequest,
    asked: Option<Asked>,
    now: Timestamp,
) -> Result<InformationRequestId> {
    let id = InformationRequestId::mint();
    let (disclosure_id, permitted_until) = asked.unzip();
    cases::recorded(tx, case_id, (content.people(), NamedBy::Other), permit.staff(), now)?;
    let row = Row {
        id,
        case_id,
        asked_by: content.asked_by,
        status: match content.asked_by {
            AskedBy::Service => InformationRequestStatus::Asked,
            AskedBy::Outside => InformationRequestStatus::Received,
        },
        disclosure_id,
        due_on: content.due_on.map(Day),
        permitted_until: permitted_until.flatten().map(Day),
        sealed: tx.seal(cell(id, case_id), content)?,
        ended_at: None,
        ended_sealed: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(information_request::table).values(row).execute(tx.conn)?;
    Ok(id)
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: InformationRequestId) -> Result<Row> {
    let find = |conn: &mut Conn, scope| {
        information_request::table.find(id).filter(information_request::case_id.eq_any(scope::cases(scope))).first(conn)
    };
    scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])
}

/// A request of a case in scope, as it stands on this day.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: InformationRequestId, today: NaiveDate) -> Result<InformationRequest> {
    let row = row(tx, permit, id)?;
    let content = row.content(tx)?;
    let ended: Option<Ended> = match &row.ended_sealed {
        Some(sealed) => Some(tx.open(cell(id, row.case_id).column("ended_sealed"), sealed)?),
        None => None,
    };
    let names = staff::names(tx, ended.iter().map(|ended| ended.by).chain([row.recorded_by]))?;
    let ended_by = ended.as_ref().map(|ended| names.get(ended.by));
    let status = row.status(today);
    let lapsed = row.permitted_until.filter(|_| status != row.status);
    let (response, cancellation_reason, permission_ended) =
        ended.map_or((None, None, lapsed.is_some()), |Ended { how, .. }| (how.response, how.reason, how.permission_ended));
    Ok(InformationRequest {
        id,
        version: row.version,
        case_id: row.case_id,
        status,
        content,
        disclosure_id: row.disclosure_id,
        response,
        cancellation_reason,
        permission_ended,
        permitted_until: row.permitted_until.map(|last| last.0),
        ended_at: row.ended_at.or(lapsed.map(|last| Timestamp::start_of(day_after(last.0)))),
        ended_by,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        allowed_actions: Vec::new(),
    })
}

/// Ends a request that is still open, and what stands on the work list because of it. Whether it was.
fn end(tx: &mut Tx<'_>, permit: &Permit<impl Act>, row: &Row, how: Ending, now: Timestamp) -> Result<bool> {
    let (status, disclosure_id) = (how.status, how.disclosure_id.or(row.disclosure_id));
    let sealed = tx.seal(cell(row.id, row.case_id).column("ended_sealed"), &Ended { how, by: permit.staff() })?;
    let open = information_request::table.find(row.id).filter(information_request::ended_at.is_null());
    let changed = diesel::update(open.filter(information_request::version.eq(row.version)))
        .set((
            information_request::status.eq(status),
            information_request::disclosure_id.eq(disclosure_id),
            information_request::ended_at.eq(now),
            information_request::ended_sealed.eq(sealed),
            information_request::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if changed == 1 {
        tasks::settle(tx, permit, TaskKind::InformationRequestDue, row.id.0, now)?;
    }
    Ok(changed == 1)
}

/// Records how a request ended, at the version the client saw.
pub fn conclude(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    id: InformationRequestId,
    version: i32,
    how: Ending,
    now: Timestamp,
) -> Result<()> {
    let row = Row { version, ..row(tx, permit, id)? };
    cases::require(tx, permit, row.case_id)?;
    cases::recorded(tx, row.case_id, ([], NamedBy::Other), permit.staff(), now)?;
    let changed = usize::from(end(tx, permit, &row, how, now)?);
    stale_unless(tx, changed, version + 1, |conn| {
        Ok(information_request::table.find(id).select(information_request::version).first(conn)?)
    })
}

/// Calls off what was asked on the strength of any of these permissions, which have ended, and is not answered yet. The caller has taken the guards (R17).
pub fn cancel_resting_on(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    consents: &[ConsentId],
    now: Timestamp,
) -> Result<Vec<InformationRequestId>> {
    let resting = disclosure_consent::table
        .filter(disclosure_consent::consent_id.eq_any(consents.to_vec()))
        .select(disclosure_consent::disclosure_id);
    let rows = asked(now.day()).filter(information_request::disclosure_id.eq_any(resting.nullable())).load(tx.conn)?;
    cancel(tx, permit, rows, now)
}

/// The same of a case whose permissions have all ended.
pub fn cancel_of_case(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, now: Timestamp) -> Result<Vec<InformationRequestId>> {
    let rows = asked(now.day()).filter(information_request::case_id.eq(case_id)).load(tx.conn)?;
    cancel(tx, permit, rows, now)
}

/// What the service asked on the strength of any of these permissions and is not answered yet, by which disclosure, and all on which that rests.
pub fn resting_on(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    consents: &[ConsentId],
    today: NaiveDate,
) -> Result<Vec<(InformationRequestId, DisclosureId, Vec<ReliedOn>)>> {
    let resting = disclosure_consent::table
        .filter(disclosure_consent::consent_id.eq_any(consents.to_vec()))
        .select(disclosure_consent::disclosure_id);
    let rows: Vec<Row> = asked(today).filter(information_request::disclosure_id.eq_any(resting.nullable())).load(tx.conn)?;
    let asked = rows.into_iter().filter_map(|row| Some((row.id, row.disclosure_id?)));
    asked.map(|(id, disclosure)| Ok((id, disclosure, disclosures::relied_on(tx, disclosure)?))).collect()
}

/// Calls off what the service asked: no permission covers it any more. The caller has taken the guards.
pub fn call_off(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: InformationRequestId, now: Timestamp) -> Result<()> {
    let row = row(tx, permit, id)?;
    cancel(tx, permit, vec![row], now).map(drop)
}

/// Until when what was asked rests on a permission, and so does the task to have it answered.
pub fn last_until(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: InformationRequestId, until: Option<NaiveDate>) -> Result<()> {
    diesel::update(information_request::table.find(id)).set(information_request::permitted_until.eq(until.map(Day))).execute(tx.conn)?;
    tasks::lasts(tx, permit, TaskKind::InformationRequestDue, id.0, until)
}

/// What the service asked and was not answered, nor called off by the day, in the order of its ids.
fn asked(today: NaiveDate) -> information_request::BoxedQuery<'static, Engine> {
    information_request::table
        .filter(information_request::asked_by.eq(AskedBy::Service))
        .filter(information_request::ended_at.is_null())
        .filter(not(lapsed(Day(today))))
        .order(information_request::id.asc())
        .into_boxed()
}

fn cancel(tx: &mut Tx<'_>, permit: &Permit<impl Act>, rows: Vec<Row>, now: Timestamp) -> Result<Vec<InformationRequestId>> {
    let mut cancelled = Vec::with_capacity(rows.len());
    for row in rows {
        // Whoever answered meanwhile came first.
        if end(tx, permit, &row, Ending::cancelled(None, true), now)? {
            cancelled.push(row.id);
        }
    }
    Ok(cancelled)
}

/// Whether it is called off with the last day of the permission, whatever is stored.
#[auto_type(no_type_alias)]
fn lapsed(today: Day) -> _ {
    let asked: InformationRequestStatus = InformationRequestStatus::Asked;
    let past = information_request::permitted_until.is_not_null().and(information_request::permitted_until.assume_not_null().lt(today));
    information_request::status.eq(asked).and(past)
}

fn selected(scope: Scope, filter: &InformationRequestFilter, today: NaiveDate) -> information_request::BoxedQuery<'static, Engine> {
    let mut query = information_request::table
        .filter(exists(scope::its_case(information_request::case_id.nullable()).filter(scope::visible(scope))))
        .into_boxed();
    if !filter.status.is_empty() {
        let as_stored = information_request::status.eq_any(filter.status.clone()).and(not(lapsed(Day(today))));
        query = if filter.status.contains(&InformationRequestStatus::Cancelled) {
            query.filter(as_stored.or(lapsed(Day(today))))
        } else {
            query.filter(as_stored)
        };
    }
    if let Some(side) = filter.asked_by {
        query = query.filter(information_request::asked_by.eq(side));
    }
    if let Some(case) = filter.case_id {
        query = query.filter(information_request::case_id.eq(case));
    }
    if let Some(staff) = filter.assigned_to {
        query = query.filter(exists(scope::its_case(information_request::case_id.nullable()).filter(case_file::assigned_to.eq(staff))));
    }
    if let Some(day) = filter.due_before {
        query = query.filter(information_request::due_on.lt(Day(day)));
    }
    query
}

/// Requests of the cases in scope, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::InformationRequestList>,
    filter: &InformationRequestFilter,
    page: &PageRequest,
    today: NaiveDate,
) -> Result<Page<InformationRequestSummary>> {
    let total = total(page, || selected(permit.scope(), filter, today).count().get_result(tx.conn))?;
    let rows = newest(tx.conn, selected(permit.scope(), filter, today), information_request::id, page, total, |row: &Row| row.id)?;
    tx.shows(rows.items.iter().map(|row| row.case_id));
    tx.fetch_keys(rows.items.iter().map(|row| Owner::Case(row.case_id)))?;
    let mut items = Vec::with_capacity(rows.items.len());
    for row in rows.items {
        let content = row.content(tx)?;
        items.push(InformationRequestSummary {
            id: row.id,
            case_id: row.case_id,
            status: row.status(today),
            asked_by: row.asked_by,
            recipient_id: content.recipient.recipient_id,
            recipient_person_id: content.recipient.person_id,
            purpose: content.purpose,
            information_categories: content.information_categories,
            due_on: row.due_on.map(|day| day.0),
            created_at: row.created_at,
        });
    }
    Ok(Page { items, next: rows.next, total: rows.total })
}
