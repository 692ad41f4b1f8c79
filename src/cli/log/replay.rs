//! `sendiass log replay`: decides again every disclosure that was made or refused, and names those that the policy decides otherwise.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::Output;
use crate::app::replay::{Again, Finding, again};
use crate::cli::open::Which;
use crate::db::ledger;

/// How many entries are read at a time.
const BATCH: i64 = 100;
/// How often somebody who waits is told how far it is.
const TELL: Duration = Duration::from_secs(5);

/// What is decided again, and how that is told.
#[derive(Args, Debug)]
pub struct Replay {
    #[command(flatten)]
    which: Which,
    /// From this index of the disclosure log on.
    #[arg(long, value_name = "INDEX", default_value_t = 0)]
    from: i64,
    /// Up to, but without, this index; to the end, unless it is given.
    #[arg(long, value_name = "INDEX")]
    to: Option<i64>,
    /// Lines to read, or one JSON document.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// What came of it all. It names entries and rules, and nobody.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// How many entries about a disclosure, made or refused, were looked at.
    entries: u64,
    /// How many of them the policy decides in the same way.
    same: u64,
    /// How many went with their cases.
    erased: u64,
    /// Under which version of the policy how many were decided that are the same.
    policy_versions: BTreeMap<String, u64>,
    /// Those with which something is wrong.
    wrong: Vec<Wrong>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wrong {
    index: i64,
    finding: Finding,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
}

impl Report {
    fn add(&mut self, index: i64, again: Again) {
        self.entries += 1;
        match again {
            Again::Same(version) => {
                self.same += 1;
                *self.policy_versions.entry(version).or_default() += 1;
            }
            Again::Erased => self.erased += 1,
            Again::Wrong(finding, rules) => self.wrong.push(Wrong { index, finding, rules }),
        }
    }
}

impl Replay {
    /// Exit codes: 0 all are the same, 1 something is wrong, 2 it could not be concluded.
    pub(super) fn run(&self) -> ExitCode {
        let report = match self.replay() {
            Ok(report) => report,
            Err(sentence) => {
                eprintln!("sendiass: {sentence}");
                return ExitCode::from(2);
            }
        };
        match self.output {
            Output::Text => {
                for Wrong { index, finding, rules } in &report.wrong {
                    println!("{}", [&[index.to_string(), finding.as_str().to_owned()], rules.as_slice()].concat().join(" "));
                }
            }
            Output::Json => match serde_json::to_string(&report) {
                Ok(text) => println!("{text}"),
                Err(_) => return ExitCode::from(2),
            },
        }
        let (entries, same, erased, wrong) = (report.entries, report.same, report.erased, report.wrong.len());
        eprintln!("Decided {entries} entries again: {same} are the same, {erased} went with their cases, {wrong} are wrong.");
        if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn replay(&self) -> Result<Report, String> {
        let open = self.which.open()?;
        let mut report = Report::default();
        let (mut from, to, mut told) = (self.from, self.to.unwrap_or(i64::MAX), Instant::now());
        loop {
            let kept = open.wait(open.db.read(move |tx| ledger::kept(tx, from, to, BATCH)))?;
            let Some(last) = kept.last() else { return Ok(report) };
            from = last.index + 1;
            for entry in &kept {
                report.add(entry.index, again(entry));
            }
            if told.elapsed() >= TELL {
                eprintln!("Decided {} entries again, up to index {}.", report.entries, from - 1);
                told = Instant::now();
            }
        }
    }
}
