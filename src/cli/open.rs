//! A database and its keys, opened beside the service.

use clap::Args;

use crate::app::log_keys::LogKeys;
use crate::config::{DatabaseSettings, KeySettings, Named, Profile};
use crate::db::{self, Db};
use crate::keys::{self, Secrets};
use crate::startup::database::Found;
use crate::startup::{keyring, opens_all};

/// Which database, and which keys.
#[derive(Args, Debug)]
pub struct Which {
    /// For what the service runs: production makes no keys of its own.
    #[arg(long, env = "SENDIASS_PROFILE", value_enum, default_value_t = Profile::Development)]
    pub profile: Profile,
    #[command(flatten)]
    pub database: DatabaseSettings,
    #[command(flatten)]
    pub keys: KeySettings,
}

impl Which {
    /// Opens it, if it is up to date and its keys are those that were given.
    pub fn open(&self) -> Result<Open, String> {
        // To open what is not there would make it.
        if let Named::File(path) = self.database.named()?
            && !path.is_file()
        {
            return Err(format!("There is no database {}.", path.display()));
        }
        let secrets = Secrets::gather(&self.keys.given(), &self.database.data_dir, self.profile == Profile::Production)
            .map_err(|fault| fault.to_string())?;
        let mut found = Found::new(&self.database, self.profile)?;
        if !found.standing()?.is_current() {
            return Err(format!("The schema of the {} is not up to date: run `sendiass migrate run`.", found.shown));
        }
        let ring = keyring(&secrets);
        opens_all(&mut found, &ring)?;
        let db = Db::open(&found.place, found.demands, ring, 1).map_err(|_| format!("The {} cannot be opened.", found.shown))?;
        let names =
            std::iter::once(("wraps", &secrets.key_encryption)).chain(secrets.other_key_encryption.as_ref().map(|key| ("opens", key)));
        let names = names.map(|(does, key)| (does, keys::fingerprint(key))).collect();
        Ok(Open { db, names, found, log: LogKeys { now: secrets.log, old: secrets.old_log } })
    }
}

/// A database and its keys.
pub struct Open {
    /// The database.
    pub db: Db,
    /// What each key-encryption key does, and its public name.
    pub names: Vec<(&'static str, String)>,
    /// As it was found.
    pub found: Found,
    /// The keys that sign the logs.
    pub log: LogKeys,
}

impl Open {
    /// Waits for what a transaction answers.
    pub fn wait<T: Send + 'static>(&self, work: impl Future<Output = db::Result<T>>) -> Result<T, String> {
        actix_web::rt::System::new()
            .block_on(work)
            .map_err(|_| format!("The {} does not answer as it should: try again.", self.found.shown))
    }
}
