//! From settings to a service that answers. Every way of running it, tests included, passes through here.

pub mod database;
mod running;
pub(crate) mod sidecar;

use std::fs::File;
use std::num::NonZeroU32;
use std::sync::Arc;

use self::database::Found;
use crate::app::checkpoints::{Kept as _, Unsigned};
use crate::app::log_keys::LogKeys;
use crate::app::{self, App, Settings};
use crate::authz::issuers::Issuers;
use crate::authz::token::{self, Refusal};
use crate::authz::{Action, Caller, issuers};
use crate::clock::Clock;
use crate::config::{Config, Profile};
use crate::db::keyring::Keyring;
use crate::db::ledger::{Accesses, Disclosures, KeyNames};
use crate::db::{self, Db, rotation};
use crate::domain::disclosure::Limits;
use crate::domain::retention::RetentionYears;
use crate::http::gate::{Answering, Authenticate, Credentials};
use crate::http::problem::{Code, Fault, Problem};
use crate::keys::{self, Secrets};
use crate::ledger::witness::WitnessKey;

pub use self::running::Running;

/// A service that is ready to run.
pub struct Ready {
    /// The use cases.
    pub app: App,
    /// Why nothing may be added to the logs, in one sentence, if so it is.
    pub forked: Option<String>,
    issuers: Arc<Issuers>,
    log_keys: LogKeys,
    config: Config,
    lock: Option<File>,
}

impl Ready {
    /// Lets logs go on that are not what was signed last, and says how they are called now.
    pub async fn recover(&self) -> Result<Vec<String>, String> {
        self.app.recover_logs(&self.log_keys).await.map_err(|unsigned| unsigned.to_string())
    }
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ready(…)")
    }
}

/// Opens the database and the keys, or says in one sentence what to do.
pub async fn build(config: Config, clock: Clock) -> Result<Ready, String> {
    config.check()?;
    token::self_test(Clock::real())?;
    let secrets = Secrets::gather(&config.keys.given(), &config.database.data_dir, config.profile == Profile::Production)
        .map_err(|fault| fault.to_string())?;
    let mut found = Found::new(&config.database, config.profile)?;
    found.bring_up_to_date(config.profile)?;
    found.check_role(config.profile)?;
    let issuers = match &config.issuers_file {
        Some(file) => Issuers::load(file),
        None => keys::development_key(&config.database.data_dir)
            .map_err(|fault| fault.to_string())?
            .issuer()
            .and_then(|issuer| Issuers::new(vec![issuer])),
    };
    // Told before the log is begun.
    let issuers = issuers.map_err(|fault: issuers::IssuersFault| fault.to_string())?;
    let ring = keyring(&secrets);
    opens_all(&mut found, &ring)?;
    let shown = found.shown;
    let db = Db::open(&found.place, found.demands, ring, found.connections).map_err(|_| format!("The {shown} cannot be opened twice."))?;
    let settings = Settings {
        policy_name: config.policy_name.clone(),
        policy_version: config.policy_version.clone(),
        limits: Limits { permission_months: config.permission_months, ..Limits::default() },
        service_name: config.service_name.clone(),
        service_contact: config.service_contact.clone(),
        areas: config.areas.clone(),
        retention: RetentionYears::configured(config.retention_years.iter().copied()),
        retention_source: config.retention_source.clone(),
        backup_days: config.backup_days,
        witnesses: witnesses(&config.witnesses)?,
        test_clock: config.profile == Profile::Demo,
        cases_an_hour: NonZeroU32::new(config.caller_cases_per_hour),
        ..Settings::default()
    };
    let app = App::new(db, clock, settings);
    let names = KeyNames {
        index: keys::fingerprint(&secrets.index),
        log: keys::fingerprint(&secrets.log),
        old_log: secrets.old_log.as_ref().map(keys::fingerprint),
    };
    let log_keys = LogKeys { now: secrets.log, old: secrets.old_log };
    app.open_log(names, log_keys.clone()).await.map_err(|error| match error {
        app::Error::Db(db::Error::Corrupt("key")) => {
            format!("The {shown} was opened with other keys: give back those, or name another database.")
        }
        app::Error::Db(db::Error::Corrupt("replaced key")) => {
            "SENDIASS_LOG_KEY signed these logs before, and was replaced: make a new one with `openssl rand -hex 32`.".to_owned()
        }
        _ => format!("The {shown} cannot be written: is the disk full, or another process busy with it?"),
    })?;
    let adopting = config.profile != Profile::Production;
    let sidecar = |log| sidecar::made(&config.sidecar, &config.database, config.profile, log);
    let (disclosures, accesses) = (sidecar(Disclosures::NAME)?, sidecar(Accesses::NAME)?);
    let app = app.keeping(&log_keys, disclosures, accesses, adopting).await.map_err(|error| Unsigned::Db(error).to_string())?;
    let forked = match app.sign_logs().await {
        Err(unsigned) if unsigned.is_final() => Some(unsigned.to_string()),
        Err(unsigned) => return Err(unsigned.to_string()),
        Ok(()) => {
            // What was left waiting for its place, by a copy that was killed, has it before anybody asks; if that fails it is tried again.
            drop(app.sequence_now().await);
            None
        }
    };
    Ok(Ready { app, forked, issuers: Arc::new(issuers), log_keys, config, lock: found.claim })
}

