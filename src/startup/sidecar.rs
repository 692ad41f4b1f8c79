//! What was signed last, kept outside the database: a folder with one file for each log, which holds its newest checkpoint. Whoever puts back an
//! older database does not put this back with it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::app::checkpoints::Sidecar;

/// The files of one log.
#[derive(Debug)]
pub(crate) struct SidecarFile {
    folder: PathBuf,
    name: &'static str,
}

impl SidecarFile {
    /// The file of this log. The folder is made, for its owner alone, where there is none.
    pub(super) fn new(folder: &Path, name: &'static str) -> Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self::there(folder, name))
    }

    /// The file of this log, for whoever only looks.
    pub(crate) fn there(folder: &Path, name: &'static str) -> Self {
        Self { folder: folder.to_owned(), name }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.checkpoint", self.name))
    }
}

impl Sidecar for SidecarFile {
    fn read(&self) -> Result<Option<Vec<u8>>> {
        match fs::read(self.path()) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    fn replace(&self, old: Option<&[u8]>, new: &[u8]) -> Result<bool> {
        let private = |path: &Path| OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        // Held until it is done: of two processes the second sees what the first wrote.
        let lock = private(&self.folder.join(format!("{}.lock", self.name)))?;
        lock.lock()?;
        if self.read()?.as_deref() != old {
            return Ok(false);
        }
        let draft = self.folder.join(format!("{}.draft", self.name));
        let mut file = private(&draft)?;
        file.write_all(new)?;
        file.sync_all()?;
        fs::rename(&draft, self.path())?;
        File::open(&self.folder)?.sync_all()?;
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
