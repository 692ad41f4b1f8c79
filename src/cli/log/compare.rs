//! `sendiass log compare`: whether two checkpoints, or bundles, are of one history. If they are not, both were signed, and that is the evidence.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::source::{self, Ended, Source};
use super::verify::{Believed, Told};
use crate::ledger::audit::{Asked, Audit, Standing};
use crate::ledger::trust::Trust;
use crate::ledger::{Checkpoint, NoteFault};

/// What is compared.
#[derive(Args, Debug)]
pub struct Compare {
    /// A checkpoint, or a bundle.
    one: PathBuf,
    /// Another one of the same log.
    other: PathBuf,
    #[command(flatten)]
    believed: Believed,
}

/// A checkpoint that was signed, and where it stands.
struct Side<'c> {
    file: &'c Path,
    note: Vec<u8>,
    checkpoint: Checkpoint,
    is_bundle: bool,
}

impl Compare {
    /// Exit codes: 0 one history, 1 two, 2 it cannot be told (also where one of them was changed), 3 nobody who is trusted signed one of them, 64
    /// used wrongly.
    pub(super) fn run(&self) -> ExitCode {
        match self.compare() {
            Ok(sentence) => {
                println!("{sentence}");
                ExitCode::SUCCESS
            }
            Err(ended) => ended.said(),
        }
    }

    fn compare(&self) -> Result<String, Ended> {
        let trust = self.believed.read().map_err(Ended::used_wrongly)?;
        let trust = trust.ok_or_else(|| Ended::used_wrongly("Give a trust file: what nobody signed is no evidence."))?;
        let side = |file| side(file, &trust).map_err(untold);
        let (one, other) = (side(&self.one)?, side(&self.other)?);
        if one.checkpoint.origin != other.checkpoint.origin {
            return Err(Ended::unknown("They are of two logs, and have nothing to do with each other."));
        }
        let (short, long) = if one.checkpoint.size <= other.checkpoint.size { (one, other) } else { (other, one) };
        if short.checkpoint.size == long.checkpoint.size {
            return if short.checkpoint.root == long.checkpoint.root {
                Ok(format!("ONE HISTORY: both are the log with {} entries.", long.checkpoint.size))
            } else {
                Err(fork(&short, &long))
            };
        }
        if !long.is_bundle {
            return Err(Ended::unknown(format!(
                "Checkpoints of two sizes do not say how the log came from the one to the other: export a bundle whose range includes {}.",
                short.checkpoint.size
            )));
        }
        let asked = Asked { trust: Some(trust), since: Some(short.note.clone()), ..Asked::default() };
        let mut audit = Audit::new(asked);
        let rest = Source::open(long.file)?.feed(&mut audit, |_, _| Ok(()))?;
        let report = audit.finish(rest);
        match (report.integrity.standing, report.append_only.standing) {
            (Standing::Sound, Standing::Sound) => {
                Ok(format!("ONE HISTORY: the log with {} entries goes on from that with {}.", long.checkpoint.size, short.checkpoint.size))
            }
            (Standing::Sound, Standing::Failed) => Err(fork(&short, &long)),
            _ => Err(untold(Ended {
                code: report.exit_code(),
                sentence: format!("{} does not tell.\n\n{}", long.file.display(), Told(&report)),
            })),
        }
    }
}

/// Both were signed by the key of the log, and cannot both be true of it.
fn fork(short: &Side<'_>, long: &Side<'_>) -> Ended {
    let text = |side: &Side<'_>| format!("{}:\n\n{}", side.file.display(), String::from_utf8_lossy(&side.note));
    let says = "TWO HISTORIES: the key of this log signed both, and no log that is only added to can be both. Keep both files.";
    Ended { code: 1, sentence: format!("{says}\n\n{}\n{}", text(short), text(long)) }
}

/// What was changed is no second history: nobody signed it.
fn untold(ended: Ended) -> Ended {
    Ended { code: if ended.code == 1 { 2 } else { ended.code }, ..ended }
}

fn side<'c>(file: &'c Path, trust: &Trust) -> Result<Side<'c>, Ended> {
    let (note, is_bundle) = match Source::open(file)?.head()? {
        Some(head) => (head.note, true),
        None => (source::small(file).map_err(Ended::used_wrongly)?, false),
    };
    let checkpoint = trust.open(&note).map_err(|fault| Ended {
        code: if matches!(fault, NoteFault::Unsigned | NoteFault::OtherLog) { 3 } else { 2 },
        sentence: format!("{}: {fault}.", file.display()),
    })?;
    Ok(Side { file, note, checkpoint, is_bundle })
}
