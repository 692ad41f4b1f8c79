//! `sendiass log verify`: proves, without the service and without a network, that nothing in a bundle of a log was changed, removed, hidden or
//! added.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::StreamDeserializer;
use serde_json::de::IoRead;

use super::Output;
use super::source::{self, Ended, Source};
use crate::clock::Clock;
use crate::domain::time::Timestamp;
use crate::ledger::audit::{Asked, Audit, Report, Standing, Verdict};
use crate::ledger::openings::{Count, Shown};
use crate::ledger::trust::Trust;

/// What is verified, and what is asked of it.
#[derive(Args, Debug)]
pub struct Verify {
    /// The bundle; `-` is standard input.
    bundle: PathBuf,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    believed: Believed,
    /// A checkpoint that you kept: the log must go on from there.
    #[arg(long, value_name = "CHECKPOINT")]
    since: Option<PathBuf>,
    /// What commitments stand for, in the order of the log: answers to `GET /disclosure-log/entries/{index}?openings=true`, one after the other, or
    /// what `sendiass log openings` printed.
    #[arg(long, value_name = "FILE")]
    openings: Option<PathBuf>,
    /// The openings are those of every entry: nothing else was erased than disposals account for.
    #[arg(long, requires = "openings")]
    every_opening: bool,
    /// How old the last entry may be: `90m`, `36h`, `7d`.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    max_age: Option<i64>,
    /// Lines to read, or one JSON document.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// Whom an auditor believes.
#[derive(Args, Debug)]
pub struct Believed {
    /// A file with the keys of the logs, got from the operator and not from the service: `log KEY [FIRST [LAST]]`, a line each.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
}

/// The part of a log that is wanted.
#[derive(Args, Debug)]
pub struct Part {
    /// Of the entries from this time on (RFC 3339, UTC): the bundle must have them all.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub from: Option<Timestamp>,
    /// Of the entries before this time.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub to: Option<Timestamp>,
    /// Of the entries from this index on.
    #[arg(long, value_name = "INDEX")]
    pub index_from: Option<u64>,
    /// Of the entries before this index.
    #[arg(long, value_name = "INDEX")]
    pub index_to: Option<u64>,
}

impl Part {
    /// Whether it ends before it begins.
    pub fn is_backwards(&self) -> bool {
        self.from.zip(self.to).is_some_and(|(from, to)| to < from) || self.index_from.zip(self.index_to).is_some_and(|(from, to)| to < from)
    }

    /// The same, asked of this part.
    pub fn of(&self, asked: Asked) -> Asked {
        Asked { from: self.from, to: self.to, index_from: self.index_from, index_to: self.index_to, ..asked }
    }
}

impl Believed {
    /// What that asks of a bundle, or of a receipt: that who is believed signed it, and no witness in the future.
    pub fn asked(&self) -> Result<Asked, Ended> {
        let trust = self.read().map_err(Ended::used_wrongly)?;
        Ok(Asked { trust, now: u64::try_from(Clock::real().utc().timestamp()).ok(), ..Asked::default() })
    }

    /// What the trust file says, if there is one.
    pub fn read(&self) -> Result<Option<Trust>, String> {
        let Some(file) = &self.trust else { return Ok(None) };
        let text = source::small(file)?;
        let text = std::str::from_utf8(&text).map_err(|_| "The trust file is not text.".to_owned())?;
        Trust::read(text).map(Some).map_err(|line| format!("Line {line} of the trust file says nothing that is known."))
    }
}

/// RFC 3339 in UTC.
pub fn instant(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse(text).ok_or("write it as 2026-09-01T00:00:00Z")
}

/// Microseconds.
fn duration(text: &str) -> Result<i64, &'static str> {
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).unwrap_or_default();
    let seconds = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(60 * 60),
        "d" => Some(24 * 60 * 60),
        _ => None,
    };
    let number: Option<i64> = number.parse().ok().filter(|number| *number >= 0);
    let micros = number.zip(seconds).and_then(|(number, seconds)| number.checked_mul(seconds)?.checked_mul(1_000_000));
    micros.ok_or("write a number and one of s, m, h, d: 36h")
}

impl Verify {
    /// Exit codes: 0 sound, 1 tampering, 2 it cannot be concluded, 3 nobody who is trusted signed it, 64 used wrongly.
    pub(super) fn run(&self) -> ExitCode {
        let report = match self.verify() {
            Ok(report) => report,
            Err(ended) => return ended.said(),
        };
        match self.output {
            Output::Text => print!("{}", Told(&report)),
            Output::Json => match document(&report) {
                Ok(text) => println!("{text}"),
                Err(error) => return Ended::unknown(error.to_string()).said(),
            },
        }
        ExitCode::from(report.exit_code())
    }

