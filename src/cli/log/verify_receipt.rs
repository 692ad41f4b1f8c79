//! `sendiass log verify-receipt`: that an entry is in the log, by the receipt alone; and with a bundle, that the log of then is the log of now.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::source::{self, Ended, Source};
use super::verify::Believed;
use crate::ledger::audit::{Asked, Audit, Standing, Verdict, worst};
use crate::ledger::note::NoteFault;
use crate::ledger::receipt::Receipt;

/// What is verified.
#[derive(Args, Debug)]
pub struct VerifyReceipt {
    /// The receipt, as the service handed it out.
    receipt: PathBuf,
    /// A bundle of the log as it is now, which must go on from what the receipt remembers; `-` is standard input.
    bundle: Option<PathBuf>,
    #[command(flatten)]
    believed: Believed,
}

impl VerifyReceipt {
    /// Exit codes: 0 sound, 1 tampering, 2 it cannot be concluded, 3 nobody who is trusted signed it, 64 used wrongly.
    pub(super) fn run(&self) -> ExitCode {
        match self.verify() {
            Ok(entry) => {
                println!("{entry}");
                ExitCode::SUCCESS
            }
            Err(ended) => ended.said(),
        }
    }

    /// The entry that was proved.
    fn verify(&self) -> Result<String, Ended> {
        let ended = |code, sentence: &str| Ended { code, sentence: sentence.to_owned() };
        let bytes = source::small(&self.receipt).map_err(Ended::used_wrongly)?;
        let asked = self.believed.asked()?;
        let nobody = || ended(3, "Nobody vouches for the receipt: give a trust file, with the key that the operator gave you.");
        let trust = asked.trust.clone().ok_or_else(nobody)?;
        let receipt = Receipt::read(&bytes)
            .ok_or_else(|| ended(2, "This is no receipt, or not all of one, or not byte for byte as it was handed out."))?;
        let checkpoint = trust.open(&receipt.note).map_err(|fault| match fault {
            NoteFault::Malformed => ended(2, "The checkpoint in the receipt is not all there, or not as it was signed: it proves nothing."),
            NoteFault::Forged => ended(1, "The checkpoint in the receipt was changed: its signature does not hold."),
            NoteFault::Unsigned | NoteFault::OtherLog => ended(3, "No key that you trust signed the checkpoint in the receipt."),
        })?;
        if !receipt.is_in(&checkpoint) {
            return Err(ended(1, "The entry in the receipt is not in the log that was signed."));
        }
        let mut verdicts = vec![Verdict::of_witnesses(trust.witnessed(&receipt.note, asked.now))];
        if let Some(bundle) = &self.bundle {
            let mut audit = Audit::new(Asked { since: Some(receipt.note.clone()), ..asked });
            let rest = Source::open(bundle)?.feed(&mut audit, |_, _| Ok(()))?;
            let report = audit.finish(rest);
            // Whoever saw the log of the bundle saw what it goes on from.
            if report.witnessing.standing == Standing::Sound {
                verdicts.retain(|receipt| receipt.standing == Standing::Failed);
            }
            verdicts.extend([report.append_only, report.integrity, report.signature, report.witnessing]);
        }
        if let Some(verdict) = worst(&verdicts) {
            return Err(ended(verdict.standing.exit_code(), &verdict.says));
        }
        eprintln!("Entry {} is in the log, as it was signed with {} entries.", receipt.index, checkpoint.size);
        String::from_utf8(receipt.body).map_err(|_| ended(1, "The entry in the receipt is no text."))
    }
}
