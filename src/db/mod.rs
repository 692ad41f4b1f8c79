//! The database. Every function takes a permit, and puts its scope into the WHERE clause: there is no unscoped finder.

pub mod capacity;
pub mod cases;
pub mod cohort;
pub mod concerns;
pub mod conn;
pub mod consents;
pub mod copy;
pub mod counted;
pub mod disclosures;
pub mod disposals;
pub mod error;
pub mod facts;
pub mod guard;
pub mod health;
pub mod housekeeping;
pub mod idempotency;
pub mod identity;
pub mod index;
pub mod information_requests;
pub mod keyring;
pub mod ledger;
pub mod legal_bundles;
pub mod legal_extracts;
pub mod legal_requests;
mod link;
pub mod migrate;
pub mod named;
pub mod notes;
pub mod participants;
pub mod people;
pub mod person_merges;
mod pool;
pub mod recipients;
pub mod referrals;
pub mod retention_holds;
pub mod rotation;
mod schema;
pub mod scope;
pub mod sealed;
mod sequencer;
mod sharing;
pub mod sidecar;
pub mod staff;
pub mod stored;
pub mod subject_access;
pub mod tasks;
#[cfg(test)]
pub(crate) mod testing;
pub mod timeline;
mod traced;
pub mod tx;
mod writer;

pub use error::{Error, Refusing, Result};
pub use health::Load;
pub use ledger::access::Asked;
pub use tx::{Db, LogIndexes, Tx, as_one_request};

use diesel::dsl::{Desc, Lt, SqlTypeOf};
use diesel::expression::AsExpression;
use diesel::query_dsl::methods::{FilterDsl, LimitDsl, LoadQuery, OrderDsl};
use diesel::sql_types::SqlType;
use diesel::{Column, ExpressionMethods, QueryResult, RunQueryDsl};

use self::conn::Conn;
use crate::domain::ids::Identifier;
use crate::domain::page::{After, Page, PageRequest};

/// How many rows there are in all, if the client asked.
fn total(page: &PageRequest, count: impl FnOnce() -> QueryResult<i64>) -> Result<Option<u64>> {
    if page.include_total { Ok(Some(u64::try_from(count()?).unwrap_or_default())) } else { Ok(None) }
}

/// A page of these rows, newest first: those after the place that is asked for, and one more that tells whether another page follows.
fn newest<'q, Q, C, R, I>(
    conn: &mut Conn,
    rows: Q,
    id: C,
    page: &PageRequest,
    total: Option<u64>,
    of: impl Fn(&R) -> I,
) -> QueryResult<Page<R>>
where
    C: Column + ExpressionMethods + Copy,
    SqlTypeOf<C>: SqlType,
    I: Identifier + AsExpression<SqlTypeOf<C>>,
    Q: OrderDsl<Desc<C>, Output = Q> + LimitDsl<Output = Q> + FilterDsl<Lt<C, I>, Output = Q>,
    Q: RunQueryDsl<Conn> + LoadQuery<'q, Conn, R>,
{
    let mut rows = rows.order(id.desc()).limit(i64::from(page.limit) + 1);
    if let Some(after) = page.after {
        rows = rows.filter(id.lt(I::from_uuid(after.id)));
    }
    Ok(Page::cut(rows.load(conn)?, page, |row| After { key: 0, id: of(row).uuid() }, total))
}
