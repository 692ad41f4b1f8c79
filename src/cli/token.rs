//! `sendiass token`: an access token of the development key, and nothing else, on standard output.

use std::path::PathBuf;

use clap::Args;

use crate::authz::devkey::Minting;
use crate::authz::token::{MAX_ID, MAX_NAME};
use crate::clock::Clock;
use crate::domain::vocabulary::{Role, Vocabulary};
use crate::keys;

/// Print an access token, for development and demonstration.
#[derive(Args, Debug)]
pub struct Token {
    /// The role; may be given more than once.
    #[arg(long = "role", required = true, value_parser = parse_role)]
    roles: Vec<Role>,
    /// The member of staff or machine it stands for; by default one for each role.
    #[arg(long)]
    sub: Option<String>,
    /// The name shown; by default that of the role.
    #[arg(long)]
    name: Option<String>,
    /// How long it lives, in minutes.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=60))]
    minutes: u32,
    /// Where the keys are kept.
    #[arg(long, env = "SENDIASS_DATA_DIR", default_value = "./data")]
    data_dir: PathBuf,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("one of {}", Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")))
}

/// The name and subject of the member of staff that stands for a role in the demonstration.
pub(super) fn somebody(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Adviser => ("Jo Ashdown", "demo-adviser"),
        Role::ServiceManager => ("Morgan Vale", "demo-manager"),
        Role::Auditor => ("Ines Calloway", "demo-auditor"),
        Role::Analyst => ("Tam Birkett", "demo-analyst"),
        Role::Administrator => ("Robin Sedge", "demo-administrator"),
        Role::MachineIntake => ("Intake form", "demo-machine-intake"),
        Role::MachineStatistics => ("Statistics reader", "demo-machine-statistics"),
        Role::MachineAudit => ("Audit reader", "demo-machine-audit"),
    }
}

impl Token {
    /// What is wrong with what was asked, in one sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        for (flag, text, most) in [("--sub", &self.sub, MAX_ID), ("--name", &self.name, MAX_NAME)] {
            let length = text.as_deref().map_or(1, |text| text.trim().len());
            if !(1..=most).contains(&length) || text.as_deref().is_some_and(|text| text.contains(char::is_control)) {
                return Err(format!("Give {flag} 1 to {most} bytes of text without control characters, or leave it out."));
            }
        }
        Ok(())
    }

    pub(super) fn print(&self) -> Result<(), String> {
        let first = self.roles.first().copied().unwrap_or(Role::Adviser);
        let (name, subject) = somebody(first);
        let minting = Minting {
            roles: &self.roles,
            subject: self.sub.as_deref().unwrap_or(subject),
            minutes: self.minutes,
            name: self.name.as_deref().unwrap_or(name),
        };
        let key = keys::development_key(&self.data_dir).map_err(|fault| fault.to_string())?;
        println!("{}", key.mint(&minting, Clock::real()).map_err(|fault| fault.to_string())?);
        Ok(())
    }
}
