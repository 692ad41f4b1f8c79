//! What left the service. A row is made from a grant and from nothing else; the grant is consumed. It is never changed: what happens later
//! is an annotation.

mod accounting;
mod addresses;

pub use accounting::passed_on;
pub(super) use accounting::withheld;

use std::collections::HashMap;
use std::ops::RangeBounds;

use super::conn::{Conn, Engine, Lock};
use diesel::dsl::auto_type;
use diesel::prelude::*;

use super::counted::Counted;
use super::error::{Error, Result};
use super::named::NamedBy;
use super::schema::{disclosure, disclosure_annotation, disclosure_consent};
use super::sealed::{Cell, Owner};
use super::stored::Json;
use super::total;
use super::tx::Tx;
use super::{cases, concerns, consents, ledger, scope, staff};
use crate::authz::{Act, Permit, act};
use crate::domain::disclosure::{
    Annotation, Decided, Disclosure, DisclosureContent, DisclosureSummary, LogEntryRef, NewAnnotation, ReliedOn,
};
use crate::domain::ids::{AnnotationId, CaseId, ConcernId, ContactId, DisclosureId, NoteId, PersonId, RecipientId, StaffId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::time::{Timestamp, months_after};
use crate::domain::vocabulary::{AnnotationKind, Basis, DisclosureStatus, Purpose};
use crate::policy::disclosure::Grant;

#[derive(Queryable, Insertable)]
#[diesel(table_name = disclosure, treat_none_as_default_value = false)]
struct Row {
    id: DisclosureId,
    case_id: CaseId,
    basis: Basis,
    recipient_id: Option<RecipientId>,
    decided_at: Timestamp,
    decided_by: StaffId,
    concern_id: Option<ConcernId>,
    wording: Option<Vec<u8>>,
    details: Json<Decided>,
    sealed: Vec<u8>,
}

impl Row {
    fn content(&self, tx: &mut Tx<'_>) -> Result<DisclosureContent> {
        tx.open(Cell::of("disclosure", self.id.0, Owner::Case(self.case_id)), &self.sealed)
    }
}

/// What is recorded beside a grant.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Its id: a new one, or that of its draft.
    pub id: DisclosureId,
    /// The body of the register, where the grant names one or one was entered on the spot.
    pub recipient_id: Option<RecipientId>,
    /// What the service puts to it.
    pub decided: Decided,
    /// The keyed digest of an anonymous wording.
    pub wording: Option<[u8; 32]>,
    /// The contact to which it goes, where it goes to somebody who takes part and it is known to which.
    pub to: Option<ContactId>,
}

#[expect(clippy::needless_pass_by_value, reason = "the grant is used up: one grant, one row")]
/// Records what was granted: no grant, no row; one grant, one row. Permissions that count once are used up by it (R16).
pub fn record(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureRecord>,
    case_id: CaseId,
    grant: Grant,
    content: &DisclosureContent,
    recording: Recording,
) -> Result<DisclosureId> {
    let id = recording.id;
    let now = grant.decided_at();
    for consent in grant.once_only() {
        consents::mark_used(tx, permit, *consent, now)?;
    }
    let named = content.people().chain(recording.decided.data_subject_ids.iter().copied());
    let named_by = if content.safeguarding.is_some() { NamedBy::Risk } else { NamedBy::Other };
    cases::recorded(tx, case_id, (named, named_by), permit.staff(), now)?;
    let sealed = tx.seal(Cell::of("disclosure", id.0, Owner::Case(case_id)), content)?;
    let row = Row {
        id,
        case_id,
        basis: grant.ask().basis,
        recipient_id: recording.recipient_id,
        decided_at: now,
        decided_by: permit.staff(),
        concern_id: recording.decided.concern_id,
        wording: recording.wording.map(|digest| digest.to_vec()),
        details: Json(recording.decided),
        sealed,
    };
    diesel::insert_into(disclosure::table).values(row).execute(tx.conn)?;
    addresses::keep(tx, permit, (id, case_id), content, recording.to)?;
    for relied in grant.consents() {
        diesel::insert_into(disclosure_consent::table)
            .values((disclosure_consent::consent_id.eq(relied.consent_id), disclosure_consent::disclosure_id.eq(id)))
            .execute(tx.conn)?;
    }
    Ok(id)
}

/// What left by this disclosure, if it is one of this case, which is in scope.
pub fn of_case(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, id: DisclosureId) -> Result<Option<DisclosureContent>> {
    let here = disclosure::table.find(id).filter(disclosure::case_id.eq(case_id));
    let row: Option<Row> = here.filter(disclosure::case_id.eq_any(scope::cases(permit.scope()))).first(tx.conn).optional()?;
    row.map(|row| row.content(tx)).transpose()
}

