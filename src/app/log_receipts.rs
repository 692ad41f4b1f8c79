//! Receipts of the disclosure log (C3, C13), which whoever received something keeps, and thereby what the log was.

use super::checkpoints::Kept;
use super::log_proofs::OnLog;
use super::{App, Result};
use crate::authz::Permit;
use crate::db;
use crate::db::ledger::{self, checkpoints, proofs};
use crate::ledger::receipt::Receipt;

impl App {
    /// The receipt of one entry, in the log as it was last signed, which is now.
    pub async fn read_log_receipt<A: OnLog<Of: Kept>>(&self, permit: Permit<A>, index: i64) -> Result<Vec<u8>> {
        self.sign_now().await?;
        self.look(permit, move |tx, _| {
            let (size, note) = checkpoints::newest::<A::Of>(tx)?.ok_or(db::Error::NotFound)?;
            if index >= size {
                return Err(db::Error::NotFound.into());
            }
            let note = checkpoints::rows::<A::Of>(tx, vec![(size, note)])?.pop().ok_or(db::Error::NotFound)?.note;
            let body = ledger::find::<A::Of>(tx, index)?.body.get().as_bytes().to_vec();
            let proof = proofs::inclusion::<A::Of>(tx, index, size)?;
            let index = u64::try_from(index).map_err(|_| db::Error::NotFound)?;
            Ok(Receipt { body, index, proof, note: note.into_bytes() }.write())
        })
        .await
    }
}
