//! `sendiass retention`: what disposal leaves to the operator.

use clap::{Args, Subcommand};

use super::open::Which;
use crate::db::conn::Place;

/// See to it that what was disposed of is in no file of the database any more.
#[derive(Args, Debug)]
pub struct Retention {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write the tables again from which disposal deletes, without what was deleted. On PostgreSQL as the role that owns the tables; each is closed
    /// to the service while it is written.
    Sweep(Box<Which>),
}

impl Retention {
    pub(super) fn run(&self) -> Result<(), String> {
        let What::Sweep(which) = &self.what;
        let mut open = which.open()?;
        if matches!(open.found.place, Place::Server(_)) && !open.found.conn.may_rewrite().unwrap_or_default() {
            return Err("The role in SENDIASS_DATABASE_URL may not write tables again: name the role that owns them.".to_owned());
        }
        // Its own connections would be in the way.
        drop(open.db);
        let swept = open.found.conn.sweep();
        swept.map_err(|_| format!("The {} is busy: try again.", open.found.shown))?;
        eprintln!("What was deleted is in no file of the {} any more. Backups hold it until they expire.", open.found.shown);
        Ok(())
    }
}
