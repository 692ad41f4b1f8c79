//! Proofs about the logs, for those who keep roots of them (C3, C13). Reading one is in the access log like every look at a log.

use super::{App, Error, Result};
use crate::authz::{Act, Permit, act};
use crate::db::Tx;
use crate::db::ledger::{self, Accesses, Disclosures, Log, proofs};
use crate::domain::log_proof::{ConsistencyProof, HashText, InclusionProof, RangeProof};
use crate::ledger::Hash;

/// An act upon one of the logs, which it chooses.
pub trait OnLog: Act {
    /// That log.
    type Of: Log;
}

impl OnLog for act::DisclosureLogProve {
    type Of = Disclosures;
}

impl OnLog for act::AccessLogProve {
    type Of = Accesses;
}

impl OnLog for act::DisclosureLogExport {
    type Of = Disclosures;
}

impl OnLog for act::AccessLogExport {
    type Of = Accesses;
}

impl OnLog for act::DisclosureLogCosign {
    type Of = Disclosures;
}

impl OnLog for act::AccessLogCosign {
    type Of = Accesses;
}

fn text(hash: Hash) -> HashText {
    HashText(hash.base64())
}

fn texts(hashes: Vec<Hash>) -> Vec<HashText> {
    hashes.into_iter().map(text).collect()
}

/// The size that was named, if the log has it, or the one it has now.
fn sized<L: Log>(tx: &mut Tx<'_>, name: &'static str, asked: Option<i64>) -> Result<i64> {
    let now = ledger::size::<L>(tx)?;
    let size = asked.unwrap_or(now);
    if size > now { Err(Error::OutsideTree(name)) } else { Ok(size) }
}

/// That an entry is in the log of this size.
pub(super) fn included<L: Log>(tx: &mut Tx<'_>, index: i64, size: i64) -> Result<InclusionProof> {
    if index >= size {
        return Err(Error::OutsideTree("index"));
    }
    Ok(InclusionProof {
        index,
        leaf_hash: text(proofs::leaf::<L>(tx, index)?),
        tree_size: size,
        root_hash: text(ledger::root::<L>(tx, size)?),
        hashes: texts(proofs::inclusion::<L>(tx, index, size)?),
    })
}

impl App {
    /// That an entry is in the log as it was at this size, or as it is now.
    pub async fn prove_inclusion<A: OnLog>(&self, permit: Permit<A>, index: i64, size: Option<i64>) -> Result<InclusionProof> {
        self.look(permit, move |tx, _| {
            let size = sized::<A::Of>(tx, "size", size)?;
            included::<A::Of>(tx, index, size)
        })
        .await
    }

    /// That the log was only added to from this size on, until that one or now.
    pub async fn prove_consistency<A: OnLog>(&self, permit: Permit<A>, from: i64, to: Option<i64>) -> Result<ConsistencyProof> {
        self.look(permit, move |tx, _| {
            let to = sized::<A::Of>(tx, "toSize", to)?;
            if from > to {
                return Err(Error::OutsideTree("fromSize"));
            }
            Ok(ConsistencyProof {
                from_size: from,
                from_root_hash: text(ledger::root::<A::Of>(tx, from)?),
                to_size: to,
                to_root_hash: text(ledger::root::<A::Of>(tx, to)?),
                hashes: texts(proofs::consistency::<A::Of>(tx, from, to)?),
            })
        })
        .await
    }

    /// What lies beside a range of the log as it was at this size, or as it is now.
    pub async fn prove_range<A: OnLog>(&self, permit: Permit<A>, from: i64, to: i64, size: Option<i64>) -> Result<RangeProof> {
        self.look(permit, move |tx, _| {
            let size = sized::<A::Of>(tx, "size", size)?;
            if to > size {
                return Err(Error::OutsideTree("indexTo"));
            }
            if from > to {
                return Err(Error::OutsideTree("indexFrom"));
            }
            Ok(RangeProof {
                index_from: from,
                index_to: to,
                tree_size: size,
                root_hash: text(ledger::root::<A::Of>(tx, size)?),
                hashes: texts(proofs::range::<A::Of>(tx, from, to, size)?),
            })
        })
        .await
    }
}
