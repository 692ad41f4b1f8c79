//! The disclosure log: what its entries belong to, what they are found by, and what their commitments stand for.

use diesel::prelude::*;

use super::pages::{self, Part, led};
use super::{Disclosures, End, Log, range};
use crate::authz::{Act, Permit, Scope, act};
use crate::db::conn::Conn;
use crate::db::error::{Error, Result};
use crate::db::schema::{disclosure_case_ix, disclosure_entry, disclosure_private, disposal_entry};
use crate::db::sealed::{Cell, KeyUse, Owner};
use crate::db::tx::Tx;
use crate::db::{cases, scope};
use crate::domain::ids::{CaseId, DisclosureId, DisposalId, EntryId};
use crate::domain::log::{LogFilter, LogRow, Opening};
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Vocabulary;
use crate::ledger::entry::GROUNDS;
use crate::ledger::{self, CaseKey, DisclosureEntry};

/// An entry that waits for the end of its transaction.
#[derive(Debug)]
pub struct Pending {
    entry: DisclosureEntry,
    about: About,
    now: Timestamp,
}

/// What an entry is about.
#[derive(Debug)]
enum About {
    /// The log itself.
    Log,
    /// A case, and a disclosure of it if there is one.
    Case(CaseId, Option<DisclosureId>),
    /// A case that is gone when the entry is written: it is filed under none. The disposal it accounts for, if it does.
    Gone(CaseKey, Option<DisposalId>),
}

impl Pending {
    /// The first entry of the log, which is about no case.
    pub fn first(entry: DisclosureEntry, now: Timestamp) -> Self {
        Self { entry, about: About::Log, now }
    }
}

/// Queues an entry about a case, and about a disclosure of it if there is one. Its place among those queued is answered.
pub fn append(
    tx: &mut Tx<'_>,
    _permit: &Permit<impl Act>,
    entry: DisclosureEntry,
    case: CaseId,
    disclosure: Option<DisclosureId>,
    now: Timestamp,
) -> usize {
    let waiting = &mut tx.waiting.disclosures;
    waiting.push(Pending { entry, about: About::Case(case, disclosure), now });
    waiting.len() - 1
}

/// Queues an entry about a case that the same transaction disposes of, with its key: the last there is of it.
pub(in crate::db) fn append_disposed(
    tx: &mut Tx<'_>,
    _permit: &Permit<act::DisposalApprove>,
    entry: DisclosureEntry,
    key: CaseKey,
    disposal: Option<DisposalId>,
    now: Timestamp,
) {
    tx.waiting.disclosures.push(Pending { entry, about: About::Gone(key, disposal), now });
}

/// Writes an entry at the end of the log, with its openings and the look-up by its case.
pub(super) fn write(tx: &mut Tx<'_>, end: &mut End<Disclosures>, pending: Pending) -> Result<i64> {
    let Pending { entry, about, now } = pending;
    let id = entry.id;
    let key = match &about {
        About::Log => None,
        About::Case(case, _) => Some(CaseKey::new(tx.key(Owner::Case(*case), KeyUse::Ledger)?)),
        About::Gone(key, _) => Some(key.clone()),
    };
    let (index, openings) = end.add(tx, now, |at| entry.write(at, key.as_ref()))?;
    let (case, disclosure) = match about {
        About::Case(case, disclosure) => (case, disclosure),
        About::Gone(_, Some(disposal)) => {
            diesel::insert_into(disposal_entry::table)
                .values((disposal_entry::idx.eq(index), disposal_entry::disposal_id.eq(disposal)))
                .execute(tx.conn)?;
            return Ok(index);
        }
        About::Log | About::Gone(_, None) => return Ok(index),
    };
    diesel::insert_into(disclosure_case_ix::table)
        .values((disclosure_case_ix::case_id.eq(case), disclosure_case_ix::idx.eq(index)))
        .execute(tx.conn)?;
    let sealed = tx.seal(openings_cell(id, case), &openings)?;
    diesel::insert_into(disclosure_private::table)
        .values((
            disclosure_private::idx.eq(index),
            disclosure_private::case_id.eq(case),
            disclosure_private::disclosure_id.eq(disclosure),
            disclosure_private::openings.eq(sealed),
        ))
        .execute(tx.conn)?;
    Ok(index)
}

