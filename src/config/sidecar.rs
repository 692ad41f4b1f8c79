//! Where what was signed last is kept, outside the database.

use std::path::{Path, PathBuf};

use clap::Args;

use super::is_address;
use crate::keys::SecretText;

/// Where what was signed last is kept, outside the database.
#[derive(Args, Clone, Debug)]
pub struct SidecarSettings {
    /// A folder for the last signed checkpoints, outside the database and its backups: by default `checkpoints` in the data directory.
    #[arg(id = "log-sidecar", long = "log-sidecar", env = "SENDIASS_LOG_SIDECAR", value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// A second database for them instead, which copies on several hosts share: `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(id = "log-sidecar-url", long = "log-sidecar-url", env = "SENDIASS_LOG_SIDECAR_URL", hide_env_values = true)]
    pub url: Option<SecretText>,
    /// A file of mode 0600 with the address of that database, instead.
    #[arg(id = "log-sidecar-url-file", long = "log-sidecar-url-file", env = "SENDIASS_LOG_SIDECAR_URL_FILE")]
    pub url_file: Option<PathBuf>,
}

/// Where what was signed last is kept.
#[derive(Clone, Debug)]
pub enum Kept {
    /// In a folder.
    Folder(PathBuf),
    /// In a second database.
    Server(SecretText),
}

impl SidecarSettings {
    /// Where that is, or one sentence on what is wrong.
    pub fn named(&self, data_dir: &Path) -> Result<Kept, String> {
        let url = match (&self.url, &self.url_file, &self.folder) {
            (None, None, folder) => return Ok(Kept::Folder(folder.clone().unwrap_or_else(|| data_dir.join("checkpoints")))),
            (Some(url), None, None) => url.clone(),
            (None, Some(file), None) => SecretText::read(file).map_err(|fault| fault.to_string())?,
            _ => return Err("Give one of SENDIASS_LOG_SIDECAR, SENDIASS_LOG_SIDECAR_URL and SENDIASS_LOG_SIDECAR_URL_FILE.".to_owned()),
        };
        let is_server = url.expose().starts_with("postgres://") || url.expose().starts_with("postgresql://");
        if is_server && is_address(url.expose()) {
            Ok(Kept::Server(url))
        } else {
            Err("SENDIASS_LOG_SIDECAR_URL must be `postgres://USER:PASSWORD@HOST:PORT/NAME?SETTING=VALUE&…`, written as SENDIASS_DATABASE_URL is.".to_owned())
        }
    }
}
