//! The settings of a deployment: flags and `SENDIASS_*` variables. They reach the other floors as arguments.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::keys::{Given, SecretText};
use clap::{Args, ValueEnum};

/// For what the service runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// On a developer's machine: loopback only, with keys of its own made on first run.
    Development,
    /// Development on a throw-away database with fictional data and a clock that can be set.
    Demo,
    /// In service: it starts on nothing weak.
    Production,
}

/// The settings of `sendiass serve`.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// For what the service runs.
    #[arg(long, env = "SENDIASS_PROFILE", value_enum, default_value_t = Profile::Development)]
    pub profile: Profile,
    /// Where it listens.
    #[arg(long, env = "SENDIASS_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Where the operator reads `/livez`, `/readyz` and `/metrics`: for the network of operations only.
    #[arg(long, env = "SENDIASS_ADMIN_BIND", default_value = "127.0.0.1:8081")]
    pub admin_bind: Option<SocketAddr>,
    /// For how many seconds the service goes on accepting after it was told to stop and is not ready any more: 5 in production, 0 elsewhere.
    #[arg(long, env = "SENDIASS_DRAIN_SECONDS", value_parser = clap::value_parser!(u64).range(..=300))]
    pub drain_seconds: Option<u64>,
    /// The database: `sqlite:PATH`. By default `sendiass.db` in the data directory.
    #[arg(long, env = "SENDIASS_DATABASE_URL")]
    pub database_url: Option<String>,
    /// Where keys and the default database are kept.
    #[arg(long, env = "SENDIASS_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// The issuers of tokens: a JSON file. Production needs it; elsewhere `sendiass token` issues them.
    #[arg(long, env = "SENDIASS_ISSUERS_FILE")]
    pub issuers_file: Option<PathBuf>,
    /// The address of this service as clients see it, such as `https://iass.example.org`, for links in problems.
    #[arg(long, env = "SENDIASS_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Origins of browser applications that may call, separated by commas.
    #[arg(long, env = "SENDIASS_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// The areas of the service, separated by commas; at most 13.
    #[arg(long, env = "SENDIASS_AREAS", value_delimiter = ',', default_values_t = ["north", "south", "east", "west"].map(String::from))]
    pub areas: Vec<String>,
    /// The name of the confidentiality policy in force.
    #[arg(long, env = "SENDIASS_POLICY_NAME", default_value = "Confidentiality policy")]
    pub policy_name: String,
    /// Its version.
    #[arg(long, env = "SENDIASS_POLICY_VERSION", default_value = "2025-04")]
    pub policy_version: String,
    /// How many months a permission may last.
    #[arg(long, env = "SENDIASS_PERMISSION_MONTHS", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub permission_months: u32,
    /// Worker threads that answer requests.
    #[arg(long, env = "SENDIASS_WORKERS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// The key-encryption key: 32 random bytes in hexadecimal or base64.
    #[arg(long, env = "SENDIASS_KEY_ENCRYPTION_KEY", hide_env_values = true)]
    pub key_encryption_key: Option<SecretText>,
    /// A file that holds it.
    #[arg(long, env = "SENDIASS_KEY_ENCRYPTION_KEY_FILE")]
    pub key_encryption_key_file: Option<PathBuf>,
    /// The key of the blind indexes.
    #[arg(long, env = "SENDIASS_INDEX_KEY", hide_env_values = true)]
    pub index_key: Option<SecretText>,
    /// A file that holds it.
    #[arg(long, env = "SENDIASS_INDEX_KEY_FILE")]
    pub index_key_file: Option<PathBuf>,
    /// The seed of the key that signs the log.
    #[arg(long, env = "SENDIASS_LOG_KEY", hide_env_values = true)]
    pub log_key: Option<SecretText>,
    /// A file that holds it.
    #[arg(long, env = "SENDIASS_LOG_KEY_FILE")]
    pub log_key_file: Option<PathBuf>,
}

impl Config {
    /// The secrets as far as they were given, in the order of `keys::NAMES`.
    #[must_use]
    pub fn given_keys(&self) -> [Given; 3] {
        let given = |text: &Option<SecretText>, file: &Option<PathBuf>| Given { text: text.clone(), file: file.clone() };
        [
            given(&self.key_encryption_key, &self.key_encryption_key_file),
            given(&self.index_key, &self.index_key_file),
            given(&self.log_key, &self.log_key_file),
        ]
    }

    /// The path of the database file, or one sentence on what is wrong.
    pub fn database_path(&self) -> Result<PathBuf, String> {
        match &self.database_url {
            None => Ok(self.data_dir.join("sendiass.db")),
            Some(url) => match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
                Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
                _ => Err("SENDIASS_DATABASE_URL must begin with `sqlite:` and name a file.".to_owned()),
            },
        }
    }

    /// For how many seconds the service goes on accepting after it was told to stop.
    #[must_use]
    pub fn drain_seconds(&self) -> u64 {
        self.drain_seconds.unwrap_or(if self.profile == Profile::Production { 5 } else { 0 })
    }

    /// What is wrong with the settings, in one sentence.
    pub fn check(&self) -> Result<(), String> {
        for (name, bind, such_as) in [("BIND", Some(self.bind), 8080), ("ADMIN_BIND", self.admin_bind, 8081)] {
            if let Some(bind) = bind.filter(|bind| self.profile != Profile::Production && !bind.ip().is_loopback()) {
                return Err(format!(
                    "SENDIASS_{name} is {bind}: outside production the service listens on loopback only, such as 127.0.0.1:{such_as}.",
                ));
            }
        }
        if self.profile == Profile::Production && self.issuers_file.is_none() {
            return Err("Production needs SENDIASS_ISSUERS_FILE: the issuers whose tokens are accepted.".to_owned());
        }
        let scheme = if self.profile == Profile::Production { "https://" } else { "http" };
        if !self.public_url.as_deref().is_none_or(|url| is_origin(url, scheme)) {
            return Err("SENDIASS_PUBLIC_URL must be an address such as `https://iass.example.org`, without a path.".to_owned());
        }
        if !self.cors_origins.iter().all(|origin| is_origin(origin, scheme)) {
            return Err("SENDIASS_CORS_ORIGINS must name origins such as `https://intranet.example.org`, without a path.".to_owned());
        }
        if self.areas.is_empty() || self.areas.len() > 13 || self.areas.iter().any(String::is_empty) {
            return Err("SENDIASS_AREAS must name 1 to 13 areas.".to_owned());
        }
        Ok(())
    }
}

/// Whether this is a scheme and a host, perhaps with a port, and nothing more.
fn is_origin(text: &str, scheme: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    text.starts_with(scheme)
        && host.is_some_and(|host| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte)))
}

#[cfg(test)]
mod tests {
    use super::is_origin;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        for good in ["https://iass.example.org", "https://iass.example.org:8443"] {
            assert!(is_origin(good, "https://"), "{good}");
        }
        for bad in ["banana", "*", "https://", "https://x.org/path", "http://x.org", "https://x.org?q", "https://x y"] {
            assert!(!is_origin(bad, "https://"), "{bad}");
        }
        assert!(is_origin("http://localhost:5173", "http"));
    }
}
