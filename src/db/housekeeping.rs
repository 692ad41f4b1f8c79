//! What was deleted is gone from the files, too: the write-ahead log of the embedded database, and the pages of either (C16).

use diesel::QueryableByName;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::conn::Conn;
use super::error::Result;
use super::tx::Db;

/// Moves all that was committed into the database file, where deleted content is overwritten, and empties the write-ahead log.
const EMPTY_WAL: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// The tables from which disposal deletes: all but the registers and what is only ever added to.
const SWEPT: &str = "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' \
                     AND has_table_privilege(oid, 'DELETE') AND relname NOT LIKE '\\_\\_%' \
                     AND relname !~ '_(entry|leaf|subtree|checkpoint|cosignature|prune)$' ORDER BY 1";

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Db {
    /// Sees to it that what was just deleted is in no file of the embedded database any more. On a server an operator does that ([`Conn::sweep`]).
    pub async fn forget_deleted(&self) {
        if self.writer.is_some() {
            let aside = self.aside.clone();
            // Whoever reads just now is in the way of it; then the next time, or the operator, makes up for it.
            drop(tokio::task::spawn_blocking(move || aside.outside(EMPTY_WAL)).await);
        }
    }
}

impl Conn {
    /// Writes the tables again from which disposal deletes, without what was deleted, so that no page holds it any more. How many those are. On a
    /// server as the role that owns them; each is closed to others while it is written.
    pub fn sweep(&mut self) -> Result<usize> {
        if !self.is_shared() {
            self.batch_execute(EMPTY_WAL)?;
            self.batch_execute("VACUUM")?;
            self.batch_execute(EMPTY_WAL)?;
            return Ok(1);
        }
        self.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")?;
        // What a transaction may still see is written again, too: this waits for all that are open.
        self.batch_execute("REINDEX TABLE CONCURRENTLY deployment")?;
        let tables: Vec<Named> = diesel::sql_query(SWEPT).load(self)?;
        for Named { name } in &tables {
            self.batch_execute(&format!("VACUUM (FULL, ANALYZE) {name}"))?;
        }
        Ok(tables.len())
    }
}
