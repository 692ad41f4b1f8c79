//! The logs checked by the service itself (C3, C13), as far as one can believe whoever keeps a thing about that thing.

use super::checkpoints::Kept;
use super::log_proofs::OnLog;
use super::{App, Error, Result};
use crate::authz::Permit;
use crate::db::ledger::recheck::{self, Checked, Findings};
use crate::db::ledger::{self, Log};
use crate::domain::fault::Fault;
use crate::domain::log_proof::HashText;
use crate::domain::log_verification::{CAUTION, LogVerification};

/// So many entries are checked in one request.
pub const MOST: i64 = 5000;
/// So many findings are told.
const TOLD: usize = 100;

impl App {
    /// What is found when the rows of these entries are checked again.
    pub async fn verify_log<A: OnLog<Of: Kept + Checked>>(&self, permit: Permit<A>, from: i64, to: i64) -> Result<LogVerification> {
        let publics = self.keepers.as_deref().map(|all| <A::Of as Kept>::keeper(all).publics()).unwrap_or_default();
        self.look(permit, move |tx, _| {
            let size = ledger::size::<A::Of>(tx)?;
            if from > to {
                return Err(Error::OutsideTree("indexFrom"));
            }
            if to - from > MOST {
                return Err(Error::Parameters(vec![Fault::new(
                    "indexTo",
                    "out_of_range",
                    "At most 5,000 entries are checked in one request.",
                )]));
            }
            if to > size {
                return Err(Error::OutsideTree("indexTo"));
            }
            let mut found = Findings::default();
            let keys = |_: &str| publics.clone();
            let checkpoint_size = recheck::part::<A::Of>(tx, from, to, size, &keys, &mut found)?;
            let sound = found.0.is_empty();
            found.0.truncate(TOLD);
            let root = root::<A::Of>(tx, size)?;
            Ok(LogVerification {
                index_from: from,
                index_to: to,
                tree_size: size,
                root_hash: root,
                checkpoint_size,
                sound,
                findings: found.0,
                caution: CAUTION,
            })
        })
        .await
    }
}

fn root<L: Log>(tx: &mut crate::db::Tx<'_>, size: i64) -> Result<HashText> {
    // A tree with missing rows has no root, and is a finding, not a failure.
    match ledger::root::<L>(tx, size) {
        Ok(root) => Ok(HashText(root.base64())),
        Err(crate::db::Error::Corrupt("log tree" | "log hash")) => Ok(HashText(crate::ledger::Hash([0; 32]).base64())),
        Err(error) => Err(error.into()),
    }
}
