//! `sendiass log selfcheck`: every row of both logs is checked again, by whoever has the database and its keys.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::Output;
use crate::app::checkpoints::Kept;
use crate::app::log_keys::{LogKeys, replacements};
use crate::cli::open::{Open, Which};
use crate::config::SidecarSettings;
use crate::db;
use crate::db::ledger::recheck::{Course, compare};
use crate::db::ledger::sides::{Erased, Sided};
use crate::db::ledger::{Accesses, Disclosures, checkpoints, size};
use crate::domain::log_verification::LogFinding;
use crate::domain::vocabulary::{LogFault, Vocabulary as _};
use crate::ledger::PublicKey;
use crate::startup::sidecar;

/// How many entries are read at a time.
const BATCH: i64 = 1000;
/// How often somebody who waits is told how far it is.
const TELL: Duration = Duration::from_secs(5);

/// What is checked, and how that is told.
#[derive(Args, Debug)]
pub struct Selfcheck {
    #[command(flatten)]
    which: Which,
    /// Where the last signed checkpoints are kept.
    #[command(flatten)]
    sidecar: SidecarSettings,
    /// Lines to read, or one JSON document.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// What came of it all. It names entries, and nobody.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    log: &'static str,
    /// How many entries were checked.
    entries: i64,
    /// How many checkpoints were compared.
    checkpoints: u64,
    /// How many entries name a case that is gone.
    erased: u64,
    findings: Vec<LogFinding>,
}

impl Selfcheck {
    /// Exit codes: 0 nothing was found, 1 something is wrong, 2 it could not be concluded.
    pub(super) fn run(&self) -> ExitCode {
        let checked = self.which.open().and_then(|open| Ok([self.check::<Disclosures>(&open)?, self.check::<Accesses>(&open)?]));
        let reports = match checked {
            Ok(reports) => reports,
            Err(sentence) => {
                eprintln!("sendiass: {sentence}");
                return ExitCode::from(2);
            }
        };
        match self.output {
            Output::Text => {
                for (log, finding) in reports.iter().flat_map(|report| report.findings.iter().map(|finding| (report.log, finding))) {
                    println!("{log} {} {}: {}.", finding.index, finding.fault.as_str(), finding.fault.label());
                }
            }
            Output::Json => match serde_json::to_string(&reports) {
                Ok(text) => println!("{text}"),
                Err(_) => return ExitCode::from(2),
            },
        }
        for Report { log, entries, checkpoints, erased, findings } in &reports {
            let found = findings.len();
            eprintln!(
                "Checked {entries} entries of the {log} log and {checkpoints} checkpoints: {found} faults; {erased} entries are about cases that are gone."
            );
        }
        if reports.iter().all(|report| report.findings.is_empty()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn check<L: Sided + Kept>(&self, open: &Open) -> Result<Report, String> {
        let sidecar = sidecar::there(&self.sidecar, &self.which.database, self.which.profile, L::NAME)?;
        let kept = sidecar.read().map_err(|error| format!("The sidecar cannot be read: {error}."))?;
        // Looked at before the log is, which only grows.
        let newest = open.wait(open.db.read(checkpoints::newest::<L>))?;
        let to = open.wait(open.db.read(size::<L>))?;
        let keys = open.log.clone();
        let known = Known { told: open.wait(open.db.read(replacements::<L>))?, keys };
        let kept_size = kept.as_ref().map(|note| kept_size(note));
        let (mut course, mut erased, mut told) = (Course::new(kept_size), Erased::default(), Instant::now());
        while course.next < to {
            let (upto, keys) = (to.min(course.next + BATCH), known.clone());
            let step = move |tx: &mut db::Tx<'_>| {
                let from = course.next;
                let bodies = course.go_on::<L>(tx, upto, &|origin| keys.of(origin))?;
                L::sides(tx, from, upto, &bodies, &mut erased, &mut course.found)?;
                Ok::<_, db::Error>((course, erased))
            };
            (course, erased) = open.wait(open.db.read(step))?;
            if told.elapsed() >= TELL {
                eprintln!("Checked {} of {to} entries of the {} log.", course.next, L::NAME);
                told = Instant::now();
            }
        }
        let finish = move |tx: &mut db::Tx<'_>| {
            course.finish::<L>(tx)?;
            if let Some(fault) = L::accounted(tx, erased, to)? {
                course.found.add(to, fault);
            }
            Ok::<_, db::Error>(course)
        };
        let mut course = open.wait(open.db.read(finish))?;
        match (&kept, kept_size) {
            (Some(note), Some(size)) => {
                let text = String::from_utf8_lossy(note);
                if course.root(size).is_none_or(|root| compare(size, &text, root, &|origin| known.of(origin)).is_some()) {
                    course.found.add(size, LogFault::SidecarDiffers);
                }
            }
            _ => {
                if let Some((size, _)) = newest {
                    course.found.add(size, LogFault::SidecarMissing);
                }
            }
        }
        let mut findings = course.found.0;
        findings.sort_unstable();
        Ok(Report { log: L::NAME, entries: course.next, checkpoints: course.checkpoints, erased: erased.entries, findings })
    }
}

/// The size that a note claims.
fn kept_size(note: &[u8]) -> i64 {
    let text = std::str::from_utf8(note).unwrap_or_default();
    text.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or_default()
}

/// The keys that may have signed a log: those of now, and those that the log names, under whatever name it has.
#[derive(Clone)]
struct Known {
    keys: LogKeys,
    told: Vec<(i64, PublicKey, PublicKey)>,
}

impl Known {
    fn of(&self, origin: &str) -> Vec<PublicKey> {
        let mut publics = self.keys.publics(origin);
        for key in self.told.iter().flat_map(|(_, from, to)| [from.named(origin), to.named(origin)]) {
            if !publics.contains(&key) {
                publics.push(key);
            }
        }
        publics
    }
}
