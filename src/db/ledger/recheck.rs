//! The rows of a log checked again: every entry against its leaf and the columns it is found by, the leaves against the stored tree, and the roots
//! against what was signed. It only reads.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::{Accesses, Disclosures, Log, proofs, root};
use crate::db::conn::Conn;
use crate::db::error::{Error, Result};
use crate::db::schema::{access_entry, disclosure_entry};
use crate::db::tx::Tx;
use crate::domain::log_verification::LogFinding;
use crate::domain::vocabulary::LogFault;
use crate::ledger::leaf::{self, leaf_hash};
use crate::ledger::tiles::Tiles;
use crate::ledger::verify::{Range, Stack};
use crate::ledger::{Checkpoint, Hash, PublicKey, note};

/// An entry as it is stored: its index, its body, and the columns it is found by, under the names of the fields they repeat.
pub struct Row {
    /// Its place.
    pub index: i64,
    /// The bytes that were hashed.
    pub body: String,
    columns: Vec<(&'static str, Option<String>)>,
}

/// A log whose rows can be checked again.
pub trait Checked: Log {
    /// The entries of these indexes, in their order.
    fn rows(conn: &mut Conn, from: i64, to: i64) -> QueryResult<Vec<Row>>;
}

macro_rules! checked {
    ($log:ty, $table:ident, $($column:ident: $type:ty = $field:literal),+) => {
        impl Checked for $log {
            fn rows(conn: &mut Conn, from: i64, to: i64) -> QueryResult<Vec<Row>> {
                let query = $table::table.filter($table::idx.ge(from)).filter($table::idx.lt(to)).order($table::idx.asc());
                let rows: Vec<(i64, String, ($(Option<$type>),+))> = query.select(($table::idx, $table::body, ($($table::$column.nullable()),+))).load(conn)?;
                Ok(rows.into_iter().map(|(index, body, columns)| {
                    let ($($column),+) = columns;
                    Row { index, body, columns: vec![$(($field, Shown::shown($column))),+] }
                }).collect())
            }
        }
    };
}

checked! {
    Accesses, access_entry, at: String = "at", kind: String = "kind", outcome: String = "outcome", actor: String = "actor", role: String = "role",
    operation: String = "operation"
}
checked! {
    Disclosures, disclosure_entry, at: String = "at", kind: String = "kind", actor: String = "actor", decided_by: String = "decidedBy",
    recipient: String = "recipient", basis: String = "basis", condition: String = "condition", purpose: String = "purpose",
    channel: String = "channel", identified: bool = "identified", copied: bool = "copies"
}

/// A column as the text of its value.
trait Shown {
    fn shown(self) -> Option<String>;
}

impl Shown for Option<String> {
    fn shown(self) -> Option<String> {
        self
    }
}

impl Shown for Option<bool> {
    fn shown(self) -> Option<String> {
        self.map(|value| value.to_string())
    }
}

/// What a column must hold of a body.
fn told(body: &Map<String, Value>, field: &str) -> Option<String> {
    match (field, body.get(field)) {
        ("copies", copies) => Some(copies.and_then(Value::as_array).is_some_and(|copies| !copies.is_empty()).to_string()),
        (_, Some(Value::String(text))) => Some(text.clone()),
        (_, Some(value)) => Some(value.to_string()),
        (_, None) => None,
    }
}

/// What is found, as it is found.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<LogFinding>);

impl Findings {
    /// One more.
    pub fn add(&mut self, index: i64, fault: LogFault) {
        self.0.push(LogFinding { index, fault });
    }
}

/// Entries that were read, with their hashes in the order of the log.
pub struct Read {
    /// Their bodies, as far as they could be read.
    pub bodies: Vec<(i64, Map<String, Value>)>,
    /// A hash for every index: of the body, or as it is stored where the body was pruned or is gone.
    pub leaves: Vec<Hash>,
}

/// Checks each entry of these indexes by itself. `last` is when the entry before was written, and then the last of these.
pub fn entries<L: Checked>(tx: &mut Tx<'_>, from: i64, to: i64, last: &mut String, found: &mut Findings) -> Result<Read> {
    let pruned = L::pruned(tx.conn)?;
    let mut rows = L::rows(tx.conn, from, to)?.into_iter().peekable();
    let leaves: HashMap<i64, Vec<u8>> = L::leaves(tx.conn, (from..to).collect())?.into_iter().collect();
    let mut read = Read { bodies: Vec::new(), leaves: Vec::new() };
    for index in from..to {
        let stored = leaves.get(&index).and_then(|bytes| Hash::from_slice(bytes));
        if stored.is_none() {
            found.add(index, LogFault::LeafMissing);
        }
        let Some(row) = rows.next_if(|row| row.index == index) else {
            if index >= pruned {
                found.add(index, LogFault::EntryMissing);
            }
            read.leaves.push(stored.unwrap_or(Hash([0; 32])));
            continue;
        };
        let hash = leaf_hash(row.body.as_bytes());
        if stored.is_some_and(|stored| stored != hash) {
            found.add(index, LogFault::EntryAltered);
        }
        read.leaves.push(hash);
        let Ok(body) = leaf::read(row.body.as_bytes()) else {
            found.add(index, LogFault::EntryMalformed);
            continue;
        };
        if row.columns.iter().any(|(field, value)| *value != told(&body, field)) {
            found.add(index, LogFault::ColumnDiffers);
        }
        // Of one length and form, so that as texts they are in the order of time.
        let at = body.get("at").and_then(Value::as_str).unwrap_or_default();
        if at < last.as_str() {
            found.add(index, LogFault::TimeDecreases);
        }
        at.clone_into(last);
        read.bodies.push((index, body));
    }
    Ok(read)
}

/// Compares the rows of the tree that these leaves complete.
pub fn tree<L: Log>(tx: &mut Tx<'_>, tiles: &mut Tiles, leaves: &[Hash], found: &mut Findings) -> Result<()> {
    for row in leaves.iter().flat_map(|leaf| tiles.push(*leaf)) {
        let number = |n: u64| i64::try_from(n).map_err(|_| Error::Corrupt("log index"));
        let n = number(row.n)?;
        let stored = L::hashes(tx.conn, i32::from(row.level), n, n + 1)?;
        if stored.first().is_none_or(|stored| *stored != row.hash.0) {
            found.add(number(row.n << (8 * u32::from(row.level)))?, LogFault::SubtreeDiffers);
        }
    }
    Ok(())
}

/// The keys that may have signed a log: those that are known by their seeds, and those that the log names.
pub type Keys<'k> = dyn Fn(&str) -> Vec<PublicKey> + 'k;

/// The checkpoint in a note that one of these keys signed.
fn signed(text: &[u8], keys: &Keys<'_>) -> Option<Checkpoint> {
    note::open(text, &keys(&note::claimed_origin(text)?)).ok()
}

/// Whether what was signed is the root of so many entries.
pub fn compare(size: i64, text: &str, root: Hash, keys: &Keys<'_>) -> Option<LogFault> {
    match signed(text.as_bytes(), keys) {
        None => Some(LogFault::CheckpointUnsigned),
        Some(read) if (i64::try_from(read.size), read.root) == (Ok(size), root) => None,
        Some(_) => Some(LogFault::CheckpointDiffers),
    }
}

/// The whole of a log, checked in parts that follow one another.
#[derive(Debug)]
pub struct Course {
    /// The first entry that was not checked yet.
    pub next: i64,
    /// What was found.
    pub found: Findings,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    last: String,
    tiles: Tiles,
    stack: Stack,
    roots: HashMap<i64, Hash>,
}

impl Course {
    /// From the first entry on. `marked` are sizes of which the root is wanted.
    #[must_use]
    pub fn new(marked: impl IntoIterator<Item = i64>) -> Self {
        let marked = marked.into_iter().map(|size| (size, Hash([0; 32]))).collect();
        Self {
            next: 0,
            found: Findings::default(),
            checkpoints: 0,
            last: String::new(),
            tiles: Tiles::from(0),
            stack: Stack::default(),
            roots: marked,
        }
    }