/// Where the openings of an entry are sealed.
pub(in crate::db) fn openings_cell(id: EntryId, case: CaseId) -> Cell {
    Cell::of("disclosure_private", id.0, Owner::Case(case)).column("openings")
}

/// What of a filter leads to few entries, by an index.
fn leading(filter: &LogFilter) -> Option<LogFilter> {
    let LogFilter { case_id, recipient, actor, .. } = *filter;
    let all = LogFilter { span: filter.span.clone(), ..LogFilter::default() };
    match (case_id, recipient, actor) {
        (Some(_), ..) => Some(LogFilter { case_id, ..all }),
        (_, Some(_), _) => Some(LogFilter { recipient, ..all }),
        (.., Some(_)) => Some(LogFilter { actor, ..all }),
        _ => None,
    }
}

/// The entries of a part that the filter asks for. Its period is in the range already: asked for by `at`, it would be sorted for each page.
///
/// One index leads there, that of what is [`leading`]; from another one what else is asked for is hidden, lest most of the log be looked through.
///
/// Of which case an entry is, a service manager may ask about cases in their scope only; of any other nothing is listed, as of one that
/// does not exist. Those who see no case at all check the log by the ids they were given.
pub(super) fn selected(scope: Scope, filter: &LogFilter, part: Part<'_>) -> <Disclosures as Log>::Entries {
    use disclosure_entry as e;
    let (recipient, actor) = (filter.recipient.map(|id| id.to_string()), filter.actor.map(|id| id.to_string()));
    let mut query = match (filter.case_id, &recipient, &actor) {
        (None, Some(recipient), _) => led!(e.recipient, recipient.clone(), part),
        (None, None, Some(actor)) => led!(e.actor, actor.clone(), part),
        _ => led!(e, part),
    };
    if let Some(recipient) = recipient.filter(|_| filter.case_id.is_some()) {
        query = query.filter(e::recipient.concat("").eq(recipient));
    }
    if let Some(actor) = actor.filter(|_| filter.case_id.is_some() || filter.recipient.is_some()) {
        query = query.filter(e::actor.concat("").eq(actor));
    }
    macro_rules! narrow {
        ($($value:expr => $column:ident . $test:ident;)+) => {$(
            if let Some(value) = $value {
                query = query.filter(e::$column.$test(value));
            }
        )+};
    }
    narrow! {
        filter.decided_by.map(|id| id.to_string()) => decided_by.eq;
        filter.identified => identified.eq;
        filter.copied => copied.eq;
    }
    macro_rules! words {
        ($($values:expr => $column:ident;)+) => {$(
            if !$values.is_empty() {
                query = query.filter(e::$column.eq_any($values.iter().map(|value| value.as_str()).collect::<Vec<_>>()));
            }
        )+};
    }
    match filter.basis.as_slice() {
        [] => {}
        [basis] if leading(filter).is_none() => query = query.filter(e::basis.eq(basis.as_str())),
        // Of several, the index would give the entries out of their order; the log itself has them in it.
        several => query = query.filter(e::basis.concat("").eq_any(several.iter().map(|basis| basis.as_str()).collect::<Vec<_>>())),
    }
    words! {
        filter.condition => condition;
        filter.kind => kind;
        filter.purpose => purpose;
        filter.channel => channel;
    }
    if let Some(case) = filter.case_id {
        let (from, to) = part.range;
        let of_case = disclosure_case_ix::table
            .filter(disclosure_case_ix::case_id.eq(case))
            .filter(disclosure_case_ix::idx.ge(from))
            .filter(disclosure_case_ix::idx.lt(to))
            .select(disclosure_case_ix::idx);
        query = if scope == Scope::Nothing {
            query.filter(e::idx.eq_any(of_case))
        } else {
            query.filter(e::idx.eq_any(of_case.filter(disclosure_case_ix::case_id.eq_any(scope::cases(scope)))))
        };
    }
    query
}

