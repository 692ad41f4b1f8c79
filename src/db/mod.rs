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

use crate::domain::page::PageRequest;

/// How many rows there are in all, if the client asked.
fn total(page: &PageRequest, count: impl FnOnce() -> diesel::QueryResult<i64>) -> Result<Option<u64>> {
    if page.include_total { Ok(Some(u64::try_from(count()?).unwrap_or_default())) } else { Ok(None) }
}
