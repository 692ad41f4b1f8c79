//! `sendiass log case-scan`: finds every entry of one case in an export, by the tag key of the case, and believes nobody which those are.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use crate::keys::SecretText;
use crate::ledger::TagKey;

/// So long a line may be.
const MOST: u64 = 80 * 1024;

/// What is looked through for what.
#[derive(Args, Debug)]
pub struct CaseScan {
    /// An export of a log, as NDJSON or as a bundle; `-` for standard input. Verify the bundle first.
    bundle: PathBuf,
    /// A file of mode 0600 with the tag key of the case, as the service lent it: the key alone, or the whole answer.
    #[arg(long, value_name = "FILE")]
    tag_key: PathBuf,
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

impl CaseScan {
    /// Exit codes: 0 it was looked through, 2 it could not be.
    pub(super) fn run(&self) -> ExitCode {
        match self.scan() {
            Ok((found, all)) => {
                if self.count {
                    println!("{found}");
                }
                eprintln!("{found} of {all} entries are about the case.");
                ExitCode::SUCCESS
            }
            Err(sentence) => {
                eprintln!("sendiass: {sentence}");
                ExitCode::from(2)
            }
        }
    }

    fn scan(&self) -> Result<(u64, u64), String> {
        let key = SecretText::read(&self.tag_key).map_err(|fault| fault.to_string())?;
        let lent = serde_json::from_str::<Lent>(key.expose()).map(|lent| lent.tag_key);
        let key = TagKey::read(lent.as_deref().unwrap_or(key.expose())).ok_or("The file does not hold a tag key.")?;
        let failed = |error: io::Error| format!("{}: {error}.", self.bundle.display());
        let source: Box<dyn Read> = match self.bundle.as_os_str().as_encoded_bytes() {
            b"-" => Box::new(io::stdin()),
            _ => Box::new(File::open(&self.bundle).map_err(failed)?),
        };
        let (mut lines, mut line, mut out) = (BufReader::new(source), Vec::new(), io::stdout().lock());
        let (mut found, mut all, mut head) = (0, 0, false);
        loop {
            line.clear();
            (&mut lines).take(MOST).read_until(b'\n', &mut line).map_err(failed)?;
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            match text {
                [] if line.is_empty() => return Ok((found, all)),
                b"sendiass-bundle/v1" if all == 0 => head = true,
                b"entries" if head => head = false,
                _ if head => {}
                text => {
                    all += 1;
                    let entry: Entry<'_> =
                        serde_json::from_slice(text).map_err(|_| format!("Entry {all} of the file is not one of a log."))?;
                    let tag = key.tag(&entry.id);
                    if entry.case.as_ref() == Some(&tag) || entry.cases.contains(&tag) {
                        found += 1;
                        if !self.count {
                            out.write_all(text).and_then(|()| out.write_all(b"\n")).map_err(failed)?;
                        }
                    }
                }
            }
        }
    }
}
