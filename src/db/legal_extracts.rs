//! Extracts for legal proceedings (C15). An extract is a disclosure that was not sent yet: it has its id, and becomes one by being recorded from a
//! grant, or never. It is drafted from a grant, too, and ends for good with what it rests on (R17).

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::conn::Engine;
use super::counted::Counted;
use super::error::{Error, Result};
use super::named::{self, NamedBy};
use super::schema::{legal_extract, legal_request};
use super::sealed::{Cell, Owner};
use super::stored::{Day, Json};
use super::tx::Tx;
use super::{legal_bundles, legal_requests, notes, scope};
use crate::authz::{Act, Permit, act};
use crate::domain::disclosure::{DisclosureContent, ReliedOn};
use crate::domain::ids::{CaseId, ConsentId, DisclosureId, LegalRequestId, NoteId, PersonId};
use crate::domain::legal_request::{LegalCopy, LegalExtract, LegalItem};
use crate::domain::text::LongText;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{DisclosureStatus, InformationCategory, LegalRequestStatus};
use crate::policy::disclosure::Grant;

#[derive(Queryable, Insertable)]
#[diesel(table_name = legal_extract, treat_none_as_default_value = false)]
struct ExtractRow {
    id: DisclosureId,
    legal_request_id: LegalRequestId,
    case_id: CaseId,
    status: DisclosureStatus,
    details: Json<Resting>,
    sealed: Vec<u8>,
    created_at: Timestamp,
}

/// What an extract rests on: ids only, in the clear, so that it is found when one of them ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resting {
    /// The permissions.
    pub consents: Vec<ReliedOn>,
    /// Whom it is about, by the ids under which they were named (C2).
    pub subject_ids: Vec<PersonId>,
}

/// What the service manager granted: no item goes beyond it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Granted {
    /// About whom.
    pub subject_ids: Vec<PersonId>,
    /// What kinds of information.
    pub information_categories: Vec<InformationCategory>,
    /// Notes, whatever they hold.
    pub note_ids: Vec<NoteId>,
}

/// What is drafted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Extract {
    /// Within what.
    pub granted: Granted,
    /// The disclosure that it is to become.
    pub disclosure: DisclosureContent,
    /// What was decided of each item.
    pub items: Vec<LegalItem>,
    /// The exact words of each note that goes.
    pub content: Vec<(NoteId, LongText)>,
    /// The copies that were sent.
    pub copies: Vec<LegalCopy>,
}

/// A draft that may still be sent.
#[derive(Debug)]
pub struct Draft {
    /// The disclosure it is to become.
    pub id: DisclosureId,
    /// The request it answers.
    pub legal_request_id: LegalRequestId,
    /// The case from which it is drafted.
    pub case_id: CaseId,
    /// Where it stands.
    pub status: DisclosureStatus,
    /// The permissions it rests on.
    pub consents: Vec<ReliedOn>,
    /// Whom it is about: those whose permission it needs.
    pub subject_ids: Vec<PersonId>,
    /// What is drafted.
    pub extract: Extract,
}

impl ExtractRow {
    fn open(&self, tx: &mut Tx<'_>) -> Result<Extract> {
        tx.open(Cell::of("legal_extract", self.id.0, Owner::Case(self.case_id)), &self.sealed)
    }

    fn draft(self, tx: &mut Tx<'_>) -> Result<Draft> {
        let extract = self.open(tx)?;
        let Self { id, legal_request_id, case_id, status, details: Json(Resting { consents, subject_ids }), .. } = self;
        Ok(Draft { id, legal_request_id, case_id, status, consents, subject_ids, extract })
    }
}

impl Draft {
    /// What was decided, so that it is known again. The copies are none of it: they are recorded when it is sent, and it stays what it was.
    pub fn digest(&self) -> Result<[u8; 32]> {
        let decided = Extract { copies: Vec::new(), ..self.extract.clone() };
        let decided = serde_json::to_vec(&decided).map_err(|_| Error::Corrupt("extract"))?;
        Ok(Sha256::digest(decided).into())
    }
}

const OPEN: [DisclosureStatus; 2] = [DisclosureStatus::Draft, DisclosureStatus::Approved];

/// Those that may still be sent, in the order of their ids.
fn open_drafts() -> legal_extract::BoxedQuery<'static, Engine> {
    legal_extract::table.filter(legal_extract::status.eq_any(OPEN)).order(legal_extract::id.asc()).into_boxed()
}

