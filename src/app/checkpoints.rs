//! Checkpoints of the logs: signed by the key of the deployment, only of a log that goes on from what was signed before, and kept outside the
//! database first (C13).
//!
//! The order is: the entries are committed, the checkpoint goes to the sidecar, then to the database, and only from there to anybody. Whatever is
//! interrupted is made up for the next time. A log that is shorter than the sidecar says, or another one, was put back or changed: nothing is added
//! to it any more, until `sendiass log recover` lets it go on under another name.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::log_keys::{LogKeys, entries};
use super::log_proofs::OnLog;
use super::{App, Error, Result};
use crate::authz::Permit;
use crate::db::ledger::checkpoints::{self, Standing};
use crate::db::ledger::{self, Accesses, Disclosures, Log};
use crate::db::staff::SERVICE;
use crate::db::{self, staff};
use crate::domain::log_proof::CheckpointRow;
use crate::domain::page::{Page, PageRequest};
use crate::domain::vocabulary::{AccessLogKind, DisclosureLogKind};
use crate::ledger::{AccessEntry, Checkpoint, DisclosureEntry, Genesis, PublicKey, Signer, note};

/// So often somebody else may be quicker while one checkpoint is signed. Each time the log was signed, so that this is a sidecar which never agrees.
const OVERTAKEN: usize = 20;

/// What was signed last, kept outside the database.
pub trait Sidecar: Debug + Send + Sync {
    /// What it holds.
    fn read(&self) -> io::Result<Option<Vec<u8>>>;
    /// Replaces what it holds, on disk when this returns; false, if that is not `old` any more.
    fn replace(&self, old: Option<&[u8]>, new: &[u8]) -> io::Result<bool>;
}

/// Signs for one log, one checkpoint at a time.
#[derive(Debug)]
pub struct Keeper {
    signer: Signer,
    /// The key before, while both sign.
    beside: Vec<Signer>,
    sidecar: Arc<dyn Sidecar>,
    alone: Mutex<()>,
}

/// What signs, and what a missing sidecar means.
#[derive(Debug)]
pub struct Keepers {
    disclosures: Keeper,
    accesses: Keeper,
    /// Where there is no sidecar although something was signed, the database is believed: outside production only.
    adopting: bool,
}

/// A log that somebody signs for.
pub trait Kept: Log {
    /// How it is called in its origin, and in the names of files.
    const NAME: &'static str;
    /// Who signs for it.
    fn keeper(all: &Keepers) -> &Keeper;
}

impl Kept for Disclosures {
    const NAME: &'static str = "disclosure";

    fn keeper(all: &Keepers) -> &Keeper {
        &all.disclosures
    }
}

impl Kept for Accesses {
    const NAME: &'static str = "access";

    fn keeper(all: &Keepers) -> &Keeper {
        &all.accesses
    }
}

/// Why nothing was signed.
#[derive(Debug)]
pub enum Unsigned {
    /// The log is shorter than what was signed for it, or another one.
    Forked(&'static str),
    /// Something was signed for the log, and the sidecar that should say so is gone.
    Missing(&'static str),
    /// The sidecar cannot be read or written.
    Sidecar(io::Error),
    /// The database.
    Db(db::Error),
}

impl Unsigned {
    /// Whether nothing may be added to the logs any more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Forked(_) | Self::Missing(_))
    }
}

impl std::fmt::Display for Unsigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forked(log) => write!(
                f,
                "The {log} log is not the one that was signed last: the database was put back or changed, and nothing is answered until \
                 `sendiass log recover` lets the log go on under another name."
            ),
            Self::Missing(log) => write!(
                f,
                "The last checkpoint of the {log} log is not kept outside the database any more (SENDIASS_LOG_SIDECAR): put it back, or nothing is answered until \
                 `sendiass log recover` lets the log go on under another name."
            ),
            Self::Sidecar(error) => write!(f, "What is kept outside the database (SENDIASS_LOG_SIDECAR) cannot be used: {error}."),
            Self::Db(_) => f.write_str("The database cannot be read or written: is the disk full, or another process busy with it?"),
        }
    }
}

impl From<db::Error> for Unsigned {
    fn from(error: db::Error) -> Self {
        Self::Db(error)
    }
}

type Signed<T> = std::result::Result<T, Unsigned>;

/// What the sidecar of a log holds, and what that says.
struct Held {
    note: Option<Vec<u8>>,
    checkpoint: Option<Checkpoint>,
}

impl Keeper {
    /// What its signatures are known by.
    pub(super) fn publics(&self) -> Vec<PublicKey> {
        std::iter::once(&self.signer).chain(&self.beside).map(|signer| signer.public().clone()).collect()
    }

