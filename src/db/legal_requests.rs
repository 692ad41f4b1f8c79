//! Requests for legal proceedings (C15). All that was said and decided is sealed under the key of the case.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::dsl::{auto_type, exists, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Engine};
use super::error::Result;
use super::named::NamedBy;
use super::schema::legal_request;
use super::sealed::{Cell, Owner};
use super::staff::{self, stale_unless};
use super::stored::Day;
use super::tx::Tx;
use super::{cases, legal_extracts, newest, scope, total};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, LegalRequestId, RecipientId, StaffId};
use crate::domain::legal_request::{LegalDecided, LegalRequest, LegalRequestFilter, LegalRequestSummary, NewLegalRequest};
use crate::domain::page::{Page, PageRequest};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{DisclosureStatus, LegalDecision, LegalRequestStatus};

#[derive(Queryable, Insertable)]
#[diesel(table_name = legal_request, treat_none_as_default_value = false)]
struct Row {
    id: LegalRequestId,
    case_id: CaseId,
    recipient_id: RecipientId,
    status: LegalRequestStatus,
    received_on: Day,
    deadline_on: Option<Day>,
    answer_by: Option<Day>,
    permitted_until: Option<Day>,
    sealed: Vec<u8>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

/// What is sealed of a request.
#[derive(Serialize, Deserialize)]
struct Told {
    content: NewLegalRequest,
    decisions: Vec<Decided>,
    closing_reason: Option<LongText>,
}

/// One decision, as it is kept.
#[derive(Serialize, Deserialize)]
struct Decided {
    decision: LegalDecision,
    reason: Option<LongText>,
    at: Timestamp,
    by: StaffId,
}

/// While it stands so, there is a draft.
const DRAFTED: [LegalRequestStatus; 2] = [LegalRequestStatus::Granted, LegalRequestStatus::Extracted];

fn cell(id: LegalRequestId, case_id: CaseId) -> Cell {
    Cell::of("legal_request", id.0, Owner::Case(case_id))
}

impl Row {
    fn told(&self, tx: &mut Tx<'_>) -> Result<Told> {
        tx.open(cell(self.id, self.case_id), &self.sealed)
    }

    fn answer_by(&self) -> Option<NaiveDate> {
        self.answer_by.map(|day| day.0)
    }

    fn permitted_until(&self) -> Option<NaiveDate> {
        self.permitted_until.map(|day| day.0)
    }

    /// Where it stands on this day.
    fn status(&self, today: NaiveDate) -> LegalRequestStatus {
        self.status.on(today, self.answer_by(), self.permitted_until())
    }
}

/// Records a request. Whoever may record one need not be one who may read it.
pub fn insert(tx: &mut Tx<'_>, permit: &Permit<act::LegalRequestLog>, content: NewLegalRequest, now: Timestamp) -> Result<LegalRequestId> {
    let (id, case_id) = (LegalRequestId::mint(), content.case_id);
    let (recipient_id, received_on, deadline_on) = (content.recipient.recipient_id, content.received_on, content.deadline_on);
    let told = Told { content, decisions: Vec::new(), closing_reason: None };
    cases::recorded(tx, case_id, ([], NamedBy::Other), permit.staff(), now)?;
    let row = Row {
        id,
        case_id,
        recipient_id,
        status: LegalRequestStatus::Received,
        received_on: Day(received_on),
        deadline_on: deadline_on.map(Day),
        answer_by: None,
        permitted_until: None,
        sealed: tx.seal(cell(id, case_id), &told)?,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(legal_request::table).values(row).execute(tx.conn)?;
    Ok(id)
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: LegalRequestId) -> Result<Row> {
    let find =
        |conn: &mut Conn, scope| legal_request::table.find(id).filter(legal_request::case_id.eq_any(scope::cases(scope))).first(conn);
    scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])
}

/// A request about a case in scope, as it stands on this day, with its extracts.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: LegalRequestId, today: NaiveDate) -> Result<LegalRequest> {
    let row = row(tx, permit, id)?;
    let Told { content, decisions, closing_reason } = row.told(tx)?;
    let names = staff::names(tx, decisions.iter().map(|decided| decided.by).chain([row.recorded_by]))?;
    let status = row.status(today);
    let extracts = legal_extracts::of(tx, permit, id, status)?;
    let sent = extracts.iter().filter(|extract| extract.status == DisclosureStatus::Sent);
    Ok(LegalRequest {
        id,
        version: row.version,
        status,
        content,
        answer_by_on: row.answer_by(),
        permitted_until: row.permitted_until(),
        decisions: decisions
            .into_iter()
            .map(|Decided { decision, reason, at, by }| LegalDecided { decision, reason, decided_at: at, decided_by: names.get(by) })
            .collect(),
        disclosure_ids: sent.map(|extract| extract.disclosure_id).collect(),
        extracts,
        closing_reason,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        allowed_actions: Vec::new(),
    })
}

/// A step of a request.
#[derive(Debug)]
pub struct Step {
    /// Where it stands from then on.
    pub status: LegalRequestStatus,
    /// What the service manager decided, and why, if it is a decision.
    pub decision: Option<(LegalDecision, Option<LongText>)>,
    /// By which day the family may answer, where they are asked.
    pub answer_by: Option<NaiveDate>,
    /// The last day of the permission on which what is drafted rests.
    pub permitted_until: Option<NaiveDate>,
    /// What is noted when it is closed.
    pub closing_reason: Option<LongText>,
}