/// Drafts what was granted: no grant, no draft. The grant is used up; when it is sent, there must be another.
pub fn draft(
    tx: &mut Tx<'_>,
    _permit: &Permit<act::LegalRequestDecide>,
    (request, case_id): (LegalRequestId, CaseId),
    disclosure: DisclosureContent,
    (_grant, resting): (Grant, Resting),
    now: Timestamp,
) -> Result<DisclosureId> {
    let id = DisclosureId::mint();
    let DisclosureContent { subject_ids, information_categories, note_ids, .. } = disclosure.clone();
    named::note(tx, case_id, disclosure.people().chain(resting.subject_ids.iter().copied()), NamedBy::Other)?;
    let granted = Granted { subject_ids, information_categories, note_ids };
    let extract = Extract { granted, disclosure, items: Vec::new(), content: Vec::new(), copies: Vec::new() };
    let row = ExtractRow {
        id,
        legal_request_id: request,
        case_id,
        status: DisclosureStatus::Draft,
        details: Json(resting),
        sealed: tx.seal(Cell::of("legal_extract", id.0, Owner::Case(case_id)), &extract)?,
        created_at: now,
    };
    diesel::insert_into(legal_extract::table).values(row).execute(tx.conn)?;
    Ok(id)
}

/// Fixes the items of a draft as they were granted. Whether it still was one.
pub fn approve(
    tx: &mut Tx<'_>,
    _permit: &Permit<act::LegalRequestExtract>,
    draft: &Draft,
    disclosure: DisclosureContent,
    (_grant, resting): (Grant, Resting),
    items: Vec<LegalItem>,
    content: Vec<(NoteId, LongText)>,
) -> Result<bool> {
    named::note(tx, draft.case_id, disclosure.people().chain(resting.subject_ids.iter().copied()), NamedBy::Other)?;
    let extract = Extract { granted: draft.extract.granted.clone(), disclosure, items, content, copies: Vec::new() };
    let sealed = tx.seal(Cell::of("legal_extract", draft.id.0, Owner::Case(draft.case_id)), &extract)?;
    let changed = diesel::update(legal_extract::table.find(draft.id).filter(legal_extract::status.eq_any(OPEN)))
        .set((
            legal_extract::status.eq(DisclosureStatus::Approved),
            legal_extract::details.eq(Json(resting)),
            legal_extract::sealed.eq(sealed),
        ))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// Marks a draft as sent, with what each copy held.
pub fn sent(tx: &mut Tx<'_>, _permit: &Permit<act::LegalRequestDispatch>, draft: Draft, copies: Vec<LegalCopy>) -> Result<bool> {
    let extract = Extract { copies, ..draft.extract };
    let sealed = tx.seal(Cell::of("legal_extract", draft.id.0, Owner::Case(draft.case_id)), &extract)?;
    let approved = legal_extract::table.find(draft.id).filter(legal_extract::status.eq(DisclosureStatus::Approved));
    let changed = diesel::update(approved)
        .set((legal_extract::status.eq(DisclosureStatus::Sent), legal_extract::sealed.eq(sealed)))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

/// The extracts of a request that stands so, in the order of their ids, without what was decided about notes that the caller may not read (C4).
pub(super) fn of(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    request: LegalRequestId,
    stands: LegalRequestStatus,
) -> Result<Vec<LegalExtract>> {
    let rows: Vec<ExtractRow> =
        legal_extract::table.filter(legal_extract::legal_request_id.eq(request)).order(legal_extract::id.asc()).load(tx.conn)?;
    let mut extracts = Vec::with_capacity(rows.len());
    for row in rows {
        let Extract { disclosure, mut items, mut copies, .. } = row.open(tx)?;
        let readable = notes::known(tx, permit, row.case_id, &items.iter().map(|item| item.note_id).collect::<Vec<_>>())?;
        items.retain(|item| readable.contains(&item.note_id));
        for copy in &mut copies {
            copy.note_ids.retain(|note| readable.contains(note));
        }
        // A draft is blocked with its request, also where nobody wrote that down: by the last day of the permission.
        let blocked = stands == LegalRequestStatus::Blocked && OPEN.contains(&row.status);
        let status = if blocked { DisclosureStatus::Blocked } else { row.status };
        let (disclosure_id, consents) = (row.id, row.details.0.consents);
        extracts.push(LegalExtract { disclosure_id, status, channel: disclosure.channel, consents, items, copies });
    }
    Ok(extracts)
}

/// The draft of a request about a case in scope that may still be sent.
pub fn open_of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: LegalRequestId) -> Result<Option<Draft>> {
    let open = open_drafts().filter(legal_extract::legal_request_id.eq(request));
    let row: Option<ExtractRow> = open.filter(legal_extract::case_id.eq_any(scope::cases(permit.scope()))).first(tx.conn).optional()?;
    row.map(|row| row.draft(tx)).transpose()
}

/// The extract of a request about a case in scope whose items were decided, be it sent or not.
pub fn decided_of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, request: LegalRequestId) -> Result<Option<Draft>> {
    let decided = legal_extract::table
        .filter(legal_extract::legal_request_id.eq(request))
        .filter(legal_extract::status.eq_any([DisclosureStatus::Approved, DisclosureStatus::Sent]))
        .filter(legal_extract::case_id.eq_any(scope::cases(permit.scope())));
    let row: Option<ExtractRow> = decided.order(legal_extract::id.desc()).first(tx.conn).optional()?;
    row.map(|row| row.draft(tx)).transpose()
}