/// The permissions on which a disclosure rests; it is one of those that are found by them.
pub(super) fn relied_on(tx: &mut Tx<'_>, id: DisclosureId) -> Result<Vec<ReliedOn>> {
    let Json(decided) = disclosure::table.find(id).select(disclosure::details).first::<Json<Decided>>(tx.conn)?;
    Ok(decided.consents)
}

/// Those of which it is on record that they were not sent after all.
#[auto_type(no_type_alias)]
fn kept_back() -> _ {
    let not_sent: AnnotationKind = AnnotationKind::NotSent;
    disclosure_annotation::table.filter(disclosure_annotation::kind.eq(not_sent)).select(disclosure_annotation::disclosure_id)
}

/// Those of these that left, in the order of their ids: not those of which it is on record that they were not sent after all.
pub fn left(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, ids: &[DisclosureId]) -> Result<Vec<DisclosureId>> {
    let left = disclosure::table.filter(disclosure::id.eq_any(ids.to_vec())).filter(disclosure::id.ne_all(kept_back()));
    Ok(left.order(disclosure::id.asc()).select(disclosure::id).load(tx.conn)?)
}

/// In microseconds.
const MINUTE: i64 = 60_000_000;

/// Whether this disclosure, recorded of this case, allowed a contact with officers or professionals about these people (C11): it named them, was
/// let go, and was so at one of these times. The minute is enough, for that is how times are told.
pub fn allows_contact(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    case: CaseId,
    id: DisclosureId,
    about: &[PersonId],
    when: impl RangeBounds<Timestamp>,
) -> Result<bool> {
    let decided = disclosure::table.find(id).filter(disclosure::case_id.eq(case)).select(disclosure::details);
    let Some(Json(decided)) = decided.first::<Json<Decided>>(tx.conn).optional()? else { return Ok(false) };
    let left = !left(tx, permit, &[id])?.is_empty();
    let Decided { identified, data_subject_ids: named, sent_at, .. } = decided;
    let minute = Timestamp::from_micros(sent_at.micros() / MINUTE * MINUTE).ok_or(Error::Corrupt("time of a disclosure"))?;
    Ok(identified && left && when.contains(&minute) && about.iter().all(|person| named.contains(person)))
}

