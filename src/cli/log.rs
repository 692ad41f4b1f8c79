//! `sendiass log`: what can be found out about the logs beside the service that writes them, and how one goes on that was put back. Exit codes are
//! those of each.

mod replay;
mod selfcheck;

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use crate::clock::Clock;
use crate::config::Config;
use crate::startup;

/// Look into the logs, or let one go on after a backup was put back.
#[derive(Args, Debug)]
pub struct Log {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Decide every disclosure again that was made or refused, from what was known then, and name those that the policy decides otherwise.
    /// Exit codes: 0 all are the same, 1 something is wrong, 2 it could not be concluded.
    Replay(Box<replay::Replay>),
    /// Check every row of both logs again: entries against their hashes and columns, hashes against the tree, the tree against what was signed, and
    /// what stands beside the entries against them. It changes nothing, and is no substitute for verifying an export offline.
    /// Exit codes: 0 nothing was found, 1 something is wrong, 2 it could not be concluded.
    Selfcheck(Box<selfcheck::Selfcheck>),
    /// Let a log that is not what was signed last, because a backup was put back, go on under another name. Takes the settings of `serve`.
    Recover(Box<Config>),
}

/// How a finding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Lines to read.
    Text,
    /// One JSON document.
    Json,
}

impl Log {
    pub(super) fn run(self) -> ExitCode {
        match self.what {
            What::Replay(replay) => replay.run(),
            What::Selfcheck(selfcheck) => selfcheck.run(),
            What::Recover(config) => match actix_web::rt::System::new().block_on(recover(*config)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(sentence) => {
                    eprintln!("sendiass: {sentence}");
                    ExitCode::FAILURE
                }
            },
        }
    }
}

async fn recover(config: Config) -> Result<(), String> {
    let ready = startup::build(config, Clock::system()).await?;
    if ready.forked.is_none() {
        eprintln!("The logs are what was signed last: nothing was changed.");
        return Ok(());
    }
    for name in ready.recover().await? {
        println!("{name}");
    }
    eprintln!("These logs go on under these names. Tell the auditors, and why: their next entries cite what was signed before.");
    Ok(())
}
