//! Entries in great number, for a demonstration: written by the code that writes those of the service, many in a transaction.

use diesel::prelude::*;

use super::{Disclosures, End};
use crate::db::error::{Error, Result};
use crate::db::schema::disclosure_case_ix;
use crate::db::tx::{Db, Tx};
use crate::domain::ids::CaseId;
use crate::domain::time::Timestamp;
use crate::ledger::{CaseKey, Written};

/// Entries of the disclosure log that follow each other.
#[derive(Debug)]
pub struct Filling {
    /// When the first was made; none of the others was made before.
    pub since: Timestamp,
    /// What is to be written.
    pub entries: Vec<Written>,
    /// Of which case each is.
    pub cases: Vec<CaseId>,
}

/// The keys by which the log knows these cases, in their order.
pub fn keys(tx: &mut Tx<'_>, cases: &[CaseId]) -> Result<Vec<CaseKey>> {
    tx.ledger_keys(cases)
}

/// All that is filed, under which case.
#[cfg(test)]
pub(crate) fn filed(tx: &mut Tx<'_>) -> Result<Vec<(CaseId, i64)>> {
    Ok(disclosure_case_ix::table.select((disclosure_case_ix::case_id, disclosure_case_ix::idx)).load(tx.conn)?)
}

impl Db {
    /// Adds entries to the disclosure log, with the look-up by their cases. What they commit to is kept nowhere: there are no openings.
    ///
    /// It needs no permit: it answers nobody, and is for a database on which only a demonstration was ever made.
    pub async fn fill(&self, filling: Filling) -> Result<()> {
        let write = move |tx: &mut Tx<'_>| {
            let mut end = End::<Disclosures>::find(tx)?;
            if filling.since < end.at || filling.entries.len() != filling.cases.len() {
                return Err(Error::Corrupt("log time"));
            }
            let first = end.add_written(tx, &filling.entries)?;
            let indexes: Vec<i64> = (first..end.index).collect();
            if tx.conn.add_lookups("disclosure_case_ix", &filling.cases, &indexes)? {
                return Ok(());
            }
            for (case, index) in filling.cases.iter().zip(indexes) {
                let row = (disclosure_case_ix::case_id.eq(case), disclosure_case_ix::idx.eq(index));
                diesel::insert_into(disclosure_case_ix::table).values(row).execute(tx.conn)?;
            }
            Ok(())
        };
        self.write_aside(write).await
    }
}
