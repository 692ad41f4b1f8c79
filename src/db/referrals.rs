//! Referrals. All that was told is sealed under a key of the referral: where it stands, its source and whether it states a risk are words.
//!
//! A referral of no case is seen by everybody who does casework. One that was accepted into a case is seen by those who see that case (C1).

mod away;
mod moved;

use diesel::dsl::{auto_type, exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use serde::{Deserialize, Serialize};

use super::conn::{Conn, Engine};
use super::error::{Error, Result};
use super::schema::{referral, referral_staff};
use super::sealed::{Cell, Owner};
use super::staff::{self, stale_unless};
use super::tx::Tx;
use super::{cases, scope, total};
use crate::authz::{Act, Permit, Scope, act};
use crate::domain::ids::{CaseId, ReferralId, StaffId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::referral::{Referral, ReferralContent, ReferralFilter, ReferralReceipt, ReferralSummary};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ReferralSource, ReferralStatus};

pub(super) use away::all_kept_away_from;
pub use away::{keep_away, kept_away};
pub use moved::relocate;
use moved::{Moved, moves};

#[derive(Queryable, Insertable)]
#[diesel(table_name = referral, treat_none_as_default_value = false)]
struct Row {
    id: ReferralId,
    reference: String,
    status: ReferralStatus,
    source: ReferralSource,
    risk_stated: bool,
    received_at: Timestamp,
    case_id: Option<CaseId>,
    decided_at: Option<Timestamp>,
    decided_by: Option<StaffId>,
    moved_at: Option<Timestamp>,
    moved_by: Option<StaffId>,
    sealed: Vec<u8>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Told {
    content: ReferralContent,
    decision_reason: Option<LongText>,
    moves: Vec<Moved>,
}

fn cell(id: ReferralId) -> Cell {
    Cell::of("referral", id.0, Owner::Referral(id))
}

/// A condition on a referral.
type OnReferral = Box<dyn BoxableExpression<referral::table, Engine, SqlType = Nullable<Bool>>>;

/// One that waits is everybody's; with a case it is seen by those who see that. What was turned down, or pointed elsewhere, is of no more concern
/// to all: whoever recorded or decided it goes on seeing it, and managers do (C7). Whoever has a conflict of interest never sees it (C1).
fn visible(scope: Scope) -> OnReferral {
    let of_seen_case = exists(scope::its_case(referral::case_id).filter(scope::visible(scope)));
    match scope {
        Scope::Nothing => Box::new(referral::version.lt(0).nullable()),
        Scope::Adviser(staff) => {
            let theirs = referral::recorded_by.eq(staff).or(referral::decided_by.eq(staff));
            let waits = referral::status.eq(ReferralStatus::Received);
            let seen = of_seen_case.or(referral::case_id.is_null().and(waits.or(theirs)));
            Box::new(not(exists(kept_from(staff))).and(seen))
        }
        Scope::Manager(staff, _) => Box::new(not(exists(kept_from(staff))).and(of_seen_case.or(referral::case_id.is_null())).nullable()),
    }
}

/// That this member of staff is kept away from the referral of the query around it.
#[auto_type(no_type_alias)]
fn kept_from(staff: StaffId) -> _ {
    referral_staff::table.filter(referral_staff::referral_id.eq(referral::id)).filter(referral_staff::staff_id.eq(staff))
}

/// Records a referral with its keys. Whoever records it, a machine too, need not see any other.
pub fn insert(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ReferralCreate>,
    content: ReferralContent,
    received_at: Timestamp,
    now: Timestamp,
) -> Result<ReferralId> {
    let id = ReferralId::mint();
    tx.create_keys(Owner::Referral(id), now)?;
    let reference = cases::reference(tx, now)?;
    let (source, risk_stated) = (content.source, content.risk_stated);
    let row = Row {
        id,
        reference,
        status: ReferralStatus::Received,
        source,
        risk_stated,
        received_at,
        case_id: None,
        decided_at: None,
        decided_by: None,
        moved_at: None,
        moved_by: None,
        sealed: tx.seal(cell(id), &Told { content, decision_reason: None, moves: Vec::new() })?,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(referral::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// The receipt of a referral, for whoever recorded it.
pub fn receipt(tx: &mut Tx<'_>, permit: &Permit<act::ReferralCreate>, id: ReferralId) -> Result<ReferralReceipt> {
    let own = referral::table.find(id).filter(referral::recorded_by.eq(permit.staff()));
    let (reference, received_at) = own.select((referral::reference, referral::received_at)).first(tx.conn)?;
    Ok(ReferralReceipt { id, reference, received_at })
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ReferralId) -> Result<Row> {
    let find = |conn: &mut Conn, scope| referral::table.find(id).filter(visible(scope)).first(conn);
    scope::found(tx, permit.scope(), find, |row: &Row| row.case_id)
}

/// A referral in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: ReferralId) -> Result<Referral> {
    let row = row(tx, permit, id)?;
    view(tx, permit, row)
}

/// A referral as it is shown to whoever has just decided it, even if they may not open the case into which it went.
pub fn written(tx: &mut Tx<'_>, permit: &Permit<act::ReferralDecide>, id: ReferralId) -> Result<Referral> {
    let row = referral::table.find(id).first(tx.conn)?;
    view(tx, permit, row)
}

fn view(tx: &mut Tx<'_>, permit: &Permit<impl Act>, row: Row) -> Result<Referral> {
    let id = row.id;
    let Told { content, decision_reason, moves: moved } = tx.open(cell(id), &row.sealed)?;
    let names = staff::names(tx, row.decided_by.into_iter().chain([row.recorded_by]))?;
    let conflicted_staff_ids = kept_away(tx, permit, id)?;
    let relocations = moves(tx, permit, moved)?;
    Ok(Referral {
        id,
        reference: row.reference,
        version: row.version,
        status: row.status,
        received_at: row.received_at,
        content,
        conflicted_staff_ids,
        case_id: row.case_id,
        relocations,
        decided_at: row.decided_at,
        decided_by: row.decided_by.map(|by| names.get(by)),
        decision_reason,
        created_at: row.created_at,
        recorded_by: names.get(row.recorded_by),
        allowed_actions: Vec::new(),
    })
}

/// Changes what was told in a referral that was not decided.
pub fn update(tx: &mut Tx<'_>, permit: &Permit<act::ReferralUpdate>, id: ReferralId, version: i32, content: ReferralContent) -> Result<()> {
    let current = row(tx, permit, id)?.version;
    let (source, risk_stated) = (content.source, content.risk_stated);
    let sealed = tx.seal(cell(id), &Told { content, decision_reason: None, moves: Vec::new() })?;
    let changed = diesel::update(standing(id, version, ReferralStatus::Received))
        .set((
            referral::source.eq(source),
            referral::risk_stated.eq(risk_stated),
            referral::sealed.eq(sealed),
            referral::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(current))
}

/// What becomes of a referral.
#[derive(Debug)]
pub struct Outcome {
    /// Where it stands from now on.
    pub status: ReferralStatus,
    /// The case to which it was accepted.
    pub case_id: Option<CaseId>,
    /// Why, or to whom they were pointed.
    pub reason: Option<LongText>,
}

/// Decides about a referral, once: of two who decide at the same time, the second is too late.
pub fn decide(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ReferralDecide>,
    id: ReferralId,
    version: i32,
    outcome: Outcome,
    now: Timestamp,
) -> Result<()> {
    let row = row(tx, permit, id)?;
    let told: Told = tx.open(cell(id), &row.sealed)?;
    let sealed = tx.seal(cell(id), &Told { decision_reason: outcome.reason, ..told })?;
    let changed = diesel::update(standing(id, version, ReferralStatus::Received))
        .set((
            referral::status.eq(outcome.status),
            referral::case_id.eq(outcome.case_id),
            referral::decided_at.eq(now),
            referral::decided_by.eq(permit.staff()),
            referral::sealed.eq(sealed),
            referral::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    stale_unless(tx, changed, version + 1, |_| Ok(row.version))
}

/// The row at the version the client saw, as long as it stands so.
#[auto_type(no_type_alias)]
fn standing(id: ReferralId, version: i32, status: ReferralStatus) -> _ {
    referral::table.filter(referral::id.eq(id)).filter(referral::version.eq(version)).filter(referral::status.eq(status))
}

fn selected(scope: Scope, filter: &ReferralFilter) -> referral::BoxedQuery<'static, Engine> {
    let mut query = referral::table.filter(visible(scope)).into_boxed();
    if !filter.status.is_empty() {
        query = query.filter(referral::status.eq_any(filter.status.clone()));
    }
    if !filter.source.is_empty() {
        query = query.filter(referral::source.eq_any(filter.source.clone()));
    }
    if let Some(stated) = filter.risk_stated {
        query = query.filter(referral::risk_stated.eq(stated));
    }
    if let Some(case) = filter.case_id {
        query = query.filter(referral::case_id.eq(case));
    }
    if let Some(from) = filter.received_from {
        query = query.filter(referral::received_at.ge(from));
    }
    if let Some(to) = filter.received_to {
        query = query.filter(referral::received_at.lt(to));
    }
    query
}

/// Referrals in scope, by the time of their arrival.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ReferralList>,
    filter: &ReferralFilter,
    page: &PageRequest,
) -> Result<Page<ReferralSummary>> {
    let total = total(page, || selected(permit.scope(), filter).count().get_result(tx.conn))?;
    let mut query = selected(permit.scope(), filter).limit(i64::from(page.limit) + 1);
    query = if filter.oldest_first {
        query.order((referral::received_at.asc(), referral::id.asc()))
    } else {
        query.order((referral::received_at.desc(), referral::id.desc()))
    };
    if let Some(after) = page.after {
        let (id, at) = (ReferralId(after.id), Timestamp::from_micros(after.key).ok_or(Error::Corrupt("place in a list"))?);
        query = if filter.oldest_first {
            query.filter(referral::received_at.gt(at).or(referral::received_at.eq(at).and(referral::id.gt(id))))
        } else {
            query.filter(referral::received_at.lt(at).or(referral::received_at.eq(at).and(referral::id.lt(id))))
        };
    }
    let page = Page::cut(query.load::<Row>(tx.conn)?, page, |row| After { key: row.received_at.micros(), id: row.id.0 }, total);
    tx.shows(page.items.iter().filter_map(|row| row.case_id));
    Ok(page.map(|row| ReferralSummary {
        id: row.id,
        reference: row.reference,
        status: row.status,
        source: row.source,
        risk_stated: row.risk_stated,
        received_at: row.received_at,
        case_id: row.case_id,
    }))
}
