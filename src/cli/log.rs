//! `sendiass log`: what can be found out about the logs beside the service that writes them. Exit codes are those of each.

mod replay;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Look into the logs.
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
}

impl Log {
    pub(super) fn run(&self) -> ExitCode {
        match &self.what {
            What::Replay(replay) => replay.run(),
        }
    }
}
