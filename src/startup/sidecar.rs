//! What was signed last, kept outside the database: a folder with one file for each log, which holds its newest checkpoint, or a table in a second
//! database. Whoever puts back an older database does not put this back with it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app::checkpoints::{Sidecar, Unsigned};
use crate::config::{DatabaseSettings, Kept as Named, Profile, SidecarSettings};
use crate::db::conn::{Demands, Place, Unfit};
use crate::db::sidecar::{NoSidecar, SidecarRow};
use crate::keys::SecretText;

/// Where what was signed last for this log is kept; the folder or the table is made where there is none.
pub(super) fn made(settings: &SidecarSettings, database: &DatabaseSettings, profile: Profile, log: &'static str) -> Sure<Arc<dyn Sidecar>> {
    match settings.named(&database.data_dir)? {
        Named::Folder(folder) => {
            let file = SidecarFile::new(&folder, log).map_err(|error| Unsigned::Sidecar(error).to_string())?;
            Ok(Arc::new(file))
        }
        Named::Server(url) => row(&url, database, profile, log),
    }
}

/// The same, for whoever only looks.
pub(crate) fn there(
    settings: &SidecarSettings,
    database: &DatabaseSettings,
    profile: Profile,
    log: &'static str,
) -> Sure<Arc<dyn Sidecar>> {
    match settings.named(&database.data_dir)? {
        Named::Folder(folder) => Ok(Arc::new(SidecarFile::there(&folder, log))),
        Named::Server(url) => row(&url, database, profile, log),
    }
}

type Sure<T> = std::result::Result<T, String>;

fn row(url: &SecretText, database: &DatabaseSettings, profile: Profile, log: &'static str) -> Sure<Arc<dyn Sidecar>> {
    let demands = Demands { encrypted: profile == Profile::Production, unsafe_server: database.unsafe_server };
    let row = SidecarRow::open(Place::Server(url.expose().to_owned()), demands, log).map_err(|fault| match fault {
        NoSidecar::Unfit(Unfit::Unreachable(why)) => {
            format!("The database in SENDIASS_LOG_SIDECAR_URL cannot be reached ({}).", why.trim_end_matches('.'))
        }
        NoSidecar::Unfit(_) => {
            "The database in SENDIASS_LOG_SIDECAR_URL is not safe: it must keep what it acknowledged, and in production be on this machine or \
             reached with `sslmode=verify-full`."
                .to_owned()
        }
        NoSidecar::Same => {
            "The database in SENDIASS_LOG_SIDECAR_URL is one of this service: name another, which is backed up apart.".to_owned()
        }
        NoSidecar::NoTable => {
            "The database in SENDIASS_LOG_SIDECAR_URL has no table `log_sidecar`, and this role may not make it (docs/production.md).".to_owned()
        }
    })?;
    Ok(Arc::new(Row(row)))
}

/// A row of a table in a second database.
#[derive(Debug)]
struct Row(SidecarRow);

impl Sidecar for Row {
    fn read(&self) -> Result<Option<Vec<u8>>> {
        self.0.read().map_err(|_| silent())
    }

    fn replace(&self, old: Option<&[u8]>, new: &[u8]) -> Result<bool> {
        self.0.replace(old, new).map_err(|_| silent())
    }
}

/// What a server said could quote a value.
fn silent() -> std::io::Error {
    std::io::Error::other("the second database does not answer as it should")
}

/// A file that is replaced by whoever knows what it holds.
#[derive(Debug)]
pub(crate) struct SidecarFile(PathBuf);

impl SidecarFile {
    /// The file of this log. The folder is made, for its owner alone, where there is none.
    pub(super) fn new(folder: &Path, name: &'static str) -> Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self::there(folder, name))
    }

    /// The file of this log, for whoever only looks.
    pub(crate) fn there(folder: &Path, name: &'static str) -> Self {
        Self::at(folder.join(format!("{name}.checkpoint")))
    }

    /// The file at this path, in a folder that is there. Beside it are files with the endings `lock` and `draft`.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(path)
    }
}

impl Sidecar for SidecarFile {
    fn read(&self) -> Result<Option<Vec<u8>>> {
        match fs::read(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    fn replace(&self, old: Option<&[u8]>, new: &[u8]) -> Result<bool> {
        let private = |path: &Path| OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        // Held until it is done: of two processes the second sees what the first wrote.
        let lock = private(&self.0.with_extension("lock"))?;
        lock.lock()?;
        if self.read()?.as_deref() != old {
            return Ok(false);
        }
        let draft = self.0.with_extension("draft");
        let mut file = private(&draft)?;
        file.write_all(new)?;
        file.sync_all()?;
        fs::rename(&draft, &self.0)?;
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_by_whoever_knows_what_it_held() {
        let folder = tempfile::tempdir().unwrap();
        let file = SidecarFile::new(&folder.path().join("kept"), "access").unwrap();
        assert_eq!(file.read().unwrap(), None);
        assert!(!file.replace(Some(b"old"), b"new").unwrap());
        assert!(file.replace(None, b"one").unwrap() && !file.replace(None, b"two").unwrap());
        assert_eq!(file.read().unwrap().as_deref(), Some(&b"one"[..]));
        assert!(!file.replace(Some(b"other"), b"two").unwrap() && file.replace(Some(b"one"), b"two").unwrap());
        assert_eq!(fs::read(folder.path().join("kept/access.checkpoint")).unwrap(), b"two");
    }

    #[test]
    fn t40_what_a_kill_left_of_a_draft_is_nothing_and_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = (folder.path().join("access.checkpoint"), SidecarFile::there(folder.path(), "access"));
        let beside = |ending: &str| path.with_extension(ending);
        // Before the first was kept, and between two: in the middle of the draft, and when it was whole and not renamed yet.
        let mut held: Option<&[u8]> = None;
        for (draft, next) in [(&b"on"[..], &b"one"[..]), (b"two, and longer than what comes", b"two"), (b"three", b"three")] {
            fs::write(beside("lock"), b"").unwrap();
            fs::write(beside("draft"), draft).unwrap();
            assert_eq!(file.read().unwrap().as_deref(), held);
            assert!(file.replace(held, next).unwrap());
            assert_eq!((file.read().unwrap().as_deref(), beside("draft").exists()), (Some(next), false));
            held = Some(next);
        }
    }

    #[test]
    fn of_many_who_replace_at_once_each_sees_what_the_one_before_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let count = |file: &SidecarFile| file.read().unwrap().map_or(0, |held| held.len());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let file = SidecarFile::new(folder.path(), "access").unwrap();
                    let mut done = 0;
                    while done < 25 {
                        let held = file.read().unwrap();
                        let longer = [held.as_deref().unwrap_or_default(), b"x"].concat();
                        done += usize::from(file.replace(held.as_deref(), &longer).unwrap());
                    }
                });
            }
        });
        assert_eq!(count(&SidecarFile::new(folder.path(), "access").unwrap()), 100);
    }
}
