//! Proofs that anybody can check who has two roots: that an entry is in a log (inclusion), that a log was only added to (consistency), and that
//! nothing of a part was withheld (range). Inclusion and consistency are those of RFC 6962 §2.1, to the byte.
//!
//! They are read from the stored rows, whole tiles at a time: at most two of each level, however large the log is. Who asks for what lies outside
//! the tree asks for rows that are not there. The checks are in [`verify`](super::verify), and share nothing with this but the hash of a node.

use std::collections::BTreeMap;

use super::leaf::{Hash, node_hash};
use super::merkle::{HashReader, MissingRows, TILE};

/// Bits of an index within a tile.
const TILE_BITS: u32 = TILE.trailing_zeros();

/// The hashes that lead from the leaf `index` to the root of the first `size` leaves, lowest first (RFC 6962 §2.1.1).
pub fn inclusion<R: HashReader>(reader: &mut R, index: u64, size: u64) -> Result<Vec<Hash>, R::Error> {
    if index >= size {
        return Err(MissingRows.into());
    }
    let mut tiles = Tiles::new(reader, size);
    let mut path = Vec::new();
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + half(to - from);
        if index < middle {
            path.push(tiles.root(middle, to)?);
            to = middle;
        } else {
            path.push(tiles.root(from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The hashes that lead from the root of the first `old` leaves to that of the first `size`, lowest first (RFC 6962 §2.1.2). Of an empty tree
/// everything is a continuation: there the proof is empty, as it is between equal sizes.
pub fn consistency<R: HashReader>(reader: &mut R, old: u64, size: u64) -> Result<Vec<Hash>, R::Error> {
    if old > size {
        return Err(MissingRows.into());
    }
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    let mut tiles = Tiles::new(reader, size);
    let mut path = Vec::new();
    let (mut from, mut to) = (0, size);
    while old != to {
        let middle = from + half(to - from);
        if old <= middle {
            path.push(tiles.root(middle, to)?);
            to = middle;
        } else {
            path.push(tiles.root(from, middle)?);
            from = middle;
        }
    }
    // Whoever checks it knows the old root, and needs no hash of it.
    if from > 0 {
        path.push(tiles.root(from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// The roots of the full subtrees before the leaf `from`, and then of those from the leaf `to` on, from left to right: with the leaves between
/// they make the root of the first `size`. Which subtrees those are follows from the three numbers.
pub fn range<R: HashReader>(reader: &mut R, from: u64, to: u64, size: u64) -> Result<Vec<Hash>, R::Error> {
    if from > to || to > size {
        return Err(MissingRows.into());
    }
    let mut tiles = Tiles::new(reader, size);
    let mut path = tiles.full(0, from)?;
    path.extend(tiles.full(to, size)?);
    Ok(path)
}

/// The greatest power of two below a width of at least two: where RFC 6962 divides a tree.
fn half(width: u64) -> u64 {
    1 << (u64::BITS - 1 - (width - 1).leading_zeros())
}

/// The rows of a tree, read a tile at a time, and each once.
struct Tiles<'r, R> {
    reader: &'r mut R,
    size: u64,
    read: BTreeMap<(u32, u64), Vec<Hash>>,
}

impl<'r, R: HashReader> Tiles<'r, R> {
    fn new(reader: &'r mut R, size: u64) -> Self {
        Self { reader, size, read: BTreeMap::new() }
    }

    /// Rows of one tile of a level.
    fn rows(&mut self, level: u32, from: u64, to: u64) -> Result<&[Hash], R::Error> {
        let tile = from / TILE;
        let begin = tile * TILE;
        if !self.read.contains_key(&(level, tile)) {
            let end = (begin + TILE).min(self.size >> (level * TILE_BITS));
            let stored = u8::try_from(level).map_err(|_| MissingRows)?;
            let hashes = self.reader.hashes(stored, begin, end)?;
            self.read.insert((level, tile), hashes);
        }
        let place = |row: u64| usize::try_from(row - begin).ok();
        let rows = self.read.get(&(level, tile)).and_then(|rows| rows.get(place(from)?..place(to)?));
        rows.ok_or_else(|| MissingRows.into())
    }

    /// The root of the full subtree of `2^height` leaves that begins at the leaf `first`.
    fn node(&mut self, height: u32, first: u64) -> Result<Hash, R::Error> {
        let level = height / TILE_BITS;
        let from = first >> (level * TILE_BITS);
        let mut hashes = self.rows(level, from, from + (1 << (height % TILE_BITS)))?.to_vec();
        while hashes.len() > 1 {
            hashes =
                hashes.chunks(2).filter_map(|pair| if let [left, right] = pair { Some(node_hash(left, right)) } else { None }).collect();
        }
        hashes.pop().ok_or_else(|| MissingRows.into())
    }

    /// The roots of the largest full subtrees that cover these leaves.
    fn full(&mut self, mut from: u64, to: u64) -> Result<Vec<Hash>, R::Error> {
        let mut roots = Vec::new();
        while from < to {
            let height = from.trailing_zeros().min((to - from).ilog2());
            roots.push(self.node(height, from)?);
            from += 1 << height;
        }
        Ok(roots)
    }

    /// The root of these leaves as a tree of their own; they are a part that RFC 6962 divides off.
    fn root(&mut self, from: u64, to: u64) -> Result<Hash, R::Error> {
        let joined = self.full(from, to)?.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        joined.ok_or_else(|| MissingRows.into())
    }
}

#[cfg(test)]
mod tests;
