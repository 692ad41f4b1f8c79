//! What witnesses say of the checkpoints of a log (C13): kept if it is by a witness that the deployment knows, and served with the checkpoint.

use chrono::TimeDelta;

use super::checkpoints::Kept;
use super::log_proofs::OnLog;
use super::{App, Error, Result};
use crate::authz::Permit;
use crate::clock::Clock;
use crate::db::ledger::checkpoints;
use crate::domain::log_proof::{CheckpointRow, NewCosignature};
use crate::ledger::witness::{Line, whose};

/// So far the clock of a witness may be ahead.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

impl App {
    /// Keeps what a witness says of a checkpoint; said again, it is what was said first.
    pub async fn cosign<A: OnLog<Of: Kept>>(&self, permit: Permit<A>, said: NewCosignature) -> Result<CheckpointRow> {
        let witnesses = self.settings.witnesses.clone();
        let latest = (Clock::real().utc() + AHEAD).timestamp();
        self.change(permit, move |tx, _| {
            let found = checkpoints::of_size::<A::Of>(tx, said.size)?;
            let note = found.ok_or_else(|| Error::rule("#/size", "no_checkpoint", "No checkpoint of this size was signed."))?;
            let (place, time) = match whose(note.as_bytes(), &said.line, &witnesses) {
                Line::By(place, time) => (place, time),
                Line::Unknown => return Err(Error::rule("#/line", "unknown_witness", "The witness is none that this service knows.")),
                Line::Forged => return Err(Error::rule("#/line", "not_cosigned", "The line is no cosignature of this checkpoint.")),
            };
            if i64::try_from(time).map_or(true, |time| time > latest) {
                return Err(Error::rule("#/line", "in_the_future", "The time of the cosignature has not come."));
            }
            let witness = witnesses.get(place).map(|witness| witness.name().to_owned()).unwrap_or_default();
            checkpoints::cosign::<A::Of>(tx, said.size, &witness, &format!("{}\n", said.line))?;
            Ok(checkpoints::rows::<A::Of>(tx, vec![(said.size, note)])?.pop().ok_or(crate::db::Error::NotFound)?)
        })
        .await
    }
}
