//! `sendiass log witness`: somebody else than the service remembers how large a log was, and says so under a checkpoint only if the log went on from
//! there. It reads files and keeps one of its own; it knows no network.

use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use serde::Deserialize;

use super::source::{Ended, small};
use crate::app::checkpoints::Sidecar as _;
use crate::clock::Clock;
use crate::keys;
use crate::keys::SecretText;
use crate::ledger::witness::{Refusal, Witness as Key, follows};
use crate::ledger::{Checkpoint, Hash, PublicKey};
use crate::startup::sidecar::SidecarFile;

/// Who witnesses what.
#[derive(Args, Debug)]
pub struct Witness {
    /// The name of the witness, such as `witness.example.org/w1`.
    #[arg(long)]
    name: String,
    /// A file of mode 0600 with the seed of its key: 32 random bytes in hexadecimal or base64.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Print the public key, for `SENDIASS_WITNESSES` and for auditors, and do nothing else.
    #[arg(long)]
    public: bool,
    /// What it remembers of the log: a file for each log, made at the first checkpoint.
    #[arg(long, value_name = "FILE", required_unless_present = "public")]
    state: Option<PathBuf>,
    /// The public key of the log, as `sendiass log keys` prints it; may be given more than once.
    #[arg(long, value_name = "KEY", required_unless_present = "public")]
    log_key: Vec<String>,
    /// The checkpoint, as the service answers it.
    #[arg(required_unless_present = "public")]
    checkpoint: Option<PathBuf>,
    /// The proof that the log goes on from what the witness remembers, as `…/proofs/consistency` answers it; none for the first.
    proof: Option<PathBuf>,
}

/// What is read of a proof.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    from_size: u64,
    hashes: Vec<String>,
}

impl Witness {
    /// Exit codes: 0 the line was printed, 1 the log does not go on from what was known, 2 it could not be concluded, 64 used wrongly.
    pub(super) fn run(&self) -> ExitCode {
        match self.witness() {
            Ok(line) => {
                print!("{line}");
                ExitCode::SUCCESS
            }
            Err(ended) => ended.said(),
        }
    }

    fn witness(&self) -> Result<String, Ended> {
        let seed = SecretText::read(&self.key)
            .and_then(|text| keys::parse("The key of the witness", text.expose()))
            .map_err(|fault| Ended::used_wrongly(fault.to_string()))?;
        let witness = Key::new(&seed, &self.name).ok_or_else(|| Ended::used_wrongly("A name has no white space and no plus sign."))?;
        let (Some(state), Some(checkpoint), false) = (&self.state, &self.checkpoint, self.public) else {
            return Ok(format!("{}\n", witness.public().text()));
        };
        let logs: Option<Vec<PublicKey>> = self.log_key.iter().map(|text| PublicKey::read(text)).collect();
        let logs = logs.ok_or_else(|| Ended::used_wrongly("A key of a log is written `name+id+key`, as `sendiass log keys` prints it."))?;
        let note = small(checkpoint).map_err(Ended::used_wrongly)?;
        let file = SidecarFile::at(state.clone());
        let unkept = |error| Ended::unknown(format!("{}: {error}.", state.display()));
        let held = file.read().map_err(unkept)?;
        let known = held.as_deref().map(|held| std::str::from_utf8(held).ok().and_then(Checkpoint::read));
        let forgotten = || Ended::unknown(format!("{} is not what a witness remembers.", state.display()));
        let known = known.map(|known| known.ok_or_else(forgotten)).transpose()?;
        let proof = self.proof(known.as_ref())?;
        let witnessed = follows(known.as_ref(), &note, &logs, &proof).map_err(refused)?;
        // Remembered before it is said: whoever is killed here says less than they know.
        if !file.replace(held.as_deref(), witnessed.text().as_bytes()).map_err(unkept)? {
            return Err(Ended::unknown("Somebody else changed what this witness remembers: try again."));
        }
        let now = u64::try_from(Clock::real().utc().timestamp()).unwrap_or_default();
        witness.cosign(&note, now).ok_or_else(|| Ended::unknown("The checkpoint is no note."))
    }

    fn proof(&self, known: Option<&Checkpoint>) -> Result<Vec<Hash>, Ended> {
        let (Some(known), Some(path)) = (known, &self.proof) else { return Ok(Vec::new()) };
        let malformed = || Ended::unknown(format!("{} is no proof of consistency.", path.display()));
        let proof: Proof = serde_json::from_slice(&small(path).map_err(Ended::used_wrongly)?).map_err(|_| malformed())?;
        if proof.from_size != known.size {
            return Err(Ended::unknown(format!(
                "The proof begins at another size than this witness knows: ask for `fromSize={}`.",
                known.size
            )));
        }
        let hash = |text: &String| BASE64_STANDARD.decode(text).ok().and_then(|bytes| Hash::from_slice(&bytes));
        proof.hashes.iter().map(hash).collect::<Option<_>>().ok_or_else(malformed)
    }
}

fn refused(refusal: Refusal) -> Ended {
    let forked = |sentence: &str| Ended { code: 1, sentence: sentence.to_owned() };
    match refusal {
        Refusal::Note(fault) => Ended::unknown(format!("It is not signed by the log: {fault}.")),
        Refusal::OtherLog => Ended::unknown("It is of another log than this witness remembers: a log that was recovered is watched anew."),
        Refusal::Older => forked("It is older than what this witness knows: the log was put back, or an old checkpoint is played back."),
        Refusal::NotProved => forked(
            "It does not go on from what this witness knows, or the proof is not the one of these two sizes. If it is, the log was rewritten: keep \
             the checkpoint and what the witness remembers, and tell the auditors.",
        ),
    }
}
