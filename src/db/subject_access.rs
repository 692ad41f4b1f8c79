//! Subject access requests (C9). What was said and done is sealed under a key of the request, since it is about cases and belongs to none; what was
//! decided of the notes of a case, under the key of that case (`parts`). What is held is in `held`.
//!
//! A request is seen by those who see every case it is about: to others it would tell of a case that they do not know of (C1).

mod held;
mod parts;

pub use held::{Candidate, Held, Right, candidates, cases_of_right, held_about, home, on_record, take_guards};
pub use parts::{Part, put, sent};
pub(super) use parts::{forget, going, held_cases};

use std::collections::BTreeMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Engine, RowLock};
use super::error::Result;
use super::schema::{subject_access_part, subject_access_request};
use super::sealed::{Cell, Owner};
use super::staff::{self, stale_unless};
use super::stored::Day;
use super::tx::Tx;
use super::{newest, scope, total};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, ContactId, PersonId, SarId, StaffId};
use crate::domain::page::{Page, PageRequest};
use crate::domain::subject_access::{
    NewSarClockEvent, NewSarRefusal, NewSubjectAccessRequest, SarAddress, SarClock, SarClockEvent, SarRefusal, SarSearch, SarUpdate,
    SubjectAccessRequest, SubjectAccessRequestSummary,
};
use crate::domain::subject_access_letter::Cover;
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{RequesterCapacity, SarStatus};

