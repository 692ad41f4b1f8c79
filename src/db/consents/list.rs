//! Permissions and refusals in lists: found by what is stored, and by until when whoever said them may decide, which is known once they are opened.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::{Row, Speaks, authorities, standing};
use crate::authz::{Permit, Scope, act};
use crate::db::conn::Engine;
use crate::db::counted::Counted;
use crate::db::error::Result;
use crate::db::schema::{consent, consent_recipient, consent_subject};
use crate::db::sealed::Owner;
use crate::db::stored::Day;
use crate::db::tx::Tx;
use crate::db::{newest, scope, total};
use crate::domain::consent::{ConsentFilter, ConsentSummary, NewConsent, SubjectAuthority};
use crate::domain::ids::{CaseId, ConsentId, PersonId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{ConsentDecision, ConsentStatus};

/// Those the filter asks for; `subjects` are whoever is one with the person it names.
fn selected(scope: Scope, filter: &ConsentFilter, subjects: &BTreeSet<PersonId>) -> consent::BoxedQuery<'static, Engine> {
    let mut query = consent::table.filter(consent::case_id.eq_any(scope::cases(scope))).into_boxed();
    if let Some(case) = filter.case_id {
        query = query.filter(consent::case_id.eq(case));
    }
    if filter.subject_id.is_some() {
        let about = consent_subject::table.filter(consent_subject::person_id.eq_any(subjects.clone()));
        query = query.filter(consent::id.eq_any(about.select(consent_subject::consent_id)));
    }
    if let Some(body) = filter.recipient_id {
        query = query.filter(
            consent::id
                .eq_any(consent_recipient::table.filter(consent_recipient::recipient_id.eq(body)).select(consent_recipient::consent_id)),
        );
    }
    if let Some(at) = filter.active_at {
        query = query
            .filter(consent::starts_at.le(at))
            .filter(consent::ended_at.is_null().or(consent::ended_at.gt(at)))
            .filter(consent::expires_on.is_null().or(consent::expires_on.ge(Day(at.day()))));
    }
    if filter.expires_before.is_some() {
        query = query.filter(consent::ended.is_null()).filter(consent::decision.eq(ConsentDecision::Given));
    }
    query
}

/// A record with what it says, and for whom whoever said it may decide by what is on record now.
struct Judged {
    row: Row,
    content: NewConsent,
    authority: Vec<SubjectAuthority>,
}

impl Judged {
    /// Whether the filter asks for it by its authority, too: the rest of it the query asks.
    fn meets(&self, filter: &ConsentFilter) -> bool {
        let lasts = |day| standing(&self.content, &self.authority, day) == ConsentStatus::Live;
        let ends_before = |day| self.row.expires_on.is_some_and(|last| last.0 < day) || !lasts(day);
        filter.active_at.is_none_or(|at| lasts(at.day())) && filter.expires_before.is_none_or(ends_before)
    }

    fn summary(self, now: Timestamp) -> ConsentSummary {
        let Self { row, content, authority } = self;
        let status = match row.status(now) {
            ConsentStatus::Live => standing(&content, &authority, now.day()),
            ended => ended,
        };
        ConsentSummary {
            id: row.id,
            case_id: row.case_id,
            decision: row.decision,
            status,
            granter_id: row.granter_id,
            subject_ids: content.subject_ids,
            recipients: content.recipients,
            purposes: content.purposes,
            decided_at: row.decided_at,
            expires_on: content.expires_on,
        }
    }
}

fn judge(tx: &mut Tx<'_>, permit: &Permit<act::ConsentList>, rows: Vec<Row>, speaks: Speaks) -> Result<Vec<Judged>> {
    tx.fetch_keys(rows.iter().map(|row| Owner::Case(row.case_id)))?;
    let contents = rows.iter().map(|row| row.content(tx)).collect::<Result<Vec<NewConsent>>>()?;
    let records: Vec<(CaseId, &NewConsent)> = rows.iter().map(|row| row.case_id).zip(&contents).collect();
    let authorities = authorities(tx, permit, &records, speaks)?;
    Ok(rows.into_iter().zip(contents).zip(authorities).map(|((row, content), authority)| Judged { row, content, authority }).collect())
}

/// So many are opened at once to see which of them are asked for.
const AT_ONCE: usize = 500;

/// A page of those that the filter asks for by what is known only once they are opened: until when whoever said it may decide.
fn sifted(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConsentList>,
    filter: &ConsentFilter,
    subjects: &BTreeSet<PersonId>,
    page: &PageRequest,
    speaks: Speaks,
) -> Result<Page<Judged>> {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let after = page.after.map(|after| ConsentId(after.id));
    let (mut found, mut counted) = (Vec::new(), 0);
    let mut before = after.filter(|_| !page.include_total);
    loop {
        let mut query =
            selected(permit.scope(), filter, subjects).order(consent::id.desc()).limit(i64::try_from(AT_ONCE).unwrap_or(i64::MAX));
        if let Some(before) = before {
            query = query.filter(consent::id.lt(before));
        }
        let rows: Vec<Row> = query.load(tx.conn)?;
        let more = rows.len() == AT_ONCE;
        before = rows.last().map(|row| row.id);
        for judged in judge(tx, permit, rows, speaks)?.into_iter().filter(|judged| judged.meets(filter)) {
            counted += 1;
            if after.is_none_or(|after| judged.row.id < after) {
                found.push(judged);
            }
        }
        if !more || (found.len() > limit && !page.include_total) {
            break;
        }
    }
    Ok(Page::cut(found, page, |judged| After { key: 0, id: judged.row.id.0 }, page.include_total.then_some(counted)))
}

/// Permissions and refusals of the cases in scope, newest first.
pub fn list(
    tx: &mut Tx<'_>,
    permit: &Permit<act::ConsentList>,
    filter: &ConsentFilter,
    page: &PageRequest,
    speaks: Speaks,
    now: Timestamp,
) -> Result<Page<ConsentSummary>> {
    let subjects = Counted::among(tx, filter.subject_id)?.everybody();
    let found = if filter.active_at.is_some() || filter.expires_before.is_some() {
        sifted(tx, permit, filter, &subjects, page, speaks)?
    } else {
        let total = total(page, || selected(permit.scope(), filter, &subjects).count().get_result(tx.conn))?;
        let rows = newest(tx.conn, selected(permit.scope(), filter, &subjects), consent::id, page, total, |row: &Row| row.id)?;
        Page { items: judge(tx, permit, rows.items, speaks)?, next: rows.next, total: rows.total }
    };
    tx.shows(found.items.iter().map(|judged| judged.row.case_id));
    Ok(found.map(|judged| judged.summary(now)))
}