    async fn held<L: Kept>(&self) -> Signed<Held> {
        let sidecar = self.sidecar.clone();
        let note = off_the_thread(move || sidecar.read()).await?;
        let open = |note: &Vec<u8>| note::open(note, &self.publics()).map_err(|_| Unsigned::Forked(L::NAME));
        Ok(Held { checkpoint: note.as_ref().map(open).transpose()?, note })
    }

    async fn replace(&self, old: Option<Vec<u8>>, new: &str) -> Signed<bool> {
        let (sidecar, new) = (self.sidecar.clone(), new.as_bytes().to_vec());
        off_the_thread(move || sidecar.replace(old.as_deref(), &new)).await
    }
}

async fn off_the_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Signed<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(io::Error::other("it was interrupted"))).map_err(Unsigned::Sidecar)
}

impl App {
    /// The service with keys to sign its logs. Their names are those of the newest checkpoints, or, before the first, those they were opened with.
    pub async fn keeping(
        mut self,
        keys: &LogKeys,
        disclosures: Arc<dyn Sidecar>,
        accesses: Arc<dyn Sidecar>,
        adopting: bool,
    ) -> std::result::Result<Self, db::Error> {
        let disclosures = self.keeper::<Disclosures>(keys, disclosures).await?;
        let accesses = self.keeper::<Accesses>(keys, accesses).await?;
        self.keepers = Some(Arc::new(Keepers { disclosures, accesses, adopting }));
        Ok(self)
    }

    async fn keeper<L: Kept>(&self, keys: &LogKeys, sidecar: Arc<dyn Sidecar>) -> db::Result<Keeper> {
        let of = keys.clone();
        let origin = self.db.read(move |tx| of.origin::<L>(tx)).await?;
        let mut signers = keys.signers(&origin).into_iter();
        let signer = signers.next().ok_or(db::Error::NotFound)?;
        Ok(Keeper { signer, beside: signers.collect(), sidecar, alone: Mutex::default() })
    }

    fn keepers(&self) -> Signed<&Keepers> {
        self.keepers.as_deref().ok_or(Unsigned::Db(db::Error::Unavailable))
    }

    /// Signs both logs as they are now. If one is not what was signed before, nothing is added to either any more.
    pub async fn sign_logs(&self) -> Signed<()> {
        let signed = match self.sign::<Disclosures>().await {
            Ok(()) => self.sign::<Accesses>().await,
            failed => failed,
        };
        if signed.as_ref().is_err_and(Unsigned::is_final) {
            self.db.close_logs(true);
        }
        signed
    }

    /// Signs the log as it is, and stores what was signed, by this copy or another one: when this returns, all that was logged before is signed, and
    /// the checkpoint that says so is stored.
    async fn sign<L: Kept>(&self) -> Signed<()> {
        for _ in 0..OVERTAKEN {
            if self.sign_unless_overtaken::<L>().await? {
                return Ok(());
            }
        }
        Err(Unsigned::Sidecar(io::Error::other("others keep changing it")))
    }