    /// The next entries up to, but without, this one; what they say is answered.
    pub fn go_on<L: Checked>(&mut self, tx: &mut Tx<'_>, to: i64, keys: &Keys<'_>) -> Result<Vec<(i64, Map<String, Value>)>> {
        let read = entries::<L>(tx, self.next, to, &mut self.last, &mut self.found)?;
        tree::<L>(tx, &mut self.tiles, &read.leaves, &mut self.found)?;
        let mut signed = L::checkpoints_between(tx.conn, self.next, to)?.into_iter().peekable();
        for leaf in read.leaves {
            self.next += 1;
            // A leaf has a place in every tree.
            let _placed = self.stack.push(0, leaf);
            if let Some((size, text)) = signed.next_if(|(size, _)| *size == self.next) {
                self.checkpoints += 1;
                if let Some(fault) = compare(size, &text, self.stack.root(), keys) {
                    self.found.add(size, fault);
                }
            }
            if let Some(root) = self.roots.get_mut(&self.next) {
                *root = self.stack.root();
            }
        }
        Ok(read.bodies)
    }

    /// The root of so many entries, if it was wanted and they were met.
    #[must_use]
    pub fn root(&self, size: i64) -> Option<Hash> {
        self.roots.get(&size).copied().filter(|_| size <= self.next)
    }

