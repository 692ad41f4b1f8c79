//! The settings of a deployment: flags and `SENDIASS_*` variables. They reach the other floors as arguments.

mod sidecar;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

pub use self::sidecar::{Kept, SidecarSettings};
use crate::domain::retention::{self, RetentionYears};
use crate::domain::vocabulary::RetentionClass;
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

/// Where the record is kept.
#[derive(Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// The database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`. By default `sendiass.db` in the data directory.
    #[arg(long = "database-url", env = "SENDIASS_DATABASE_URL", hide_env_values = true)]
    pub url: Option<SecretText>,
    /// A file of mode 0600 with the address of the database, instead.
    #[arg(long = "database-url-file", env = "SENDIASS_DATABASE_URL_FILE")]
    pub url_file: Option<PathBuf>,
    /// Where keys and the default database are kept.
    #[arg(long, env = "SENDIASS_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,
    /// How many connections to the database at most: by default 8 to PostgreSQL; 4 that read the embedded database.
    #[arg(long = "database-connections", env = "SENDIASS_DATABASE_CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..=256))]
    pub connections: Option<u32>,
    /// Takes a PostgreSQL server that may lose what it acknowledged: throw-away databases of tests, never production.
    #[arg(long = "unsafe-database", env = "SENDIASS_UNSAFE_DATABASE", hide = true)]
    pub unsafe_server: bool,
}

/// Which database was named.
#[derive(Clone, Debug)]
pub enum Named {
    /// A file of the embedded database.
    File(PathBuf),
    /// A PostgreSQL server.
    Server(SecretText),
}

impl DatabaseSettings {
    /// The database that was named, or one sentence on what is wrong.
    pub fn named(&self) -> Result<Named, String> {
        let url = match (&self.url, &self.url_file) {
            (Some(_), Some(_)) => return Err("Give SENDIASS_DATABASE_URL or SENDIASS_DATABASE_URL_FILE, not both.".to_owned()),
            (Some(url), None) => url.clone(),
            (None, Some(file)) => SecretText::read(file).map_err(|fault| fault.to_string())?,
            (None, None) => return Ok(Named::File(self.data_dir.join("sendiass.db"))),
        };
        if url.expose().starts_with("postgres://") || url.expose().starts_with("postgresql://") {
            if !is_address(url.expose()) {
                return Err("SENDIASS_DATABASE_URL must be `postgres://USER:PASSWORD@HOST:PORT/NAME?SETTING=VALUE&…`: whatever in its parts is not \
                            a letter, a digit or one of `-._~` is written as `%` and two hexadecimal digits."
                    .to_owned());
            }
            return Ok(Named::Server(url));
        }
        match url.expose().strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !path.is_empty() => Ok(Named::File(PathBuf::from(path))),
            _ => Err("SENDIASS_DATABASE_URL must be `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`.".to_owned()),
        }
    }
}

/// The secrets of a deployment, as they are given.
#[derive(Args, Clone, Debug)]
pub struct KeySettings {
    /// The key-encryption key: 32 random bytes in hexadecimal or base64.
    #[arg(long, env = "SENDIASS_KEY_ENCRYPTION_KEY", hide_env_values = true)]
    pub key_encryption_key: Option<SecretText>,
    /// A file of mode 0600 with the key-encryption key, instead.
    #[arg(long, env = "SENDIASS_KEY_ENCRYPTION_KEY_FILE")]
    pub key_encryption_key_file: Option<PathBuf>,
    /// A second key-encryption key, while the one is exchanged for the other: it opens what is wrapped under it, and wraps nothing.
    #[arg(long, env = "SENDIASS_OTHER_KEY_ENCRYPTION_KEY", hide_env_values = true)]
    pub other_key_encryption_key: Option<SecretText>,
    /// A file of mode 0600 with that key, instead.
    #[arg(long, env = "SENDIASS_OTHER_KEY_ENCRYPTION_KEY_FILE")]
    pub other_key_encryption_key_file: Option<PathBuf>,
    /// The key of the blind indexes: 32 random bytes in hexadecimal or base64.
    #[arg(long, env = "SENDIASS_INDEX_KEY", hide_env_values = true)]
    pub index_key: Option<SecretText>,
    /// A file of mode 0600 with the key of the blind indexes, instead.
    #[arg(long, env = "SENDIASS_INDEX_KEY_FILE")]
    pub index_key_file: Option<PathBuf>,
    /// The seed of the key that signs the log: 32 random bytes in hexadecimal or base64.
    #[arg(long, env = "SENDIASS_LOG_KEY", hide_env_values = true)]
    pub log_key: Option<SecretText>,
    /// A file of mode 0600 with that seed, instead.
    #[arg(long, env = "SENDIASS_LOG_KEY_FILE")]
    pub log_key_file: Option<PathBuf>,
    /// The seed of the key that signed the log before, while the one is exchanged for the other: both sign.
    #[arg(long, env = "SENDIASS_OLD_LOG_KEY", hide_env_values = true)]
    pub old_log_key: Option<SecretText>,
    /// A file of mode 0600 with that seed, instead.
    #[arg(long, env = "SENDIASS_OLD_LOG_KEY_FILE")]
    pub old_log_key_file: Option<PathBuf>,
}

