//! Proofs from the stored rows of a log. What is asked for lies within the log, or rows are missing.

use std::marker::PhantomData;

use super::{Log, Stored};
use crate::db::error::{Error, Result};
use crate::db::tx::Tx;
use crate::ledger::{Hash, proof};

fn natural(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::Corrupt("log index"))
}

/// The leaf of an entry.
pub fn leaf<L: Log>(tx: &mut Tx<'_>, index: i64) -> Result<Hash> {
    let (_, leaf) = L::leaves(tx.conn, vec![index])?.pop().ok_or(Error::Corrupt("log tree"))?;
    Hash::from_slice(&leaf).ok_or(Error::Corrupt("log hash"))
}

/// That an entry is in the tree of this size.
pub fn inclusion<L: Log>(tx: &mut Tx<'_>, index: i64, size: i64) -> Result<Vec<Hash>> {
    proof::inclusion(&mut Stored::<L>(tx, PhantomData), natural(index)?, natural(size)?)
}

/// That the tree of this size goes on from that of the old one.
pub fn consistency<L: Log>(tx: &mut Tx<'_>, old: i64, size: i64) -> Result<Vec<Hash>> {
    proof::consistency(&mut Stored::<L>(tx, PhantomData), natural(old)?, natural(size)?)
}

/// What lies beside a range of the tree of this size.
pub fn range<L: Log>(tx: &mut Tx<'_>, from: i64, to: i64, size: i64) -> Result<Vec<Hash>> {
    proof::range(&mut Stored::<L>(tx, PhantomData), natural(from)?, natural(to)?, natural(size)?)
}