/// Whether what left this case names any of these notes.
pub(super) fn name_any(tx: &mut Tx<'_>, case_id: CaseId, notes: &[NoteId]) -> Result<bool> {
    for row in disclosure::table.filter(disclosure::case_id.eq(case_id)).load::<Row>(tx.conn)? {
        if row.content(tx)?.note_ids.iter().any(|named| notes.contains(named)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn row(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: DisclosureId) -> Result<Row> {
    let find = |conn: &mut Conn, scope| disclosure::table.find(id).filter(disclosure::case_id.eq_any(scope::cases(scope))).first(conn);
    scope::found(tx, permit.scope(), find, |row: &Row| [row.case_id])
}

/// A disclosure of a case in scope.
pub fn find(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: DisclosureId) -> Result<Disclosure> {
    let row = row(tx, permit, id)?;
    let content = row.content(tx)?;
    let log_entries = ledger::entries_of(tx, id)?.into_iter().map(|(index, kind)| LogEntryRef { index, kind }).collect();
    let notes: Vec<AnnotationRow> = disclosure_annotation::table
        .filter(disclosure_annotation::disclosure_id.eq(id))
        .order(disclosure_annotation::id.asc())
        .load(tx.conn)?;
    let names = staff::names(tx, notes.iter().map(|note| note.recorded_by).chain([row.decided_by]))?;
    let mut annotations = Vec::with_capacity(notes.len());
    for note in notes {
        annotations.push(note.view(tx, row.case_id, &names)?);
    }
    let sent_to = addresses::of(tx, permit, id)?;
    Ok(Disclosure {
        id,
        case_id: row.case_id,
        status: DisclosureStatus::Sent,
        basis: row.basis,
        content,
        sent_to,
        decided: row.details.0,
        requested_by: names.get(row.decided_by),
        decided_by: names.get(row.decided_by),
        log_entries,
        annotations,
        remarks: Vec::new(),
        allowed_actions: Vec::new(),
    })
}

fn selected(scope: crate::authz::Scope, case_id: CaseId) -> disclosure::BoxedQuery<'static, Engine> {
    disclosure::table.filter(disclosure::case_id.eq(case_id)).filter(disclosure::case_id.eq_any(scope::cases(scope))).into_boxed()
}

/// What left a case, newest first. For one person it is their accounting: what was about them, without what is withheld from them today, and without
/// what was not sent after all.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureList>,
    case_id: CaseId,
    subject: Option<PersonId>,
    page: &PageRequest,
    now: Timestamp,
) -> Result<Page<DisclosureSummary>> {
    let mut query = selected(permit.scope(), case_id).order(disclosure::id.desc());
    let mut all = None;
    if subject.is_some() {
        query = query.filter(disclosure::id.ne_all(kept_back()));
    } else {
        all = total(page, || selected(permit.scope(), case_id).count().get_result(tx.conn))?;
        query = query.limit(i64::from(page.limit) + 1);
        if let Some(after) = page.after {
            query = query.filter(disclosure::id.lt(DisclosureId(after.id)));
        }
    }
    // Whoever is one with them is meant, too (C2).
    let everybody = Counted::among(tx, subject)?.everybody();
    let any = |people: &[PersonId]| people.iter().any(|person| everybody.contains(person));
    let hidden = if subject.is_some() { concerns::hidden_from(tx, &[case_id].into(), &everybody, now.day())? } else { HashMap::new() };
    let mut shown = Vec::new();
    let mut counted = 0;
    // Whom it is about stands in the clear in each row: for an accounting all rows of the case are read, and those of the page are opened.
    for row in query.load::<Row>(tx.conn)? {
        let Decided { data_subject_ids: about, concern_id, .. } = &row.details.0;
        if subject.is_some() && (!any(about) || concern_id.is_some_and(|concern| hidden.contains_key(&concern))) {
            continue;
        }
        counted += 1;
        if page.after.is_none_or(|after| row.id.0 < after.id) {
            shown.push(row);
        }
    }
    if subject.is_some() && page.include_total {
        all = Some(counted);
    }
    let page = Page::cut(shown, page, |row| After { key: 0, id: row.id.0 }, all);
    let names = staff::names(tx, page.items.iter().map(|row| row.decided_by))?;
    let summary = |row: Row| {
        let content = row.content(tx)?;
        Ok(DisclosureSummary {
            id: row.id,
            basis: row.basis,
            purpose: content.purpose.unwrap_or(Purpose::Safeguarding),
            channel: content.channel,
            recipient_id: row.recipient_id,
            recipient_person_id: content.recipient.person_id,
            sent_at: row.details.0.sent_at,
            subject_ids: row.details.0.data_subject_ids,
            decided_by: names.get(row.decided_by),
        })
    };
    page.try_map(summary)
}

/// Whether the same wording went to the same body within 12 months, and was sent. From another case it may be about to: whoever is second waits.
pub fn repeats(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, wording: &[u8; 32], recipient: RecipientId, now: Timestamp) -> Result<bool> {
    let [a, b, c, d, ..] = *wording;
    tx.lock(Lock::Wording(i32::from_be_bytes([a, b, c, d])))?;
    let earlier: Vec<Timestamp> = disclosure::table
        .filter(disclosure::wording.eq(&wording[..]))
        .filter(disclosure::recipient_id.eq(recipient))
        .filter(disclosure::id.ne_all(kept_back()))
        .select(disclosure::decided_at)
        .load(tx.conn)?;
    Ok(earlier.into_iter().any(|at| months_after(at.day(), 12) > now.day()))
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = disclosure_annotation, treat_none_as_default_value = false)]
struct AnnotationRow {
    id: AnnotationId,
    disclosure_id: DisclosureId,
    kind: AnnotationKind,
    sealed: Vec<u8>,
    created_at: Timestamp,
    recorded_by: StaffId,
}

impl AnnotationRow {
    fn view(self, tx: &mut Tx<'_>, case_id: CaseId, names: &staff::Names) -> Result<Annotation> {
        Ok(Annotation {
            id: self.id,
            content: tx.open(Cell::of("disclosure_annotation", self.id.0, Owner::Case(case_id)), &self.sealed)?,
            created_at: self.created_at,
            recorded_by: names.get(self.recorded_by),
        })
    }
}

/// Links what happened later to a disclosure, of a case that the caller holds.
pub fn annotate(
    tx: &mut Tx<'_>,
    permit: &Permit<act::DisclosureAnnotate>,
    id: DisclosureId,
    content: &NewAnnotation,
    now: Timestamp,
) -> Result<AnnotationId> {
    let case_id = row(tx, permit, id)?.case_id;
    cases::recorded(tx, case_id, ([], NamedBy::Other), permit.staff(), now)?;
    let note = AnnotationId::mint();
    let sealed = tx.seal(Cell::of("disclosure_annotation", note.0, Owner::Case(case_id)), content)?;
    let row = AnnotationRow { id: note, disclosure_id: id, kind: content.kind, sealed, created_at: now, recorded_by: permit.staff() };
    diesel::insert_into(disclosure_annotation::table).values(row).execute(tx.conn)?;
    Ok(note)
}

/// One annotation of a disclosure of a case in scope.
pub fn annotation(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: AnnotationId) -> Result<Annotation> {
    let note: AnnotationRow = disclosure_annotation::table.find(id).first(tx.conn)?;
    let case_id = row(tx, permit, note.disclosure_id)?.case_id;
    let names = staff::names(tx, [note.recorded_by])?;
    note.view(tx, case_id, &names)
}