impl KeySettings {
    /// The secrets as far as they were given, in the order of `Secrets::gather`.
    #[must_use]
    pub fn given(&self) -> [Given; 5] {
        let given = |text: &Option<SecretText>, file: &Option<PathBuf>| Given { text: text.clone(), file: file.clone() };
        [
            given(&self.key_encryption_key, &self.key_encryption_key_file),
            given(&self.index_key, &self.index_key_file),
            given(&self.log_key, &self.log_key_file),
            given(&self.old_log_key, &self.old_log_key_file),
            given(&self.other_key_encryption_key, &self.other_key_encryption_key_file),
        ]
    }
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
    /// Which database, and where keys are kept.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The issuers of tokens: a JSON file. Production needs it; elsewhere `sendiass token` issues them.
    #[arg(long, env = "SENDIASS_ISSUERS_FILE")]
    pub issuers_file: Option<PathBuf>,
    /// The address of this service as clients see it, such as `https://iass.example.org`, for links in problems.
    #[arg(long, env = "SENDIASS_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Origins of browser applications that may call, separated by commas.
    #[arg(long, env = "SENDIASS_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// How the service is called in letters to families.
    #[arg(long, env = "SENDIASS_SERVICE_NAME", default_value = "SEND Information, Advice and Support Service")]
    pub service_name: String,
    /// How a family reaches the service, as letters say it: a telephone number, an e-mail address.
    #[arg(long, env = "SENDIASS_SERVICE_CONTACT")]
    pub service_contact: Option<String>,
    /// The areas of the service, separated by commas; at most 13.
    #[arg(long, env = "SENDIASS_AREAS", value_delimiter = ',', default_values_t = ["north", "south", "east", "west"].map(String::from))]
    pub areas: Vec<String>,
    /// Years for which classes of record are kept, where they differ from the defaults: `rc06_parent_only=7`, separated by commas.
    #[arg(long, env = "SENDIASS_RETENTION_YEARS", value_delimiter = ',', value_parser = RetentionYears::parse)]
    pub retention_years: Vec<(RetentionClass, u32)>,
    /// On what the retention schedule rests.
    #[arg(long, env = "SENDIASS_RETENTION_SOURCE", default_value = retention::SOURCE)]
    pub retention_source: String,
    /// For how many days backups are kept: a disposal is complete when the last one that holds it has expired.
    #[arg(long, env = "SENDIASS_BACKUP_DAYS", default_value_t = 35, value_parser = clap::value_parser!(u32).range(..=3660))]
    pub backup_days: u32,
    /// The name of the confidentiality policy in force.
    #[arg(long, env = "SENDIASS_POLICY_NAME", default_value = "Confidentiality policy")]
    pub policy_name: String,
    /// The version of the confidentiality policy in force.
    #[arg(long, env = "SENDIASS_POLICY_VERSION", default_value = "2025-04")]
    pub policy_version: String,
    /// How many months a permission may last.
    #[arg(long, env = "SENDIASS_PERMISSION_MONTHS", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub permission_months: u32,
    /// How many requests a member of staff may send a minute; 0 is no limit.
    #[arg(long, env = "SENDIASS_CALLER_REQUESTS_PER_MINUTE", default_value_t = 600)]
    pub caller_requests_per_minute: u32,
    /// How many requests may come from one address a minute, with or without a token; 0 is no limit.
    #[arg(long, env = "SENDIASS_CLIENT_REQUESTS_PER_MINUTE", default_value_t = 6000)]
    pub client_requests_per_minute: u32,
    /// How many cases a member of staff may open an hour; 0 is no limit.
    #[arg(long, env = "SENDIASS_CALLER_CASES_PER_HOUR", default_value_t = 200)]
    pub caller_cases_per_hour: u32,
    /// The addresses of the proxies in front of the service, separated by commas: they alone are believed in what `X-Forwarded-For` says.
    #[arg(long, env = "SENDIASS_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,
    /// Worker threads that answer requests.
    #[arg(long, env = "SENDIASS_WORKERS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// Where the last signed checkpoints are kept.
    #[command(flatten)]
    pub sidecar: SidecarSettings,
    /// After how many seconds a log that has grown is signed again; 0 signs it when it is asked for only.
    #[arg(long, env = "SENDIASS_CHECKPOINT_SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=3600))]
    pub checkpoint_seconds: u64,
    /// The keys of those who witness the logs, separated by commas, as `sendiass log witness --public` prints them; at most 8.
    #[arg(long, env = "SENDIASS_WITNESSES", value_delimiter = ',')]
    pub witnesses: Vec<String>,
    /// The secrets.
    #[command(flatten)]
    pub keys: KeySettings,
}