#[derive(Queryable, Insertable)]
#[diesel(table_name = subject_access_request, treat_none_as_default_value = false)]
struct Row {
    id: SarId,
    subject_id: PersonId,
    requester_id: PersonId,
    capacity: RequesterCapacity,
    status: SarStatus,
    received_on: Day,
    sealed: Vec<u8>,
    ended_at: Option<Timestamp>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

/// What is sealed of a request.
#[derive(Serialize, Deserialize)]
struct Told {
    content: NewSubjectAccessRequest,
    delivery_contact_id: Option<ContactId>,
    best_interests: Option<LongText>,
    searches: Vec<SarSearch>,
    events: Vec<Happened<NewSarClockEvent>>,
    built: Option<Happened<()>>,
    refused: Option<Happened<NewSarRefusal>>,
    /// Who wrote to whom, and where it went.
    sent: Option<Happened<(Cover, SarAddress)>>,
}

/// Something that was done.
#[derive(Serialize, Deserialize)]
struct Happened<T> {
    what: T,
    at: Timestamp,
    by: StaffId,
}

fn cell(id: SarId) -> Cell {
    Cell::of("subject_access_request", id.0, Owner::SubjectAccess(id))
}

impl Row {
    fn told(&self, tx: &mut Tx<'_>) -> Result<Told> {
        tx.open(cell(self.id), &self.sealed)
    }
}

/// Once a request stands so, nothing is done about it any more.
const ENDED: [SarStatus; 2] = [SarStatus::Sent, SarStatus::Refused];

/// Records a request, with the cases it is about: whoever may record one need not be one who may read it.
pub fn insert(tx: &mut Tx<'_>, permit: &Permit<act::SarLog>, content: NewSubjectAccessRequest, now: Timestamp) -> Result<SarId> {
    let id = SarId::mint();
    let right = Right::from(&content);
    let cases = cases_of_right(tx, permit, right)?;
    // While one waited, one of them may have been disposed of.
    hold(tx, cases)?;
    let cases = cases_of_right(tx, permit, right)?;
    tx.create_keys(Owner::SubjectAccess(id), now)?;
    let (subject_id, requester_id, capacity) = (content.subject_id, content.requester_id, content.capacity);
    let received_on = Day(content.received_on);
    let told = Told {
        content,
        delivery_contact_id: None,
        best_interests: None,
        searches: Vec::new(),
        events: Vec::new(),
        built: None,
        refused: None,
        sent: None,
    };
    let row = Row {
        id,
        subject_id,
        requester_id,
        capacity,
        status: SarStatus::Received,
        received_on,
        sealed: tx.seal(cell(id), &told)?,
        ended_at: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(subject_access_request::table).values(row).execute(tx.conn)?;
    put(tx, permit, (id, right), cases.into_iter().map(|case| (case, Vec::new())).collect::<BTreeMap<_, _>>(), now)?;
    Ok(id)
}

/// A condition on a request.
type OnRequest = Box<dyn BoxableExpression<subject_access_request::table, Engine, SqlType = diesel::sql_types::Bool>>;

/// Whether a request is in scope: every case it is about is.
fn visible(scope: Scope) -> OnRequest {
    let hidden = subject_access_part::table
        .filter(subject_access_part::sar_id.eq(subject_access_request::id))
        .filter(subject_access_part::case_id.ne_all(scope::cases(scope)));
    Box::new(not(exists(hidden)))
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId) -> Result<Row> {
    let find = |conn: &mut Conn, scope| {
        let row: Row = subject_access_request::table.find(id).filter(visible(scope)).first(conn)?;
        let of = subject_access_part::table.filter(subject_access_part::sar_id.eq(id)).select(subject_access_part::case_id);
        Ok((row, of.load::<CaseId>(conn)?))
    };
    let (row, _) = scope::found(tx, permit.scope(), find, |(_, cases)| cases.clone())?;
    Ok(row)
}

/// Whether a request is in scope.
pub fn is_seen(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId) -> Result<bool> {
    let seen = subject_access_request::table.find(id).filter(visible(permit.scope())).select(subject_access_request::id);
    Ok(seen.first::<SarId>(tx.conn).optional()?.is_some())
}

/// A request whose cases are all in scope; its clock is the policy's to tell.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId) -> Result<SubjectAccessRequest> {
    let row = row(tx, permit, id)?;
    view(tx, &row)
}

/// A request as it is shown to whoever recorded it, even if it is about a case that they do not see.
pub fn written(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId) -> Result<SubjectAccessRequest> {
    let own = subject_access_request::table.find(id).filter(subject_access_request::recorded_by.eq(permit.staff()));
    let row: Row = own.first(tx.conn)?;
    let of = subject_access_part::table.filter(subject_access_part::sar_id.eq(id)).select(subject_access_part::case_id);
    let cases: Vec<CaseId> = of.load(tx.conn)?;
    let seen = scope::among(tx, permit.scope(), cases)?;
    tx.shows(seen);
    view(tx, &row)
}

fn view(tx: &mut Tx<'_>, row: &Row) -> Result<SubjectAccessRequest> {
    let Told { content, delivery_contact_id, best_interests, searches, events, built, refused, sent } = row.told(tx)?;
    let disclosure_ids = parts::of(tx, row.id)?.into_iter().flat_map(|part| part.disclosure_ids).collect();
    let decided_by = refused.as_ref().map(|refused| refused.by).or(sent.as_ref().map(|sent| sent.by));
    let names = staff::names(tx, events.iter().map(|event| event.by).chain(decided_by).chain([row.recorded_by]))?;
    let event = |event: Happened<_>| SarClockEvent { content: event.what, recorded_at: event.at, recorded_by: names.get(event.by) };
    Ok(SubjectAccessRequest {
        id: row.id,
        version: row.version,
        status: row.status,
        content,
        clock: SarClock::default(),
        clock_events: events.into_iter().map(event).collect(),
        delivery_contact_id,
        best_interests,
        searches,
        built_at: built.map(|built| built.at),
        refusal: refused.map(|refused| SarRefusal { content: refused.what, decided_at: refused.at }),
        sent_at: sent.as_ref().map(|sent| sent.at),
        sent_to: sent.map(|sent| sent.what.1),
        decided_by: decided_by.map(|by| names.get(by)),
        disclosure_ids,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        allowed_actions: Vec::new(),
    })
}

/// What was decided of the items of a request in scope, case by case; and if it was sent, who wrote to whom.
pub fn decided(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: SarId) -> Result<(Vec<Part>, Option<Cover>)> {
    let row = row(tx, permit, id)?;
    let sent = row.told(tx)?.sent.map(|sent| sent.what.0);
    Ok((parts::of(tx, row.id)?, sent))
}

/// Something that is done about a request.
#[derive(Debug)]
pub enum Step {
    /// Its particulars are changed.
    Updated(SarUpdate),
    /// Something happened that moves the clock.
    Event(NewSarClockEvent),
    /// It is decided what becomes of its items; a bundle of what was decided before is none any more.
    Decided,
    /// The bundle is built.
    Built,
    /// It is refused.
    Refused(NewSarRefusal),
    /// The answer is sent, by whom to whom, and there.
    Sent(Cover, SarAddress),
}

/// Takes a step, at the version the client saw, after which the request stands so.
pub fn take(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    id: SarId,
    version: i32,
    status: SarStatus,
    step: Step,
    now: Timestamp,
) -> Result<()> {
    let row = row(tx, permit, id)?;
    let mut told = row.told(tx)?;
    let by = permit.staff();
    match step {
        Step::Updated(SarUpdate { delivery_contact_id, best_interests, searches, conflicted_staff_ids }) => {
            (told.delivery_contact_id, told.best_interests, told.searches) = (delivery_contact_id, best_interests, searches);
            told.content.conflicted_staff_ids = conflicted_staff_ids;
        }
        Step::Event(what) => told.events.push(Happened { what, at: now, by }),
        Step::Decided => told.built = None,
        Step::Built => told.built = Some(Happened { what: (), at: now, by }),
        Step::Refused(what) => told.refused = Some(Happened { what, at: now, by }),
        Step::Sent(cover, to) => told.sent = Some(Happened { what: (cover, to), at: now, by }),
    }
    let open = subject_access_request::table.find(id).filter(subject_access_request::version.eq(version));
    let changed = diesel::update(open.filter(subject_access_request::status.ne_all(ENDED)))
        .set((
            subject_access_request::status.eq(status),
            subject_access_request::sealed.eq(tx.seal(cell(id), &told)?),
            subject_access_request::ended_at.eq(ENDED.contains(&status).then_some(now)),
            subject_access_request::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))
}

/// What the register shows of a request: its clock is the policy's to tell, from what happened.
pub type Listed = (SubjectAccessRequestSummary, Vec<NewSarClockEvent>);

/// The requests whose cases are all in scope, newest first.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<act::SarList>, status: &[SarStatus], page: &PageRequest) -> Result<Page<Listed>> {
    let selected = || {
        let query = subject_access_request::table.filter(visible(permit.scope())).into_boxed();
        if status.is_empty() { query } else { query.filter(subject_access_request::status.eq_any(status.to_vec())) }
    };
    let total = total(page, || selected().count().get_result(tx.conn))?;
    let rows = newest(tx.conn, selected(), subject_access_request::id, page, total, |row: &Row| row.id)?;
    let ids: Vec<SarId> = rows.items.iter().map(|row| row.id).collect();
    let of = subject_access_part::table.filter(subject_access_part::sar_id.eq_any(ids.clone())).select(subject_access_part::case_id);
    let cases: Vec<CaseId> = of.load(tx.conn)?;
    tx.shows(cases);
    tx.fetch_keys(ids.into_iter().map(Owner::SubjectAccess))?;
    let listed = |row: &Row| {
        let events = row.told(tx)?.events.into_iter().map(|event| event.what).collect();
        let Row { id, status, subject_id, requester_id, capacity, received_on, created_at, .. } = *row;
        let clock = SarClock::default();
        let summary =
            SubjectAccessRequestSummary { id, status, subject_id, requester_id, capacity, received_on: received_on.0, clock, created_at };
        Ok((summary, events))
    };
    let items = rows.items.iter().map(listed).collect::<Result<_>>()?;
    Ok(Page { items, next: rows.next, total: rows.total })
}

/// Until the transaction ends nobody disposes of these cases, nor closes them to anybody.
pub(super) fn hold(tx: &mut Tx<'_>, cases: impl IntoIterator<Item = CaseId>) -> Result<()> {
    tx.hold_each(RowLock::Case, cases.into_iter().map(|case| case.0))
}

#[cfg(test)]
mod tests;
