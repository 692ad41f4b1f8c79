//! The signed checkpoints of a log, and what is checked before one is signed.

use std::marker::PhantomData;

use diesel::prelude::*;

use super::{Log, Stored, proofs, size};
use crate::authz::{Act, Permit};
use crate::db::error::{Error, Result};
use crate::db::schema::deployment;
use crate::db::stored::AnyId;
use crate::db::total;
use crate::db::tx::Tx;
use crate::domain::log_proof::{CheckpointRow, HashText};
use crate::domain::page::{After, Page, PageRequest};
use crate::ledger::{Hash, merkle, verify};

/// How a log stands beside a checkpoint that was signed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It goes on from there; its size and root now.
    Continues(i64, Hash),
    /// It is shorter, or another one: it was put back, or changed.
    Forked,
}

/// How a log stands beside the size and root that were signed for it. Rows that are missing make it another log.
pub fn standing<L: Log>(tx: &mut Tx<'_>, signed: Option<(u64, Hash)>) -> Result<Standing> {
    let now = size::<L>(tx)?;
    let count = u64::try_from(now).map_err(|_| Error::Corrupt("log index"))?;
    let mut found = || -> Result<Standing> {
        let root = merkle::root(&mut Stored::<L>(tx, PhantomData), count)?;
        let Some((old, old_root)) = signed else { return Ok(Standing::Continues(now, root)) };
        let Some(before) = i64::try_from(old).ok().filter(|old| *old <= now) else { return Ok(Standing::Forked) };
        let proof = proofs::consistency::<L>(tx, before, now)?;
        let continues = verify::continues(old, old_root, count, root, &proof);
        Ok(if continues { Standing::Continues(now, root) } else { Standing::Forked })
    };
    match found() {
        Err(Error::Corrupt("log tree" | "log hash")) => Ok(Standing::Forked),
        standing => standing,
    }
}

/// The newest checkpoint that is stored.
pub fn newest<L: Log>(tx: &mut Tx<'_>) -> Result<Option<(i64, String)>> {
    Ok(L::newest_checkpoint(tx.conn)?)
}

/// Stores a checkpoint, unless one of this size or a larger one is there.
pub fn store<L: Log>(tx: &mut Tx<'_>, size: i64, note: &str) -> Result<()> {
    // A statement of its own: the next one must see what the holder before committed.
    tx.conn.lock(L::END)?;
    if newest::<L>(tx)?.is_none_or(|(stored, _)| stored < size) {
        L::add_checkpoint(tx.conn, size, note)?;
    }
    Ok(())
}

/// The checkpoint of this size, if one was signed.
pub fn of_size<L: Log>(tx: &mut Tx<'_>, size: i64) -> Result<Option<String>> {
    Ok(L::checkpoint(tx.conn, size)?)
}

/// Keeps the line of a witness under the checkpoint of this size, unless they said something of it before.
pub fn cosign<L: Log>(tx: &mut Tx<'_>, size: i64, witness: &str, line: &str) -> Result<()> {
    // A statement of its own: the next one must see what the holder before committed.
    tx.conn.lock(L::END)?;
    Ok(L::add_cosignature(tx.conn, size, witness, line)?)
}

/// Checkpoints as they are served: with the lines of the witnesses.
pub fn rows<L: Log>(tx: &mut Tx<'_>, signed: Vec<(i64, String)>) -> Result<Vec<CheckpointRow>> {
    let lines = L::cosignatures(tx.conn, signed.iter().map(|(size, _)| *size).collect())?;
    let row = |(size, note): (i64, String)| {
        let root = HashText(note.lines().nth(2).unwrap_or_default().to_owned());
        let said = lines.iter().filter(|(of, _)| *of == size).map(|(_, line)| line.as_str());
        CheckpointRow { size, root_hash: root, note: std::iter::once(note.as_str()).chain(said).collect() }
    };
    Ok(signed.into_iter().map(row).collect())
}

/// The checkpoints, the newest first.
pub fn list<L: Log>(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, page: &PageRequest) -> Result<Page<CheckpointRow>> {
    let total = total(page, || L::count_checkpoints(tx.conn))?;
    let rows = L::checkpoints(tx.conn, page.after.map(|after| after.key), i64::from(page.limit) + 1)?;
    let page = Page::cut(rows, page, |(size, _)| After { key: *size, id: uuid::Uuid::nil() }, total);
    Ok(Page { items: self::rows::<L>(tx, page.items)?, next: page.next, total: page.total })
}

/// The identity of the deployment, once it has one.
pub fn deployment(tx: &mut Tx<'_>) -> Result<Option<uuid::Uuid>> {
    let id: Option<AnyId> = deployment::table.select(deployment::id).first(tx.conn).optional()?;
    Ok(id.map(|id| id.0))
}
