//! Lists of cases, by the time of their opening.

use std::collections::HashSet;

use crate::db::conn::Engine;
use diesel::prelude::*;

use super::Row;
use crate::authz::{Permit, Scope, act};
use crate::db::error::{Error, Result};
use crate::db::schema::{case_file, participant};
use crate::db::total;
use crate::db::tx::Tx;
use crate::db::{people, scope, staff};
use crate::domain::case::{CaseFilter, CaseSummary};
use crate::domain::ids::{CaseId, PersonId};
use crate::domain::page::{After, Page, PageRequest};
use crate::domain::time::Timestamp;

/// Those of the cases in scope that the filter asks for, and in which any of these people takes or took part.
fn selected(scope: Scope, filter: &CaseFilter, people: Option<&HashSet<PersonId>>) -> case_file::BoxedQuery<'static, Engine> {
    let mut query = case_file::table.filter(scope::visible(scope)).into_boxed();
    if let Some(people) = people {
        let theirs = participant::table.filter(participant::person_id.eq_any(people.clone())).select(participant::case_id);
        query = query.filter(case_file::id.eq_any(theirs));
    }
    if let Some(reference) = &filter.reference {
        query = query.filter(case_file::reference.eq(reference.clone()));
    }
    if !filter.intervention_level.is_empty() {
        query = query.filter(case_file::intervention_level.eq_any(filter.intervention_level.clone()));
    }
    if let Some(area) = &filter.area {
        query = query.filter(case_file::area.eq(area.clone()));
    }
    if let Some(restricted) = filter.restricted {
        query = query.filter(case_file::restricted.eq(restricted));
    }
    if !filter.status.is_empty() {
        query = query.filter(case_file::status.eq_any(filter.status.clone()));
    }
    if let Some(member) = filter.assigned_to {
        query = query.filter(case_file::assigned_to.eq(member));
    }
    if let Some(from) = filter.opened_from {
        query = query.filter(case_file::opened_at.ge(from));
    }
    if let Some(to) = filter.opened_to {
        query = query.filter(case_file::opened_at.lt(to));
    }
    query
}

/// Cases in scope, by the time of their opening.
pub fn list(tx: &mut Tx<'_>, permit: &Permit<act::CaseList>, filter: &CaseFilter, page: &PageRequest) -> Result<Page<CaseSummary>> {
    let people = filter.person_id.map(|person| people::ones_in_sight(tx, permit.scope(), person)).transpose()?;
    let selected = || selected(permit.scope(), filter, people.as_ref());
    let total = total(page, || selected().count().get_result(tx.conn))?;
    let mut query = selected().limit(i64::from(page.limit) + 1);
    query = if filter.oldest_first {
        query.order((case_file::opened_at.asc(), case_file::id.asc()))
    } else {
        query.order((case_file::opened_at.desc(), case_file::id.desc()))
    };
    if let Some(after) = page.after {
        let (id, at) = (CaseId(after.id), Timestamp::from_micros(after.key).ok_or(Error::Corrupt("place in a list"))?);
        query = if filter.oldest_first {
            query.filter(case_file::opened_at.gt(at).or(case_file::opened_at.eq(at).and(case_file::id.gt(id))))
        } else {
            query.filter(case_file::opened_at.lt(at).or(case_file::opened_at.eq(at).and(case_file::id.lt(id))))
        };
    }
    let rows = query.load::<Row>(tx.conn)?;
    let names = staff::names(tx, rows.iter().map(|row| row.assigned_to))?;
    let page = Page::cut(rows, page, |row| After { key: row.opened_at.micros(), id: row.id.0 }, total);
    tx.shows(page.items.iter().map(|row| row.id));
    Ok(page.map(|row| CaseSummary {
        id: row.id,
        reference: row.reference,
        status: row.status,
        intervention_level: row.intervention_level,
        restricted: row.restricted,
        assigned_to: names.get(row.assigned_to),
        opened_at: row.opened_at,
        closed_at: row.closed_at,
    }))
}