    /// What can only be told at the end: rows of the tree that have no entries, a root that is another one, checkpoints of more than there is.
    pub fn finish<L: Log>(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let size = self.next;
        if readable(root::<L>(tx, size))? != Some(self.stack.root()) {
            self.found.add(size, LogFault::RootDiffers);
        }
        for level in 1..=7_u8 {
            let full = size >> (8 * u32::from(level));
            if !L::hashes(tx.conn, i32::from(level), full, full + 1)?.is_empty() {
                self.found.add(full << (8 * u32::from(level)), LogFault::SubtreeDiffers);
            }
        }
        let now = super::size::<L>(tx)?;
        for (signed, _) in L::checkpoints_between(tx.conn, now, i64::MAX)? {
            self.found.add(signed, LogFault::CheckpointDiffers);
        }
        Ok(())
    }
}

/// What is read of the tree; nothing, if rows are missing.
fn readable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Err(Error::Corrupt("log tree" | "log hash")) => Ok(None),
        read => read.map(Some),
    }
}

/// Checks a part of a log of this size: its entries, the rows of the tree that lie within it, and that with what lies beside it, it makes the
/// root; and that the root was signed, of the newest checkpoint, whose size is answered.
pub fn part<L: Checked>(tx: &mut Tx<'_>, from: i64, to: i64, size: i64, keys: &Keys<'_>, found: &mut Findings) -> Result<Option<i64>> {
    let index = |n: i64| u64::try_from(n).map_err(|_| Error::Corrupt("log index"));
    // When the entry before the part was written is told by the entry itself.
    let mut last = String::new();
    if from > 0 && from > L::pruned(tx.conn)? {
        entries::<L>(tx, from - 1, from, &mut last, &mut Findings::default())?;
    }
    let read = entries::<L>(tx, from, to, &mut last, found)?;
    tree::<L>(tx, &mut Tiles::from(index(from)?), &read.leaves, found)?;
    let beside = readable(proofs::range::<L>(tx, from, to, size))?;
    let range = beside.as_deref().and_then(|beside| Range::begin(index(from).ok()?, index(to).ok()?, index(size).ok()?, beside));
    let made = range.and_then(|mut range| read.leaves.iter().all(|leaf| range.push(*leaf)).then(|| range.finish()).flatten());
    if made.is_none() || readable(root::<L>(tx, size))? != made {
        found.add(from, LogFault::RootDiffers);
    }
    let Some((signed, text)) = L::newest_checkpoint(tx.conn)? else { return Ok(None) };
    // Of a size that the log has no more there is no root.
    let kept = if signed <= size { readable(root::<L>(tx, signed))? } else { None };
    if let Some(fault) = kept.map_or(Some(LogFault::CheckpointDiffers), |root| compare(signed, &text, root, keys)) {
        found.add(signed, fault);
    }
    Ok(Some(signed))
}
