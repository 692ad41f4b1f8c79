//! `sendiass log openings`: what the commitments of the disclosure log stand for, for whoever has the database and its keys.

use std::io::{BufWriter, Write as _};
use std::process::ExitCode;

use clap::Args;

use crate::cli::open::Which;
use crate::db::ledger;
use crate::ledger::openings::Shown;

/// How many entries are read at a time.
const BATCH: i64 = 500;

/// Which database.
#[derive(Args, Debug)]
pub struct Openings {
    #[command(flatten)]
    which: Which,
}

impl Openings {
    /// Exit codes: 0 printed, 2 it could not be.
    pub(super) fn run(&self) -> ExitCode {
        match self.print() {
            Ok(entries) => {
                eprintln!(
                    "Printed what {entries} entries stand for. It is as confidential as the record: destroy it when it was compared."
                );
                ExitCode::SUCCESS
            }
            Err(sentence) => {
                eprintln!("sendiass: {sentence}");
                ExitCode::from(2)
            }
        }
    }

    fn print(&self) -> Result<u64, String> {
        let (open, mut from, mut entries) = (self.which.open()?, 0, 0);
        let mut out = BufWriter::new(std::io::stdout().lock());
        loop {
            let opened = open.wait(open.db.read(move |tx| ledger::opened(tx, from, BATCH)))?;
            let Some(last) = opened.last() else { break };
            from = last.0 + 1;
            for (index, id, openings, key) in opened {
                let shown = Shown::of(u64::try_from(index).unwrap_or_default(), id, openings, &key);
                let line = serde_json::to_string(&shown).map_err(|error| error.to_string())?;
                writeln!(out, "{line}").map_err(|error| error.to_string())?;
                entries += 1;
            }
        }
        out.flush().map_err(|error| error.to_string())?;
        Ok(entries)
    }
}