    /// False: somebody else signed meanwhile. What they signed is in the sidecar, and maybe not stored yet.
    async fn sign_unless_overtaken<L: Kept>(&self) -> Signed<bool> {
        let all = self.keepers()?;
        let keeper = L::keeper(all);
        let _alone = keeper.alone.lock().await;
        let Held { note: held, checkpoint } = keeper.held::<L>().await?;
        let (publics, adopting, before) = (keeper.publics(), all.adopting, checkpoint.clone());
        let read = move |tx: &mut db::Tx<'_>| {
            let newest = checkpoints::newest::<L>(tx)?;
            let before = match (before, &newest) {
                (None, Some(_)) if !adopting => return Err(Unsigned::Missing(L::NAME)),
                (None, Some((_, stored))) => Some(note::open(stored.as_bytes(), &publics).map_err(|_| Unsigned::Forked(L::NAME))?),
                (before, _) => before,
            };
            let standing = checkpoints::standing::<L>(tx, before.map(|before| (before.size, before.root)))?;
            Ok::<_, Unsigned>((standing, newest.map_or(0, |(size, _)| size)))
        };
        let (standing, stored) = self.db.read(read).await?;
        let Standing::Continues(size, root) = standing else { return Err(Unsigned::Forked(L::NAME)) };
        let count = u64::try_from(size).unwrap_or_default();
        // What was interrupted after it was kept outside is made up for.
        let held_size = checkpoint.and_then(|held| i64::try_from(held.size).ok()).unwrap_or_default();
        if let Some(held) = held.as_deref().and_then(|held| std::str::from_utf8(held).ok()).filter(|_| held_size > stored) {
            self.store::<L>(held_size, held.to_owned()).await?;
        }
        if count == 0 || size == held_size {
            return Ok(true);
        }
        let signed = keeper.signer.sign_beside(&keeper.beside, count, root);
        let kept = keeper.replace(held, &signed).await?;
        if kept {
            self.store::<L>(size, signed).await?;
        }
        Ok(kept)
    }

    async fn store<L: Log>(&self, size: i64, note: String) -> Signed<()> {
        self.db.write(move |tx| Ok::<_, Unsigned>(checkpoints::store::<L>(tx, size, &note)?)).await.map(drop)
    }

    /// Signs both logs for somebody who waits for it, with all that was logged before.
    pub(super) async fn sign_now(&self) -> Result<()> {
        self.db.settle().await;
        self.sign_logs().await.map_err(|unsigned| {
            tracing::error!(cause = %unsigned, "no checkpoint was signed");
            Error::Db(db::Error::Unavailable)
        })
    }

    /// The newest checkpoint, of the log as it was when it was asked for.
    pub async fn read_checkpoint<A: OnLog<Of: Kept>>(&self, permit: Permit<A>) -> Result<String> {
        self.sign_now().await?;
        self.look(permit, |tx, _| {
            let newest = checkpoints::newest::<A::Of>(tx)?.ok_or(db::Error::NotFound)?;
            Ok(checkpoints::rows::<A::Of>(tx, vec![newest])?.pop().ok_or(db::Error::NotFound)?.note)
        })
        .await
    }

    /// The checkpoints that were signed, the newest first.
    pub async fn list_checkpoints<A: OnLog>(&self, permit: Permit<A>, page: PageRequest) -> Result<Page<CheckpointRow>> {
        self.look(permit, move |tx, permit| Ok(checkpoints::list::<A::Of>(tx, permit, &page)?)).await
    }

    /// Lets those logs go on under other names that are not what was signed last, and says which and how they are called now. Their next entries
    /// cite the checkpoints that they do not go on from. Nothing else may run on the database.
    pub async fn recover_logs(&self, keys: &LogKeys) -> Signed<Vec<String>> {
        let all = self.keepers()?;
        let mut recovered = Vec::new();
        self.db.close_logs(false);
        if self.sign::<Disclosures>().await.is_err_and(|unsigned| unsigned.is_final()) {
            recovered.push(self.recover::<Disclosures>(keys, &all.disclosures).await?);
        }
        if self.sign::<Accesses>().await.is_err_and(|unsigned| unsigned.is_final()) {
            recovered.push(self.recover::<Accesses>(keys, &all.accesses).await?);
        }
        Ok(recovered)
    }

    async fn recover<L: Kept>(&self, keys: &LogKeys, keeper: &Keeper) -> Signed<String> {
        let sidecar = keeper.sidecar.clone();
        let held = off_the_thread(move || sidecar.read()).await?;
        let now = self.clock.now();
        let origin = origin::<L>(uuid::Uuid::now_v7());
        let signer = Signer::new(&keys.now, &origin);
        let key = signer.public().id();
        let (keys, kept) = (keys.clone(), held.clone());
        let named = origin.clone();
        let append = move |tx: &mut db::Tx<'_>| {
            let newest = checkpoints::newest::<L>(tx)?.map(|(_, note)| note.into_bytes());
            // Whoever signed it was one of these keys, under whatever name.
            let ours = |note: &Vec<u8>| note::open(note, &keys.publics(&note::claimed_origin(note)?)).ok();
            let follows = kept.as_ref().or(newest.as_ref()).and_then(ours);
            let deployment = checkpoints::deployment(tx)?.ok_or(db::Error::NotFound)?;
            let genesis = Some(Genesis { origin: named, deployment, key, follows });
            let (disclosures, access) = entries(DisclosureLogKind::LogRecovered, AccessLogKind::LogRecovered, staff::service(tx)?);
            if L::NAME == Disclosures::NAME {
                ledger::note_disclosures(tx, DisclosureEntry { genesis, ..disclosures }, now);
            } else {
                ledger::note_accesses(tx, AccessEntry { genesis, ..access }, now);
            }
            Ok::<_, Unsigned>(())
        };
        self.db.write(append).await?;
        let (size, root) = match self.db.read(|tx| checkpoints::standing::<L>(tx, None)).await? {
            Standing::Continues(size, root) => (size, root),
            Standing::Forked => return Err(Unsigned::Forked(L::NAME)),
        };
        let note = signer.sign(u64::try_from(size).unwrap_or_default(), root);
        if keeper.replace(held, &note).await? {
            self.store::<L>(size, note).await?;
        }
        Ok(origin)
    }
}

/// The name of a log.
pub(super) fn origin<L: Kept>(of: uuid::Uuid) -> String {
    format!("{SERVICE}/{}/{of}", L::NAME)
}

#[cfg(test)]
mod tests;
