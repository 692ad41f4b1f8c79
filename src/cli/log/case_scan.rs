//! `sendiass log case-scan`: finds every entry of one case in an export, by the tag key of the case, and believes nobody which those are.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use super::query::sound;
use super::source::{Ended, Source};
use super::verify::Believed;
use crate::keys::SecretText;
use crate::ledger::TagKey;
use crate::ledger::audit::Audit;

/// What is looked through for what.
#[derive(Args, Debug)]
pub struct CaseScan {
    /// An export of a log, as a bundle, which is verified, or as NDJSON, of which nothing is proved; `-` for standard input.
    bundle: PathBuf,
    /// A file of mode 0600 with the tag key of the case, as the service lent it: the key alone, or the whole answer.
    #[arg(long, value_name = "FILE")]
    tag_key: PathBuf,
    #[command(flatten)]
    believed: Believed,
    /// Print how many there are instead of the entries.
    #[arg(long)]
    count: bool,
}

/// What is read of an entry.
#[derive(Deserialize)]
struct Entry<'e> {
    #[serde(borrow)]
    id: std::borrow::Cow<'e, str>,
    #[serde(default)]
    case: Option<String>,
    #[serde(default)]
    cases: Vec<String>,
}

/// The answer of the service.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lent {
    tag_key: String,
}

/// What was found so far: few of many, which are kept until it is known what they are worth.
struct Found {
    key: TagKey,
    entries: Vec<u8>,
    count: u64,
    all: u64,
}

impl Found {
    /// Takes the next entry; false, if it is none of a log.
    fn entry(&mut self, line: &[u8]) -> bool {
        self.all += 1;
        let Ok(entry) = serde_json::from_slice::<Entry<'_>>(line) else { return false };
        let tag = self.key.tag(&entry.id);
        if entry.case.as_ref() == Some(&tag) || entry.cases.contains(&tag) {
            self.count += 1;
            self.entries.extend_from_slice(line);
            self.entries.push(b'\n');
        }
        true
    }
}

impl CaseScan {
    /// Exit codes: those of `sendiass log verify` for a bundle; 0 it was looked through, 2 it could not be, 64 used wrongly.
    pub(super) fn run(&self) -> ExitCode {
        match self.scan() {
            Ok(()) => ExitCode::SUCCESS,
            Err(ended) => ended.said(),
        }
    }

    fn scan(&self) -> Result<(), Ended> {
        let key = SecretText::read(&self.tag_key).map_err(|fault| Ended::used_wrongly(fault.to_string()))?;
        let lent = serde_json::from_str::<Lent>(key.expose()).map(|lent| lent.tag_key);
        let key = TagKey::read(lent.as_deref().unwrap_or(key.expose()));
        let key = key.ok_or_else(|| Ended::used_wrongly("The file does not hold a tag key."))?;
        let mut found = Found { key, entries: Vec::new(), count: 0, all: 0 };
        let mut source = Source::open(&self.bundle)?;
        let bundle = source.is_bundle()?;
        if bundle {
            let mut audit = Audit::new(self.believed.asked()?);
            let none = || io::Error::other("an entry is not one of a log");
            let rest = source.feed(&mut audit, |_, line| found.entry(line).then_some(()).ok_or_else(none))?;
            sound(&audit.finish(rest))?;
        } else {
            source.lines(|line| {
                let taken = found.entry(line);
                taken.then_some(()).ok_or_else(|| Ended::unknown(format!("Entry {} of the file is not one of a log.", found.all)))
            })?;
            if found.all == 0 {
                return Err(Ended::unknown("The file holds no entry."));
            }
        }
        let mut out = io::stdout().lock();
        let told = if self.count { writeln!(out, "{}", found.count) } else { out.write_all(&found.entries) };
        told.and_then(|()| out.flush()).map_err(|error| Ended::unknown(format!("It could not be printed: {error}.")))?;
        eprintln!("{} of {} entries are about the case.", found.count, found.all);
        if !bundle {
            eprintln!("Nothing shows that these are all entries of the log, nor that they are as they were written: only a bundle does.");
        }
        Ok(())
    }
}
