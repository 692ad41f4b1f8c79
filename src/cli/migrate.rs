//! `sendiass migrate`: the schema of the database, brought up to date, looked at or taken back.

use clap::{Args, Subcommand};

use crate::config::{DatabaseSettings, Profile};
use crate::startup::database::Found;

/// Bring the schema of the database up to date, look at it, or take its last step back.
#[derive(Args, Debug)]
pub struct Migrate {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Apply what is missing. Two at once do it one after the other.
    Run(Which),
    /// Print each step of the schema and whether it was applied.
    Status(Which),
    /// Take the last step back, with all that is kept in it.
    Revert {
        #[command(flatten)]
        which: Which,
        /// Says that what is kept in the tables of that step may go.
        #[arg(long, required = true)]
        destroy_records: bool,
    },
}

#[derive(Args, Debug)]
struct Which {
    /// For what the service runs: production demands an encrypted way to the database.
    #[arg(long, env = "SENDIASS_PROFILE", value_enum, default_value_t = Profile::Development)]
    profile: Profile,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Which {
    fn find(&self) -> Result<Found, String> {
        Found::new(&self.database, self.profile)
    }
}

impl Migrate {
    pub(super) fn run(&self) -> Result<(), String> {
        match &self.what {
            What::Run(which) => {
                let mut found = which.find()?;
                let applied = found.migrate()?;
                eprintln!(
                    "{}",
                    if applied.is_empty() {
                        "Nothing to do: the schema is up to date.".to_owned()
                    } else {
                        format!("Applied {}.", applied.join(", "))
                    }
                );
            }
            What::Status(which) => {
                let mut found = which.find()?;
                for step in found.standing()?.steps {
                    println!("{} {}", step.name, if step.applied { "applied" } else { "missing" });
                }
            }
            What::Revert { which, destroy_records: _ } => {
                let mut found = which.find()?;
                found.standing()?;
                match found.conn.revert().map_err(|_| format!("The last step of the {} cannot be taken back.", found.shown))? {
                    Some(name) => eprintln!("Took back {name}."),
                    None => eprintln!("Nothing to take back."),
                }
            }
        }
        Ok(())
    }
}
