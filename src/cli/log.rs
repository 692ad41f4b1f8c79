//! `sendiass log`: what can be found out about the logs beside the service that writes them, and how one goes on that was put back. Exit codes are
//! those of each.

mod case_scan;
mod compare;
mod keys;
mod openings;
mod query;
mod replay;
mod selfcheck;
mod source;
mod trust;
mod verify;
mod verify_receipt;
mod witness;

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
    /// Prove, without the service and without a network, that nothing in a bundle of a log was changed, removed, hidden or added.
    /// Exit codes: 0 sound, 1 tampering, 2 it cannot be concluded, 3 nobody who is trusted signed it, 64 used wrongly.
    Verify(Box<verify::Verify>),
    /// Prove that an entry is in the log, by the receipt of it alone; and with a bundle, that the log goes on from what the receipt remembers.
    /// Exit codes are those of `verify`.
    VerifyReceipt(verify_receipt::VerifyReceipt),
    /// Verify a bundle, and print the entries that filters ask for, as they were hashed. Exit codes are those of `verify`.
    Query(Box<query::Query>),
    /// Say whether two checkpoints or bundles of one log are of one history, and show the evidence if they are not.
    /// Exit codes: 0 one history, 1 two, 2 it cannot be told, 3 nobody who is trusted signed one of them, 64 used wrongly.
    Compare(compare::Compare),
    /// Print the trust file of the logs, for the auditors. It takes their checkpoints and the key that signs them.
    Trust(Box<trust::Printed>),
    /// Print the keys that sign the logs, and signed them, with the first and last size at which each may, as lines of a trust file for auditors.
    Keys(Box<keys::Keys>),
    /// Print what the commitments of the disclosure log stand for, for `verify --openings`. As confidential as the record itself.
    Openings(Box<openings::Openings>),
    /// Find every entry of one case in an export, by the tag key of the case. It needs no service and no database. A bundle is verified first: exit
    /// codes are those of `verify`. Of another export nothing is proved: 0 it was looked through, 2 it could not be, 64 used wrongly.
    CaseScan(case_scan::CaseScan),
    /// Say under a checkpoint that the log goes on from what was known of it, and remember it: for somebody other than the service. It needs no
    /// service and no database, and prints the line to hand in. Exit codes: 0 said, 1 the log does not go on from there, 2 it could not be concluded, 64 used wrongly.
    Witness(Box<witness::Witness>),
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

/// The exit code of what was written so that it cannot be run: what an auditor runs says 64, since 2 means something else there.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let audits = words
        .windows(2)
        .any(|two| matches!(two, [log, what] if log == "log" && ["verify", "verify-receipt", "query", "compare", "case-scan", "witness"].iter().any(|known| what == known)));
    // What cannot be said to whoever reads standard error cannot be said at all.
    drop(error.print());
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(if audits { 64 } else { 2 }),
    }
}

impl Log {
    pub(super) fn run(self) -> ExitCode {
        match self.what {
            What::Replay(replay) => replay.run(),
            What::Selfcheck(selfcheck) => selfcheck.run(),
            What::Verify(verify) => verify.run(),
            What::VerifyReceipt(receipt) => receipt.run(),
            What::Query(query) => query.run(),
            What::Compare(compare) => compare.run(),
            What::Trust(printed) => printed.run(),
            What::Keys(keys) => keys.run(),
            What::Openings(openings) => openings.run(),
            What::CaseScan(scan) => scan.run(),
            What::Witness(witness) => witness.run(),
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
