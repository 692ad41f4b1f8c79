//! A copy of the embedded database: one snapshot of everything, while others go on writing.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::conn::Conn;
use super::error::Result;

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    finding: String,
}

impl Conn {
    /// Writes all that is kept into a file that is empty, without what was deleted. Embedded database only.
    pub fn copy_into(&mut self, file: &str) -> Result<()> {
        diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(file).execute(self)?;
        Ok(())
    }

    /// Whether every page, index, constraint and reference holds. Embedded database only: it reads all of it.
    pub fn is_sound(&mut self) -> Result<bool> {
        let pages: Vec<Finding> = diesel::sql_query("SELECT integrity_check AS finding FROM pragma_integrity_check").load(self)?;
        let references: Vec<Finding> = diesel::sql_query("SELECT \"table\" AS finding FROM pragma_foreign_key_check").load(self)?;
        Ok(references.is_empty() && pages.iter().all(|page| page.finding == "ok"))
    }
}
