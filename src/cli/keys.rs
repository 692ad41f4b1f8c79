//! `sendiass keys`: how the keys stand, and their rotation. What was killed is run again, and goes on where it was.

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::open::{Open, Which};
use crate::app::log_keys::log_rotation;
use crate::clock::Clock;
use crate::config::Profile;
use crate::db::conn::Place;
use crate::db::sealed::Owner;
use crate::db::{self, Tx, rotation};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::RotatedKey;
use crate::keys;
use crate::ledger::Rotated;

/// Show how the keys stand, or exchange them.
#[derive(Args, Debug)]
pub struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print how many data keys there are under which key-encryption key.
    Status(Box<Which>),
    /// Make a new key-encryption key in the data directory, and wrap all data keys under it. Keys that are given are exchanged by whoever gives them.
    RotateKek(Box<Which>),
    /// Wrap under `SENDIASS_KEY_ENCRYPTION_KEY` what is under `SENDIASS_OTHER_KEY_ENCRYPTION_KEY`. The service may run meanwhile, on PostgreSQL.
    Rewrap(Box<Which>),
    /// Give every case and person a new data key, and seal all text again under it. On PostgreSQL as the role that owns the tables; the service
    /// may run meanwhile.
    Reseal {
        #[command(flatten)]
        which: Box<Which>,
        /// Only those whose key is older than so many days.
        #[arg(long, value_name = "DAYS", default_value_t = 0)]
        older_than: u16,
    },
    /// Destroy the data keys under which nothing is sealed any more. On PostgreSQL as the role that owns the tables.
    Sweep {
        #[command(flatten)]
        which: Box<Which>,
        /// Only those that were replaced so many minutes ago: 0 is for when no service runs.
        #[arg(long, value_name = "MINUTES", default_value_t = 1)]
        replaced_before: u16,
    },
}

/// How many keys are wrapped again in one transaction, and how many owners of keys are looked for at a time.
const BATCH: i64 = 100;

impl Keys {
    pub(super) fn run(&self) -> Result<(), String> {
        match &self.what {
            What::Status(which) => which.open()?.status(),
            What::RotateKek(which) => {
                let [key_encryption, .., other] = which.keys.given();
                if which.profile == Profile::Production || key_encryption.is_given() || other.is_given() {
                    return Err("The key-encryption key is given to the service, not made by it: give the new one as \
                                SENDIASS_OTHER_KEY_ENCRYPTION_KEY, then exchange the two, then run `sendiass keys rewrap`."
                        .to_owned());
                }
                // Nothing is made before it is known that there is something to wrap, and that nobody else is at it.
                drop(which.open()?);
                keys::renew_key_encryption(&which.database.data_dir).map_err(|fault| fault.to_string())?;
                which.rewrap_all()
            }
            What::Rewrap(which) => {
                if which.keys.given().iter().any(keys::Given::is_given) {
                    which.open()?.rewrap()?;
                    eprintln!("Nothing is left under another key: SENDIASS_OTHER_KEY_ENCRYPTION_KEY may go.");
                    return Ok(());
                }
                which.rewrap_all()
            }
            What::Reseal { which, older_than } => {
                let (open, now) = (which.open_as_owner()?, Clock::real());
                let before = Timestamp::new(now.utc() - TimeDelta::days(i64::from(*older_than)));
                let sealed = open.each(0, before, move |tx, owner, first| {
                    if first {
                        log_rotation(tx, Rotated { key: RotatedKey::Data, from: None, to: None }, now)?;
                    }
                    rotation::reseal(tx, owner, now).map(|()| 1)
                })?;
                eprintln!("Sealed all text of {sealed} cases and people again: `sendiass keys sweep` destroys their old keys.");
                Ok(())
            }
            What::Sweep { which, replaced_before } => {
                let (open, now) = (which.open_as_owner()?, Clock::real());
                let before = Timestamp::new(now.utc() - TimeDelta::minutes(i64::from(*replaced_before)));
                let destroyed = open.each(1, before, move |tx, owner, _| rotation::sweep(tx, owner, now))?;
                eprintln!("Destroyed {destroyed} data keys.");
                Ok(())
            }
        }
    }
}

impl Which {
    /// Wraps everything under the key of the data directory, where the old one is not needed any more then.
    fn rewrap_all(&self) -> Result<(), String> {
        self.open()?.rewrap()?;
        keys::forget_other_key_encryption(&self.database.data_dir).map_err(|fault| fault.to_string())
    }

    /// For what writes again what is written once.
    fn open_as_owner(&self) -> Result<Open, String> {
        let mut open = self.open()?;
        let may = matches!(open.found.place, Place::File(_)) || open.found.conn.may_rewrite().unwrap_or_default();
        if may {
            Ok(open)
        } else {
            Err("The role in SENDIASS_DATABASE_URL may not seal again what is written once: name the role that owns the tables.".to_owned())
        }
    }
}

impl Open {
    fn status(&self) -> Result<(), String> {
        let held = self.wait(self.db.read(rotation::by_kek))?;
        for (does, name) in &self.names {
            let keys = held.iter().find(|(kek, _)| kek == name).map_or(0, |(_, keys)| *keys);
            println!("key-encryption key {name} {does}: {keys} data keys");
        }
        Ok(())
    }

    /// Does this for all whose newest key is older than that, of those with more than `over`, each in a transaction of its own, and tells the
    /// first; the sum of what it was done to.
    fn each(
        &self,
        over: i64,
        before: Timestamp,
        f: impl Fn(&mut Tx<'_>, Owner, bool) -> db::Result<usize> + Copy + Send + 'static,
    ) -> Result<usize, String> {
        let (mut sum, mut after, mut first) = (0, None, true);
        loop {
            let owners = self.wait(self.db.read(move |tx| rotation::due(tx, over, before, after, BATCH)))?;
            let Some(last) = owners.last() else { return Ok(sum) };
            after = Some(*last);
            for owner in owners {
                let begins = std::mem::take(&mut first);
                sum += self.wait(self.db.write(move |tx| f(tx, owner, begins)))?.0;
            }
        }
    }

    fn rewrap(&self) -> Result<(), String> {
        let (mut wrapped, at) = (0, Clock::real());
        loop {
            let first = wrapped == 0;
            let (again, _) = self.wait(self.db.write(move |tx| {
                let again = rotation::rewrap(tx, BATCH)?;
                // None is wrapped by a run that the log does not tell of.
                if let Some(was) = again.first().filter(|_| first) {
                    let rotated =
                        Rotated { key: RotatedKey::KeyEncryption, from: Some(was.clone()), to: Some(tx.keys.kek_id().to_owned()) };
                    log_rotation(tx, rotated, at)?;
                }
                Ok::<_, db::Error>(again.len())
            }))?;
            if again == 0 {
                eprintln!("Wrapped {wrapped} data keys again.");
                return Ok(());
            }
            wrapped += again;
        }
    }
}
