//! The access log: what a transaction tells it of itself, and what its entries are found by.

use std::collections::BTreeSet;

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::pages::{self, Part, led};
use super::{Accesses, End, Log, range};
use crate::authz::{Act, Action, Caller, Permit, Scope};
use crate::db::error::Result;
use crate::db::schema::{access_case_ix, access_entry, case_file};
use crate::db::sealed::{KeyUse, Owner};
use crate::db::tx::Tx;
use crate::db::{cases, scope};
use crate::domain::access_log::AccessFilter;
use crate::domain::ids::CaseId;
use crate::domain::log::LogRow;
use crate::domain::page::{Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AccessLogKind, AccessTarget, Role, Vocabulary};
use crate::ledger::access::kinds;
use crate::ledger::{AccessEntry, CaseKey, TagKey};

/// Who asks for what: the entry of a request, before anything is known of its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    entry: AccessEntry,
    now: Timestamp,
}

impl Asked {
    /// The entry of what this caller asks for; none, if the log tells nothing of it.
    #[must_use]
    pub fn new(caller: &Caller, action: Action, now: Timestamp) -> Option<Self> {
        let (kind, target) = action.trace()?;
        let mut entry = AccessEntry::new(kind, caller.staff, caller.request);
        // Somebody who may not do it at all asked as whatever they are.
        entry.role = caller.role_for(action).or_else(|| caller.roles.first().copied());
        entry.operation = Some(caller.operation.to_string());
        entry.target = Some(target);
        entry.access_reason = caller.access_reason.filter(|_| entry.role == Some(Role::ServiceManager));
        Some(Self { entry, now })
    }

    /// One record is shown: it is read, not in a list of them, nor by a search. A change of a whole case or person shows it as well; what is only
    /// added, permitted or withdrawn does not.
    #[must_use]
    pub fn shows_record(&self) -> bool {
        match self.entry.kind {
            AccessLogKind::Read => true,
            AccessLogKind::Changed => matches!(self.entry.target, Some(AccessTarget::Case | AccessTarget::Person)),
            _ => false,
        }
    }

    /// The entry of an answer.
    pub(in crate::db) fn answered(self, noted: Noted) -> Pending {
        let kind = match noted {
            Noted { refused: true, .. } => AccessLogKind::Refused,
            Noted { replayed: true, .. } => AccessLogKind::Read,
            _ => self.entry.kind,
        };
        let cases = noted.told_of();
        let sealed_digest = noted.sealed.map(|digest| digest.finalize().into());
        let (row_version, audit_reference) = (noted.version, noted.reference);
        let entry = AccessEntry { kind, row_version, sealed_digest, audit_reference, ..self.entry };
        Pending { entry, cases, now: self.now, of_the_log: false }
    }

    /// The entry of a refusal: nothing was changed.
    pub(in crate::db) fn refused(self, noted: &Noted) -> Pending {
        let entry = AccessEntry { kind: AccessLogKind::Refused, ..self.entry };
        Pending { entry, cases: noted.told_of(), now: self.now, of_the_log: false }
    }
}

/// What a transaction tells the access log of itself.
#[derive(Debug, Default)]
pub struct Noted {
    /// The cases of which something is shown or changed.
    pub(in crate::db) cases: BTreeSet<CaseId>,
    /// The one case of which all of it is told: that of somebody who is served separately (C1).
    pub(in crate::db) only: Option<CaseId>,
    /// What was asked is refused, and that is committed.
    pub(in crate::db) refused: bool,
    /// It was done by an earlier request, and is only shown.
    pub(in crate::db) replayed: bool,
    /// The version that the changed record has now.
    pub(in crate::db) version: Option<i32>,
    /// The audit for which something is lent.
    pub(in crate::db) reference: Option<String>,
    /// The ciphertexts written.
    pub(in crate::db) sealed: Option<Sha256>,
}

impl Noted {
    /// The cases of which the entry tells.
    fn told_of(&self) -> BTreeSet<CaseId> {
        self.only.map_or_else(|| self.cases.clone(), |case| BTreeSet::from([case]))
    }
}

/// An entry that waits for the end of its transaction.
#[derive(Clone, Debug)]
pub struct Pending {
    pub(super) entry: AccessEntry,
    pub(super) cases: BTreeSet<CaseId>,
    pub(super) now: Timestamp,
    /// What happens to the log itself, and has its place at once.
    pub(super) of_the_log: bool,
}

impl Pending {
    /// The first entry of the log, which is about no case.
    #[must_use]
    pub fn first(entry: AccessEntry, now: Timestamp) -> Self {
        Self { entry, cases: BTreeSet::new(), now, of_the_log: true }
    }
}

/// The entry is written when the transaction ends.
pub(in crate::db) fn append(tx: &mut Tx<'_>, pending: Pending) {
    tx.waiting.access.push(pending);
}