impl Step {
    /// A step that is no decision.
    #[must_use]
    pub fn to(status: LegalRequestStatus) -> Self {
        Self { status, decision: None, answer_by: None, permitted_until: None, closing_reason: None }
    }
}

/// Takes a step, at the version the client saw.
pub fn take(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: LegalRequestId, version: i32, step: Step, now: Timestamp) -> Result<()> {
    let row = row(tx, permit, id)?;
    let mut told = row.told(tx)?;
    told.decisions.extend(step.decision.map(|(decision, reason)| Decided { decision, reason, at: now, by: permit.staff() }));
    told.closing_reason = step.closing_reason;
    let answer_by = step.answer_by.map(Day).or(row.answer_by);
    let permitted_until = step.permitted_until.map(Day).or(row.permitted_until);
    let changed = diesel::update(legal_request::table.find(id).filter(legal_request::version.eq(version)))
        .set((
            legal_request::status.eq(step.status),
            legal_request::answer_by.eq(answer_by),
            legal_request::permitted_until.eq(permitted_until),
            legal_request::sealed.eq(tx.seal(cell(id, row.case_id), &told)?),
            legal_request::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))
}

/// Whether its draft is blocked with the last day of the permission, whatever is stored.
#[auto_type(no_type_alias)]
pub(super) fn lapsed(today: Day) -> _ {
    let drafted: [LegalRequestStatus; 2] = DRAFTED;
    let past = legal_request::permitted_until.is_not_null().and(legal_request::permitted_until.assume_not_null().lt(today));
    legal_request::status.eq_any(drafted).and(past)
}

/// Whether it is refused because who was asked was silent until the day that was named, whatever is stored.
#[auto_type(no_type_alias)]
fn silent(today: Day) -> _ {
    let sought: LegalRequestStatus = LegalRequestStatus::PermissionSought;
    let past = legal_request::answer_by.is_not_null().and(legal_request::answer_by.assume_not_null().lt(today));
    legal_request::status.eq(sought).and(past)
}

/// Those of these requests that silence has refused.
pub fn refused_by_silence(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    ids: Vec<LegalRequestId>,
    today: NaiveDate,
) -> Result<HashSet<LegalRequestId>> {
    let refused = legal_request::table.filter(legal_request::id.eq_any(ids)).filter(silent(Day(today)));
    Ok(refused.select(legal_request::id).load(tx.conn)?.into_iter().collect())
}

fn selected(scope: Scope, filter: &LegalRequestFilter, today: NaiveDate) -> legal_request::BoxedQuery<'static, Engine> {
    let mut query =
        legal_request::table.filter(exists(scope::its_case(legal_request::case_id.nullable()).filter(scope::visible(scope)))).into_boxed();
    if !filter.status.is_empty() {
        let silent = silent(Day(today));
        let as_stored = legal_request::status.eq_any(filter.status.clone()).and(not(silent)).and(not(lapsed(Day(today))));
        let (refused, blocked) = (LegalRequestStatus::Refused, LegalRequestStatus::Blocked);
        query = match [refused, blocked].map(|status| filter.status.contains(&status)) {
            [true, true] => query.filter(as_stored.or(silent).or(lapsed(Day(today)))),
            [true, false] => query.filter(as_stored.or(silent)),
            [false, true] => query.filter(as_stored.or(lapsed(Day(today)))),
            [false, false] => query.filter(as_stored),
        };
    }
    if let Some(case) = filter.case_id {
        query = query.filter(legal_request::case_id.eq(case));
    }
    if let Some(day) = filter.deadline_before {
        query = query.filter(legal_request::deadline_on.lt(Day(day)));
    }
    query
}

/// Requests about the cases in scope, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::LegalRequestList>,
    filter: &LegalRequestFilter,
    page: &PageRequest,
    today: NaiveDate,
) -> Result<Page<LegalRequestSummary>> {
    let total = total(page, || selected(permit.scope(), filter, today).count().get_result(tx.conn))?;
    let rows = newest(tx.conn, selected(permit.scope(), filter, today), legal_request::id, page, total, |row: &Row| row.id)?;
    tx.shows(rows.items.iter().map(|row| row.case_id));
    Ok(rows.map(|row| LegalRequestSummary {
        id: row.id,
        status: row.status(today),
        case_id: row.case_id,
        recipient_id: row.recipient_id,
        received_on: row.received_on.0,
        deadline_on: row.deadline_on.map(|day| day.0),
        answer_by_on: row.answer_by(),
        created_at: row.created_at,
    }))
}

/// Until when what is drafted for a request rests on a permission.
pub fn last_until(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, request: LegalRequestId, until: Option<NaiveDate>) -> Result<()> {
    diesel::update(legal_request::table.find(request)).set(legal_request::permitted_until.eq(until.map(Day))).execute(tx.conn)?;
    Ok(())
}

/// A request whose draft was blocked stands so from then on, whoever sees it.
pub fn block(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, request: LegalRequestId) -> Result<()> {
    diesel::update(legal_request::table.find(request).filter(legal_request::status.eq_any(DRAFTED)))
        .set((legal_request::status.eq(LegalRequestStatus::Blocked), legal_request::version.eq(legal_request::version + 1)))
        .execute(tx.conn)?;
    Ok(())
}