/// Entries of the log as it was at a size, newest first unless asked otherwise.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<impl Act>, filter: &LogFilter, size: i64, page: &PageRequest) -> Result<Page<LogRow>> {
    if let Some(case) = filter.case_id {
        cases::note_visible(tx, permit, &[case])?;
    }
    let range = range::<Disclosures>(tx, &filter.span, size)?;
    let (scope, leading) = (permit.scope(), leading(filter));
    let selected = |filter: &LogFilter, part: Part<'_>| selected(scope, filter, part);
    pages::page::<Disclosures, _>(tx, selected, (filter, leading.as_ref()), (range, filter.span.ascending), page)
}

/// What the commitments of an entry stand for, for a service manager who may read all notes of its case; none where there is nothing to open.
/// Among them are the words of a reason, and digests by which words can be guessed: those of restricted notes, too (C4).
pub fn openings(tx: &mut Tx<'_>, permit: &Permit<act::DisclosureLogOpenings>, index: i64) -> Result<Vec<Opening>> {
    let find = |conn: &mut Conn, scope| {
        disclosure_private::table
            .find(index)
            .filter(disclosure_private::case_id.eq_any(scope::cases_with_restricted_notes(scope)))
            .select((disclosure_private::case_id, disclosure_private::openings))
            .first(conn)
    };
    let kept: Option<(CaseId, Vec<u8>)> = scope::found(tx, permit.scope(), find, |(case, _): &(CaseId, Vec<u8>)| [*case])
        .map(Some)
        .or_else(|error| if matches!(error, Error::NotFound) { Ok(None) } else { Err(error) })?;
    let Some((case, sealed)) = kept else { return Ok(Vec::new()) };
    let body: String = Disclosures::body(tx.conn, index)?;
    let id = serde_json::from_str::<Named>(&body).map_err(|_| Error::Corrupt("log entry"))?.id;
    let openings: Vec<ledger::Opening> = tx.open(openings_cell(id, case), &sealed)?;
    let key = CaseKey::new(tx.key(Owner::Case(case), KeyUse::Ledger)?);
    let shown = openings.into_iter().filter(|opening| opening.label != GROUNDS);
    Ok(shown.map(|ledger::Opening { label, value }| Opening { key: key.field_key(id, &label).text().to_string(), label, value }).collect())
}

/// What is read of the body of an entry.
#[derive(serde::Deserialize)]
pub(in crate::db) struct Named {
    /// Its id.
    pub(in crate::db) id: EntryId,
}

/// The entries about a disclosure: their index and kind.
pub fn entries_of(tx: &mut Tx<'_>, disclosure: DisclosureId) -> Result<Vec<(i64, String)>> {
    Ok(disclosure_private::table
        .inner_join(disclosure_entry::table.on(disclosure_entry::idx.eq(disclosure_private::idx)))
        .filter(disclosure_private::disclosure_id.eq(disclosure))
        .order(disclosure_private::idx.asc())
        .select((disclosure_private::idx, disclosure_entry::kind))
        .load(tx.conn)?)
}

/// The entry that recorded a disclosure.
pub fn entry_id_of(tx: &mut Tx<'_>, disclosure: DisclosureId) -> Result<Option<EntryId>> {
    let body: Option<String> = disclosure_private::table
        .inner_join(disclosure_entry::table.on(disclosure_entry::idx.eq(disclosure_private::idx)))
        .filter(disclosure_private::disclosure_id.eq(disclosure))
        .order(disclosure_private::idx.asc())
        .select(disclosure_entry::body)
        .first(tx.conn)
        .optional()?;
    body.map(|body| serde_json::from_str::<Named>(&body).map(|named| named.id).map_err(|_| Error::Corrupt("log entry"))).transpose()
}