impl Config {
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
        if self.profile == Profile::Production && self.database.unsafe_server {
            return Err("SENDIASS_UNSAFE_DATABASE is for throw-away databases of tests: production needs a server that keeps what it \
                        acknowledged."
                .to_owned());
        }
        let scheme = if self.profile == Profile::Production { "https://" } else { "http" };
        if !self.public_url.as_deref().is_none_or(|url| is_origin(url, scheme)) {
            return Err("SENDIASS_PUBLIC_URL must be an address such as `https://iass.example.org`, without a path.".to_owned());
        }
        if !self.cors_origins.iter().all(|origin| is_origin(origin, scheme)) {
            return Err("SENDIASS_CORS_ORIGINS must name origins such as `https://intranet.example.org`, without a path.".to_owned());
        }
        let fits = |text: &str| !text.trim().is_empty() && text.chars().count() <= 300;
        let texts = [Some(&self.service_name), self.service_contact.as_ref(), Some(&self.retention_source)];
        if !texts.into_iter().flatten().all(|text| fits(text)) {
            return Err(
                "SENDIASS_SERVICE_NAME, SENDIASS_SERVICE_CONTACT and SENDIASS_RETENTION_SOURCE must be 1 to 300 characters.".to_owned()
            );
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

/// Whether the parts of the address of a PostgreSQL database cannot be mistaken for one another. The library that takes it apart would quote
/// a part of the password in its complaint otherwise.
fn is_address(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (place, settings) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, name) = place.split_once('/').unwrap_or((place, ""));
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let host = |host: &str| {
        let (name, port) = host.rsplit_once(':').filter(|_| !host.ends_with(']')).unwrap_or((host, ""));
        port.bytes().all(|byte| byte.is_ascii_digit()) && is_encoded(name, b":[]")
    };
    let setting = |setting: &str| setting.split_once('=').is_some_and(|(name, value)| is_encoded(name, b"") && is_encoded(value, b"/:@,"));
    is_encoded(user, b":")
        && hosts.split(',').all(host)
        && is_encoded(name, b"")
        && (settings.is_empty() || settings.split('&').all(setting))
}

/// Whether there is nothing in it but letters, digits, `-._~`, these signs, and percent-encoded bytes other than 0.
fn is_encoded(text: &str, signs: &[u8]) -> bool {
    let mut parts = text.split('%');
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || signs.contains(&byte));
    let encoded = |part: &str| {
        let byte = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        byte.is_some_and(|byte| byte != "00") && part.get(2..).is_some_and(plain)
    };
    parts.next().is_none_or(plain) && parts.all(encoded)
}

#[cfg(test)]
mod tests {
    use super::{is_address, is_origin};

    #[test]
    fn an_address_is_taken_apart_in_one_way() {
        for good in [
            "postgres:///sendiass?host=/var/run/postgresql&user=sendiass_app&password=a%26b",
            "postgresql://sendiass_app:p%40ss%2Fword@db.example.org:5432/sendiass?sslmode=verify-full&sslrootcert=/run/secrets/ca.pem",
            "postgres://u:p@one:5432,two:5433/n?target_session_attrs=read-write",
            "postgres://u@[::1]:5432/n",
            "postgres://u@[::1]/n",
            "postgres://u:p:q@h/n",
            "postgres://",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "postgres://u:p@ss@h/n",
            "postgres://u:pa/ss@h/n",
            "postgres://u:12/ss@h/n",
            "postgres://u:pa?ss@h/n",
            "postgres://u:pa#ss@h/n",
            "postgres://u:pa%ss@h/n",
            "postgres://u:pa%00ss@h/n",
            "postgres://u:pa%5@h/n",
            "postgres://u:pass/n",
            "postgres://u:pass",
            "postgres://u:p ss@h/n",
            "postgres:///n?user=u&password=a&b",
            "postgres:///n?user=u&password=a=b",
            "postgres:///n?password=a%",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

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
