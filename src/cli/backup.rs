//! `sendiass backup`: a copy of the embedded database, taken while the service runs.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{DatabaseSettings, Named};
use crate::db::conn::{Conn, Demands, Place};

/// Copy the embedded database into a new file while the service runs. PostgreSQL has tools of its own for this.
#[derive(Args, Debug)]
pub struct Backup {
    /// The file to write. It must not exist yet; its owner alone may read it.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Backup {
    pub(super) fn run(&self) -> Result<(), String> {
        let Named::File(from) = self.database.named()? else {
            return Err("PostgreSQL is backed up with its own tools, such as `pg_dump`: docs/production.md shows how.".to_owned());
        };
        // To open what is not there would make it.
        if !from.is_file() {
            return Err(format!("There is no database {}.", from.display()));
        }
        private(&self.to).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => format!("The file {} exists: a backup is never overwritten.", self.to.display()),
            _ => self.unwritten(&error),
        })?;
        // The name is taken; what it stands for appears whole.
        let draft = self.to.with_added_extension("draft");
        let done = self.copy(&from, &draft).and_then(|()| self.place(&draft).map_err(|error| self.unwritten(&error)));
        if done.is_err() {
            // As far as they are there.
            drop(fs::remove_file(&draft));
            drop(fs::remove_file(&self.to));
        }
        done?;
        eprintln!("Copied the database {} to {}.", from.display(), self.to.display());
        Ok(())
    }

    fn copy(&self, from: &Path, draft: &Path) -> Result<(), String> {
        private(draft).map_err(|error| self.unwritten(&error))?;
        let failed = |_| format!("The database {} cannot be copied: is it one of this service, and the disk not full?", from.display());
        let mut source = open(from).map_err(failed)?;
        let standing = source.standing().map_err(failed)?;
        source.copy_into(&draft.display().to_string()).map_err(failed)?;
        let mut copy = open(draft).map_err(failed)?;
        if !standing.is_begun() || copy.standing().map_err(failed)? != standing {
            return Err(format!("The database {} is not one of this service.", from.display()));
        }
        match copy.is_sound() {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(format!("The database {} is damaged: go back to an earlier backup.", from.display())),
        }
    }

    fn place(&self, draft: &Path) -> std::io::Result<()> {
        File::open(draft)?.sync_all()?;
        fs::rename(draft, &self.to)?;
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }

    fn unwritten(&self, error: &std::io::Error) -> String {
        format!("The file {} cannot be written: {error}.", self.to.display())
    }
}

fn open(path: &Path) -> crate::db::Result<Conn> {
    Ok(Place::File(path.to_owned()).connect(Demands::default())?)
}

/// A new file, for its owner alone.
fn private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
