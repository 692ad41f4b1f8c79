//! Disposals (C16): what is proposed, and what is left of it: a certificate that names no case.

mod bearing;
mod erasing;

pub use bearing::bearing;

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::conn::{Lock, RowLock};
use super::counted::Counted;
use super::error::{Error, Result};
use super::ledger::disclosures::append_disposed;
use super::schema::{case_file, disclosure, disclosure_case_ix, disposal, disposal_case, disposal_entry, participant};
use super::sealed::{KeyUse, Owner};
use super::staff::{self, Names, stale_unless};
use super::stored::Day;
use super::tx::Tx;
use super::{cases, newest, scope};
use crate::authz::{Act, Permit, act};
use crate::domain::disposal::{CertificateEntry, Disposal, DisposalCase, DisposalCertificate, NewDisposal};
use crate::domain::ids::{CaseId, DisposalId, EntryId, PersonId, RecipientId, StaffId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Basis, DisclosureLogKind, DisposalGround, DisposalMethod, DisposalStatus, ErasureNotice, RetentionClass};
use crate::ledger::{CaseKey, DisclosureEntry, Disposed};

use erasing::Going;

#[derive(Queryable, Insertable)]
#[diesel(table_name = disposal, treat_none_as_default_value = false)]
struct Row {
    id: DisposalId,
    class: RetentionClass,
    ground: DisposalGround,
    officer: Option<String>,
    agreed_on: Option<Day>,
    count: i32,
    status: DisposalStatus,
    ended_at: Option<Timestamp>,
    ended_by: Option<StaffId>,
    notices: Option<ErasureNotice>,
    backups_expire_on: Option<Day>,
    version: i32,
    created_at: Timestamp,
    recorded_by: StaffId,
}

impl Row {
    fn view(self, names: &Names, entries: &mut HashMap<DisposalId, Vec<CertificateEntry>>) -> Disposal {
        let ended = self.ended_at.zip(self.ended_by.map(|by| names.get(by)));
        let (cancelled, certificate) = match (ended, self.notices, self.backups_expire_on) {
            (Some((executed_at, approved_by)), Some(notices), Some(Day(backups_expire_on))) => {
                let entries = entries.remove(&self.id).unwrap_or_default();
                let method = DisposalMethod::KeysDestroyed;
                (None, Some(DisposalCertificate { executed_at, approved_by, method, notices, entries, backups_expire_on }))
            }
            (ended, ..) => (ended, None),
        };
        let (cancelled_at, cancelled_by) = cancelled.unzip();
        Disposal {
            id: self.id,
            version: self.version,
            status: self.status,
            class: self.class,
            ground: self.ground,
            officer: self.officer.map(Name),
            officer_agreed_on: self.agreed_on.map(|day| day.0),
            count: self.count,
            created_at: self.created_at,
            recorded_by: names.get(self.recorded_by),
            cancelled_at,
            cancelled_by,
            certificate,
            allowed_actions: Vec::new(),
        }
    }
}

/// The entries that account for these disposals, once they have their places: the last thing a transaction does is to give them those. It needs no
/// permit, as a certificate names no case.
pub fn entries(tx: &mut Tx<'_>, ids: Vec<DisposalId>) -> Result<HashMap<DisposalId, Vec<CertificateEntry>>> {
    let accounted: Vec<(DisposalId, i64)> = disposal_entry::table
        .filter(disposal_entry::disposal_id.eq_any(ids))
        .order(disposal_entry::idx.asc())
        .select((disposal_entry::disposal_id, disposal_entry::idx))
        .load(tx.conn)?;
    let mut entries: HashMap<DisposalId, Vec<CertificateEntry>> = HashMap::new();
    for (id, index) in accounted {
        entries.entry(id).or_default().push(CertificateEntry { index, path: format!("/disclosure-log/entries/{index}") });
    }
    Ok(entries)
}