/// This extract, whoever sees it: nothing of it is shown.
pub(super) fn by_id(tx: &mut Tx<'_>, _permit: &Permit<act::LegalRequestBundle>, id: DisclosureId) -> Result<Option<Draft>> {
    let row: Option<ExtractRow> = legal_extract::table.find(id).first(tx.conn).optional()?;
    row.map(|row| row.draft(tx)).transpose()
}

/// Whether something of this case in scope is drafted and not sent, and can be on this day.
pub fn any_open(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case_id: CaseId, today: NaiveDate) -> Result<bool> {
    let blocked = legal_request::table.filter(legal_requests::lapsed(Day(today))).select(legal_request::id);
    let here = legal_extract::table
        .filter(legal_extract::legal_request_id.ne_all(blocked))
        .filter(legal_extract::case_id.eq(case_id))
        .filter(legal_extract::case_id.eq_any(scope::cases(permit.scope())))
        .filter(legal_extract::status.eq_any(OPEN));
    Ok(diesel::select(exists(here)).get_result(tx.conn)?)
}

/// The drafts that rest on any of these permissions of the case.
pub fn resting_on(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, case_id: CaseId, consents: &[ConsentId]) -> Result<Vec<Draft>> {
    chosen(tx, open_drafts().filter(legal_extract::case_id.eq(case_id)), |resting| {
        resting.consents.iter().any(|relied| consents.contains(&relied.consent_id))
    })
}

/// The drafts about any of these people, of every case: a refusal holds in all of them. None of it is shown to whoever asks.
pub fn about(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, people: &[PersonId]) -> Result<Vec<Draft>> {
    // Under whichever id they were named.
    let people = Counted::among(tx, people.iter().copied())?.everybody();
    chosen(tx, open_drafts(), |resting| resting.subject_ids.iter().any(|person| people.contains(person)))
}

fn chosen(tx: &mut Tx<'_>, query: legal_extract::BoxedQuery<'static, Engine>, wanted: impl Fn(&Resting) -> bool) -> Result<Vec<Draft>> {
    let rows: Vec<ExtractRow> = query.load(tx.conn)?;
    rows.into_iter().filter(|row| wanted(&row.details.0)).map(|row| row.draft(tx)).collect()
}

/// What these notes say, which are moved to another case, goes from all that was drafted of this one and not sent, with what was decided of them (C8).
/// It goes on naming those that were to go, so that it is not sent before it is decided anew. The caller holds the case.
pub(super) fn forget(tx: &mut Tx<'_>, case_id: CaseId, notes: &[NoteId]) -> Result<()> {
    let unsent = legal_extract::table.filter(legal_extract::case_id.eq(case_id)).filter(legal_extract::status.ne(DisclosureStatus::Sent));
    for row in unsent.load::<ExtractRow>(tx.conn)? {
        let mut extract = row.open(tx)?;
        let held = extract.items.len();
        extract.items.retain(|item| !notes.contains(&item.note_id));
        extract.content.retain(|(note, _)| !notes.contains(note));
        if extract.items.len() < held {
            let sealed = tx.seal(Cell::of("legal_extract", row.id.0, Owner::Case(case_id)), &extract)?;
            diesel::update(legal_extract::table.find(row.id)).set(legal_extract::sealed.eq(sealed)).execute(tx.conn)?;
            legal_bundles::empty(tx, row.id, case_id)?;
        }
    }
    Ok(())
}

/// Ends a draft for good, before it was sent. Whether it still was one.
pub fn end(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, draft: DisclosureId, status: DisclosureStatus) -> Result<bool> {
    let open = legal_extract::table.find(draft).filter(legal_extract::status.eq_any(OPEN));
    Ok(diesel::update(open).set(legal_extract::status.eq(status)).execute(tx.conn)? == 1)
}
