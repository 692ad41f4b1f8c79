//! `sendiass log keys`: the keys that sign the logs, and signed them, as the lines of the trust file that the operator gives the auditors.

use std::process::ExitCode;

use clap::Args;

use crate::app::checkpoints::Kept;
use crate::app::log_keys::trusted;
use crate::cli::open::{Open, Which};
use crate::db::ledger::{Accesses, Disclosures};
use crate::ledger::PublicKey;

/// Of which database.
#[derive(Args, Debug)]
pub struct Keys {
    #[command(flatten)]
    which: Which,
}

impl Keys {
    /// Exit codes: 0 printed, 1 it could not be.
    pub(super) fn run(&self) -> ExitCode {
        let lines = self.which.open().and_then(|open| Ok([lines::<Disclosures>(&open)?, lines::<Accesses>(&open)?].concat()));
        match lines {
            Ok(lines) => {
                println!("{}", lines.join("\n"));
                ExitCode::SUCCESS
            }
            Err(sentence) => {
                eprintln!("sendiass: {sentence}");
                ExitCode::FAILURE
            }
        }
    }
}

fn lines<L: Kept>(open: &Open) -> Result<Vec<String>, String> {
    let keys = open.log.clone();
    let trusted = open.wait(open.db.read(move |tx| trusted::<L>(tx, &keys)))?;
    let line = |(key, first, last): (PublicKey, i64, Option<i64>)| {
        let last = last.map(|last| format!(" {last}")).unwrap_or_default();
        format!("log {} {first}{last}", key.text())
    };
    Ok(trusted.into_iter().map(line).collect())
}