fn views(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Disposal>> {
    let names = staff::names(tx, rows.iter().flat_map(|row| row.ended_by.into_iter().chain([row.recorded_by])))?;
    let mut entries = entries(tx, rows.iter().map(|row| row.id).collect())?;
    Ok(rows.into_iter().map(|row| row.view(&names, &mut entries)).collect())
}

/// The first of these cases that is proposed for disposal already.
pub fn proposed_already(tx: &mut Tx<'_>, _permit: &Permit<act::DisposalPropose>, cases: &[CaseId]) -> Result<Option<CaseId>> {
    let taken = disposal_case::table.filter(disposal_case::case_id.eq_any(cases.to_vec())).select(disposal_case::case_id);
    Ok(taken.first(tx.conn).optional()?)
}

/// Proposes to dispose of these cases, which the caller found in scope and held.
pub fn propose(tx: &mut Tx<'_>, permit: &Permit<act::DisposalPropose>, new: &NewDisposal, now: Timestamp) -> Result<DisposalId> {
    let id = DisposalId::mint();
    let row = Row {
        id,
        class: new.class,
        ground: new.ground,
        officer: new.officer.clone().map(|officer| officer.0),
        agreed_on: new.officer_agreed_on.map(Day),
        count: i32::try_from(new.case_ids.len()).map_err(|_| Error::Corrupt("count of cases"))?,
        status: DisposalStatus::Proposed,
        ended_at: None,
        ended_by: None,
        notices: None,
        backups_expire_on: None,
        version: 1,
        created_at: now,
        recorded_by: permit.staff(),
    };
    diesel::insert_into(disposal::table).values(row).execute(tx.conn)?;
    for case in &new.case_ids {
        diesel::insert_into(disposal_case::table)
            .values((disposal_case::case_id.eq(*case), disposal_case::disposal_id.eq(id)))
            .execute(tx.conn)?;
    }
    Ok(id)
}

/// A disposal. It is nobody's secret: it names no case.
pub fn find(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: DisposalId) -> Result<Disposal> {
    let row: Row = disposal::table.find(id).first(tx.conn)?;
    views(tx, vec![row])?.pop().ok_or(Error::NotFound)
}

/// Disposals, newest first.
pub fn list(tx: &mut Tx<'_>, _permit: &Permit<act::DisposalList>, status: &[DisposalStatus], page: &PageRequest) -> Result<Page<Disposal>> {
    let mut query = disposal::table.into_boxed();
    if !status.is_empty() {
        query = query.filter(disposal::status.eq_any(status.to_vec()));
    }
    let rows = newest(tx.conn, query, disposal::id, page, None, |row: &Row| row.id)?;
    Ok(Page { items: views(tx, rows.items)?, next: rows.next, total: rows.total })
}

/// Those of these disposals in which a case is proposed whose people the caller serves on another side (C1), as far as they may know of that.
/// It goes by the open cases of the caller, which are few; those that are proposed are closed.
pub fn of_another_side(tx: &mut Tx<'_>, permit: &Permit<impl Act>, ids: Vec<DisposalId>) -> Result<HashSet<DisposalId>> {
    let there = cases::parts_of_own(tx, permit)?;
    if there.is_empty() {
        return Ok(HashSet::new());
    }
    let counted = Counted::among(tx, there.iter().map(|(person, _)| *person))?;
    let here: Vec<(DisposalId, PersonId, bool)> = disposal_case::table
        .inner_join(participant::table.on(participant::case_id.eq(disposal_case::case_id)))
        .filter(disposal_case::disposal_id.eq_any(ids))
        .filter(participant::person_id.eq_any(counted.everybody()))
        .select((disposal_case::disposal_id, participant::person_id, participant::kept_apart))
        .load(tx.conn)?;
    let served =
        |person: PersonId, apart: bool| there.iter().any(|(them, apart_there)| counted.same(*them, person) && (apart || *apart_there));
    Ok(here.into_iter().filter(|(_, person, apart)| served(*person, *apart)).map(|(id, ..)| id).collect())
}

/// The cases in scope of a disposal, in the order of their ids; none, once nothing remembers which they were.
pub fn list_cases(tx: &mut Tx<'_>, permit: &Permit<act::DisposalCases>, id: DisposalId, page: &PageRequest) -> Result<Page<DisposalCase>> {
    find(tx, permit, id)?;
    let named = disposal_case::table.filter(disposal_case::disposal_id.eq(id)).select(disposal_case::case_id);
    let mut query = case_file::table
        .filter(scope::visible(permit.scope()))
        .filter(case_file::id.eq_any(named))
        .order(case_file::id.asc())
        .limit(i64::from(page.limit) + 1)
        .select((case_file::id, case_file::reference))
        .into_boxed();
    if let Some(after) = page.after {
        query = query.filter(case_file::id.gt(CaseId(after.id)));
    }
    let rows = Page::cut(query.load::<(CaseId, String)>(tx.conn)?, page, |(id, _)| After { key: 0, id: id.0 }, None);
    tx.shows(rows.items.iter().map(|(id, _)| *id));
    Ok(rows.map(|(case_id, reference)| DisposalCase { case_id, reference }))
}

fn cases_of(tx: &mut Tx<'_>, id: DisposalId) -> Result<Vec<CaseId>> {
    let cases = disposal_case::table.filter(disposal_case::disposal_id.eq(id)).order(disposal_case::case_id.asc());
    Ok(cases.select(disposal_case::case_id).load(tx.conn)?)
}

/// All cases of a disposal, in the order of their ids, whoever may see them. They are held, and behind them the disposal: whoever comes second finds
/// how it ended, and judges nothing.
pub fn hold(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, id: DisposalId) -> Result<Vec<CaseId>> {
    for case in cases_of(tx, id)? {
        tx.hold(RowLock::Case, case.0)?;
    }
    tx.hold(RowLock::Disposal, id.0)?;
    // One of them may have left it meanwhile; none is added.
    cases_of(tx, id)
}

/// What came of a proposal that is held.
fn end(
    tx: &mut Tx<'_>,
    id: DisposalId,
    status: DisposalStatus,
    by: StaffId,
    done: Option<(ErasureNotice, NaiveDate)>,
    now: Timestamp,
) -> Result<usize> {
    diesel::delete(disposal_case::table.filter(disposal_case::disposal_id.eq(id))).execute(tx.conn)?;
    let proposed = disposal::table.find(id).filter(disposal::status.eq(DisposalStatus::Proposed));
    Ok(diesel::update(proposed)
        .set((
            disposal::status.eq(status),
            disposal::ended_at.eq(now),
            disposal::ended_by.eq(by),
            disposal::notices.eq(done.map(|(notices, _)| notices)),
            disposal::backups_expire_on.eq(done.map(|(_, day)| Day(day))),
            disposal::version.eq(disposal::version + 1),
        ))
        .execute(tx.conn)?)
}

/// A case that the caller holds, and in which work goes on, leaves what is proposed; the last one gives it up.
pub(super) fn take_out(tx: &mut Tx<'_>, case: CaseId, by: StaffId, now: Timestamp) -> Result<()> {
    let proposed = disposal_case::table.find(case).select(disposal_case::disposal_id).first::<DisposalId>(tx.conn).optional()?;
    let Some(id) = proposed else { return Ok(()) };
    tx.hold(RowLock::Disposal, id.0)?;
    if cases_of(tx, id)? == [case] {
        return end(tx, id, DisposalStatus::Cancelled, by, None, now).map(drop);
    }
    diesel::delete(disposal_case::table.find(case)).execute(tx.conn)?;
    diesel::update(disposal::table.find(id))
        .set((disposal::count.eq(disposal::count - 1), disposal::version.eq(disposal::version + 1)))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives up a proposal, and forgets of which cases it was.
pub fn cancel(tx: &mut Tx<'_>, permit: &Permit<act::DisposalCancel>, of: &Disposal, now: Timestamp) -> Result<()> {
    let changed = end(tx, of.id, DisposalStatus::Cancelled, permit.staff(), None, now)?;
    stale_unless(tx, changed, of.version + 1, |_| Ok(of.version))
}

/// Disposes of these cases: all that the caller found in scope, held, and found nothing to stand in the way of, with the guards of their people.
/// First the entries that account for them wait for the end of the transaction; then the keys are destroyed, and the rows deleted.
pub fn execute(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisposalApprove>,
    of: &Disposal,
    cases: &[CaseId],
    (notices, backups_expire_on): (ErasureNotice, NaiveDate),
    now: Timestamp,
) -> Result<()> {
    let going = Going::find(tx, cases)?;
    // Nobody else adds to a log, or gives what waits its place in it, until all is gone.
    tx.lock(Lock::Log)?;
    tx.lock(Lock::AccessLog)?;
    tx.shows(cases.iter().copied());
    // The entry of the access log knows them by their keys, too.
    tx.ledger_keys(cases)?;
    let mut gone = Vec::with_capacity(cases.len());
    for case in cases {
        gone.push((CaseKey::new(tx.key(Owner::Case(*case), KeyUse::Ledger)?), *case));
    }
    // In an order that tells nothing of the cases.
    gone.sort_by_key(|(key, _)| key.fingerprint());
    for (key, case) in gone {
        let told = notify(tx, permit, case, &key, notices, now)?;
        let filed: i64 = disclosure_case_ix::table.filter(disclosure_case_ix::case_id.eq(case)).select(count_star()).first(tx.conn)?;
        let mut entry = DisclosureEntry::new(EntryId::mint(), DisclosureLogKind::CaseDisposed, permit.staff(), permit.caller().request);
        entry.decided_by = Some(permit.staff());
        entry.disposed = Some(Disposed {
            disposal: of.id,
            policy: of.class,
            ground: of.ground,
            proposed_by: of.recorded_by.id,
            notices,
            // With this one.
            entries: filed + told + 1,
            key: key.fingerprint(),
        });
        append_disposed(tx, permit, entry, key, Some(of.id), now);
    }
    going.erase(tx, now)?;
    let changed = end(tx, of.id, DisposalStatus::Executed, permit.staff(), Some((notices, backups_expire_on)), now)?;
    stale_unless(tx, changed, of.version + 1, |_| Ok(of.version))
}

/// Logs for each body that received something of this case, and once for all other recipients, that they were told of the erasure; how many entries
/// that makes (UK GDPR Art. 19).
fn notify(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisposalApprove>,
    case: CaseId,
    key: &CaseKey,
    notices: ErasureNotice,
    now: Timestamp,
) -> Result<i64> {
    if notices != ErasureNotice::Notified {
        return Ok(0);
    }
    let received: Vec<Option<RecipientId>> = disclosure::table
        .filter(disclosure::case_id.eq(case))
        .filter(disclosure::basis.ne(Basis::Anonymised))
        .select(disclosure::recipient_id)
        .distinct()
        .load(tx.conn)?;
    let told = i64::try_from(received.len()).map_err(|_| Error::Corrupt("count of recipients"))?;
    for recipient in received {
        let kind = DisclosureLogKind::RecipientNotifiedOfErasure;
        let mut entry = DisclosureEntry::new(EntryId::mint(), kind, permit.staff(), permit.caller().request);
        entry.decided_by = Some(permit.staff());
        entry.recipient = recipient;
        append_disposed(tx, permit, entry, key.clone(), None, now);
    }
    Ok(told)
}