/// Writes an entry at the end of the log, and the look-up by its cases.
pub(super) fn write(tx: &mut Tx<'_>, end: &mut End<Accesses>, pending: Pending) -> Result<()> {
    let Pending { entry, cases, now, .. } = pending;
    let cases: Vec<CaseId> = cases.into_iter().collect();
    let keys = tx.ledger_keys(&cases)?;
    let (index, _) = end.add(tx, now, |at| entry.write(at, &keys))?;
    if !cases.is_empty() {
        // One statement, however many cases.
        let rows = case_file::table.filter(case_file::id.eq_any(cases));
        diesel::insert_into(access_case_ix::table)
            .values(rows.select((case_file::id, index.into_sql::<diesel::sql_types::BigInt>())))
            .into_columns((access_case_ix::case_id, access_case_ix::idx))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// What of a filter leads to few entries, by an index.
fn leading(filter: &AccessFilter) -> Option<AccessFilter> {
    let (case_id, actor, operation) = (filter.case_id, filter.actor, filter.operation.clone());
    let all = AccessFilter { span: filter.span.clone(), ..AccessFilter::default() };
    match (case_id, actor, &operation) {
        (Some(_), ..) => Some(AccessFilter { case_id, ..all }),
        (_, Some(_), _) => Some(AccessFilter { actor, ..all }),
        (.., Some(_)) => Some(AccessFilter { operation, ..all }),
        _ => None,
    }
}

/// The entries of a part that the filter asks for. Its period is in the range already. Of a case, and of more than one thing, they are asked for as
/// in the disclosure log.
fn selected(scope: Scope, filter: &AccessFilter, part: Part<'_>) -> <Accesses as Log>::Entries {
    use access_entry as e;
    let (actor, operation) = (filter.actor.map(|actor| actor.to_string()), filter.operation.clone());
    let mut query = match (filter.case_id, &actor, &operation) {
        (None, Some(actor), _) => led!(e.actor, actor.clone(), part),
        (None, None, Some(operation)) => led!(e.operation, operation.clone(), part),
        _ => led!(e, part),
    };
    if let Some(actor) = actor.filter(|_| filter.case_id.is_some()) {
        query = query.filter(e::actor.concat("").eq(actor));
    }
    if let Some(operation) = operation.filter(|_| filter.case_id.is_some() || filter.actor.is_some()) {
        query = query.filter(e::operation.concat("").eq(operation));
    }
    if !filter.role.is_empty() {
        query = query.filter(e::role.eq_any(words(&filter.role)));
    }
    // The outcome follows from the kind.
    let mut wanted = filter.kind.clone();
    if !filter.outcome.is_empty() {
        let outcomes = filter.outcome.iter().flat_map(|outcome| kinds(*outcome));
        wanted = outcomes.filter(|kind| wanted.is_empty() || wanted.contains(kind)).collect();
    }
    match wanted.as_slice() {
        [] if filter.outcome.is_empty() => {}
        [kind] if leading(filter).is_none() => query = query.filter(e::kind.eq(kind.as_str())),
        // Of several, the index would give the entries out of their order; the log itself has them in it.
        several => query = query.filter(e::kind.concat("").eq_any(words(several))),
    }
    if let Some(case) = filter.case_id {
        let (from, to) = part.range;
        let of_case = access_case_ix::table
            .filter(access_case_ix::case_id.eq(case))
            .filter(access_case_ix::idx.ge(from))
            .filter(access_case_ix::idx.lt(to))
            .select(access_case_ix::idx);
        query = if scope == Scope::Nothing {
            query.filter(e::idx.eq_any(of_case))
        } else {
            query.filter(e::idx.eq_any(of_case.filter(access_case_ix::case_id.eq_any(scope::cases(scope)))))
        };
    }
    query
}

/// The tag key of a case in scope, which is lent for this audit.
pub fn tag_key(tx: &mut Tx<'_>, permit: &Permit<impl Act>, case: CaseId, audit: &str) -> Result<TagKey> {
    cases::require(tx, permit, case)?;
    tx.noted.reference = Some(audit.to_owned());
    Ok(CaseKey::new(tx.key(Owner::Case(case), KeyUse::Ledger)?).tag_key())
}

fn words<V: Vocabulary>(values: &[V]) -> Vec<&'static str> {
    values.iter().map(|value| value.as_str()).collect()
}

/// Entries of the log as it was at a size, newest first unless asked otherwise.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<impl Act>, filter: &AccessFilter, size: i64, page: &PageRequest) -> Result<Page<LogRow>> {
    if let Some(case) = filter.case_id {
        cases::note_visible(tx, permit, &[case])?;
    }
    let range = range::<Accesses>(tx, &filter.span, size)?;
    let (scope, leading) = (permit.scope(), leading(filter));
    let selected = |filter: &AccessFilter, part: Part<'_>| selected(scope, filter, part);
    pages::page::<Accesses, _>(tx, selected, (filter, leading.as_ref()), (range, filter.span.ascending), page)
}