/// The keys of the witnesses.
fn witnesses(written: &[String]) -> Result<Vec<WitnessKey>, String> {
    let keys: Option<Vec<WitnessKey>> = written.iter().map(|text| WitnessKey::read(text)).collect();
    keys.filter(|keys| keys.len() <= 8).ok_or_else(|| {
        "SENDIASS_WITNESSES must be at most 8 keys as `sendiass log witness --public` prints them, separated by commas.".to_owned()
    })
}

/// The keys that seal and find.
pub(crate) fn keyring(secrets: &Secrets) -> Keyring {
    let ring = Keyring::new(keys::fingerprint(&secrets.key_encryption), &secrets.key_encryption, &secrets.index);
    match &secrets.other_key_encryption {
        Some(other) => ring.with_other(keys::fingerprint(other), other),
        None => ring,
    }
}

/// Whether there is a key-encryption key for all that is kept: what cannot be opened would only be found out by whoever needs it.
pub(crate) fn opens_all(found: &mut Found, ring: &Keyring) -> Result<(), String> {
    match rotation::opens_all(&mut found.conn, ring) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!(
            "The {} holds what is sealed under a key-encryption key that was not given: give it as SENDIASS_KEY_ENCRYPTION_KEY, or as \
             SENDIASS_OTHER_KEY_ENCRYPTION_KEY while one is exchanged for the other.",
            found.shown
        )),
        Err(_) => Err(format!("The {} cannot be read: is it a database of this service?", found.shown)),
    }
}

/// Turns tokens into callers.
struct Gatekeeper {
    issuers: Arc<Issuers>,
    app: App,
}

impl Authenticate for Gatekeeper {
    fn authenticate(&self, shown: Credentials) -> Answering<'_, Result<Caller, Problem>> {
        Box::pin(async move {
            let verified = token::verify(shown.authorization.iter().map(Vec::as_slice), &self.issuers, Clock::real()).map_err(|fault| {
                tracing::info!(request = %shown.request, reason = %fault, "a token was refused");
                match fault.refusal() {
                    Refusal::Unauthenticated => Problem::new(Code::Unauthenticated),
                    Refusal::NoRole => Problem::new(Code::Forbidden),
                    Refusal::RoleConflict => Problem::new(Code::Forbidden).with_fault(Fault::header(
                        "authorization",
                        "role_conflict",
                        "The token holds roles that nobody may hold together.",
                    )),
                }
            })?;
            self.app.admit(verified).await?.ok_or_else(|| {
                tracing::info!(request = %shown.request, reason = "disabled or revoked", "a token was refused");
                Problem::new(Code::Unauthenticated)
            })
        })
    }

    fn turned_away<'a>(&'a self, caller: &'a Caller, action: Action) -> Answering<'a, Result<(), Problem>> {
        Box::pin(async move { Ok(self.app.turn_away(caller, action).await?) })
    }
}
