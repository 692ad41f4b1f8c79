//! `sendiass log trust`: what the operator gives an auditor, so that nothing the service says needs to be believed.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::source::{self, Ended};
use crate::keys::{self, Given, SecretText};
use crate::ledger::{Signer, note};

/// The checkpoints of the logs, and the key that signs them.
#[derive(Args, Debug)]
pub struct Printed {
    /// A checkpoint of each log: those in the folder of `SENDIASS_LOG_SIDECAR`.
    #[arg(required = true)]
    checkpoints: Vec<PathBuf>,
    /// Where the key is, if it is not given.
    #[arg(long, env = "SENDIASS_DATA_DIR", default_value = "./data")]
    data_dir: PathBuf,
    /// The seed of the key that signs the log: 32 random bytes in hexadecimal or base64.
    #[arg(long, env = "SENDIASS_LOG_KEY", hide_env_values = true)]
    log_key: Option<SecretText>,
    /// A file of mode 0600 with that seed, instead.
    #[arg(long, env = "SENDIASS_LOG_KEY_FILE")]
    log_key_file: Option<PathBuf>,
}

impl Printed {
    /// Exit codes: 0 done, 3 another key signed a checkpoint, 64 used wrongly.
    pub(super) fn run(&self) -> ExitCode {
        match self.lines() {
            Ok(lines) => {
                print!("{lines}");
                ExitCode::SUCCESS
            }
            Err(ended) => ended.said(),
        }
    }

    fn lines(&self) -> Result<String, Ended> {
        let given = Given { text: self.log_key.clone(), file: self.log_key_file.clone() };
        let seed = keys::log_seed(&given, &self.data_dir).map_err(|fault| Ended::used_wrongly(fault.to_string()))?;
        let seed = seed.ok_or_else(|| Ended::used_wrongly("There is no key that signs logs: give it as SENDIASS_LOG_KEY."))?;
        let mut lines = Vec::new();
        for file in &self.checkpoints {
            let text = source::small(file).map_err(Ended::used_wrongly)?;
            let signer = note::claimed_origin(&text).map(|origin| Signer::new(&seed, &origin));
            let signer = signer.filter(|signer| note::open(&text, &[signer.public().clone()]).is_ok());
            let other = || Ended { code: 3, sentence: format!("{} was not signed by this key.", file.display()) };
            lines.push(format!("log {}\n", signer.ok_or_else(other)?.public().text()));
        }
        Ok(lines.concat())
    }
}