    fn verify(&self) -> Result<Report, Ended> {
        if self.part.is_backwards() {
            return Err(Ended::used_wrongly("The part ends before it begins."));
        }
        let mut asked = self.part.of(self.believed.asked()?);
        asked.since = self.since.as_deref().map(source::small).transpose().map_err(Ended::used_wrongly)?;
        asked.fresh = self.max_age.map(|age| (age, Clock::real()));
        let mut audit = Audit::new(asked);
        let Some(openings) = &self.openings else {
            let rest = Source::open(&self.bundle)?.feed(&mut audit, |_, _| Ok(()))?;
            return Ok(audit.finish(rest));
        };
        let (mut shown, mut count) = (AllShown::open(openings)?, Count::new(self.every_opening));
        let rest = Source::open(&self.bundle)?.feed(&mut audit, |index, line| {
            count.entry(index, line, shown.of(index).as_ref());
            Ok(())
        })?;
        let beyond = shown.rest();
        if shown.malformed {
            return Err(Ended::used_wrongly(format!("{} holds something else than openings.", openings.display())));
        }
        let mut report = audit.finish(rest);
        report.openings = Verdict::not_judged();
        if report.integrity.standing == Standing::Sound {
            let whole = report.index_from == Some(0) && report.index_to == report.size;
            report.openings = count.verdict(whole, beyond);
        }
        Ok(report)
    }
}

/// What is shown of the entries, in their order.
struct AllShown {
    answers: StreamDeserializer<'static, IoRead<BufReader<File>>, Shown>,
    next: Option<Shown>,
    /// The first that is not in its place.
    beyond: Option<u64>,
    /// There is something else in the file.
    malformed: bool,
}

impl AllShown {
    fn open(file: &Path) -> Result<Self, Ended> {
        let answers = serde_json::Deserializer::from_reader(BufReader::new(source::opened(file)?)).into_iter();
        Ok(Self { answers, next: None, beyond: None, malformed: false })
    }

    fn read(&mut self) -> Option<Shown> {
        let read = self.next.take().map(Ok).or_else(|| self.answers.next());
        self.malformed |= read.as_ref().is_some_and(Result::is_err);
        read?.ok()
    }

    /// What is shown of this entry, which comes after those that were asked for before.
    fn of(&mut self, index: u64) -> Option<Shown> {
        while let Some(shown) = self.read() {
            if shown.index == index {
                return Some(shown);
            }
            if shown.index > index {
                self.next = Some(shown);
                return None;
            }
            self.beyond.get_or_insert(shown.index);
        }
        None
    }

    /// The first entry of which something is shown that did not pass by.
    fn rest(&mut self) -> Option<u64> {
        while let Some(shown) = self.read() {
            self.beyond.get_or_insert(shown.index);
        }
        self.beyond
    }
}

/// The report as a JSON document, with what it comes to.
fn document(report: &Report) -> serde_json::Result<String> {
    let mut document = serde_json::to_value(report)?;
    if let Some(fields) = document.as_object_mut() {
        fields.insert("standing".to_owned(), serde_json::to_value(report.standing())?);
        fields.insert("exitCode".to_owned(), report.exit_code().into());
    }
    serde_json::to_string(&document)
}

/// The report for people.
pub(super) struct Told<'r>(pub &'r Report);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let report = self.0;
        if let (Some(origin), Some(size), Some(root)) = (&report.origin, report.size, &report.root_hash) {
            writeln!(f, "log          {origin}\ncheckpoint   {size} entries, root {root}")?;
        }
        if let (Some(from), Some(to)) = (report.index_from, report.index_to) {
            writeln!(f, "bundle       entries {from} up to, but without, {to}; {} were read", report.entries)?;
        }
        if let (Some(first), Some(last)) = (&report.first_at, &report.last_at) {
            writeln!(f, "written      from {first} to {last}")?;
        }
        writeln!(f)?;
        for (name, verdict) in report.verdicts() {
            writeln!(f, "{name:<13}{:<11}{}", word(verdict.standing), verdict.says)?;
        }
        f.write_str("\n")?;
        f.write_str(match report.standing() {
            Standing::Sound | Standing::NotAsked => "SOUND: nothing that was asked about was changed, removed, hidden or added.\n",
            Standing::Failed => {
                "TAMPERING: what is marked WRONG above is not as it was signed. Keep this file, and the checkpoints you have.\n"
            }
            Standing::Unknown => "NOT CONCLUDED: nothing wrong was found, but what is marked ? above could not be told.\n",
            Standing::Untrusted => "NOT TRUSTED: whoever signed this is not in your trust file.\n",
        })
    }
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Sound => "ok",
        Standing::Failed => "WRONG",
        Standing::Untrusted => "UNTRUSTED",
        Standing::Unknown => "?",
        Standing::NotAsked => "-",
    }
}
