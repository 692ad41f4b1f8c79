//! The tree of RFC 6962 §2.1 over stored rows, without any variation.
//!
//! Level 0 holds the leaves; row `n` of level `k` holds the root of the full tile of the leaves `n * 256^k` up to `(n + 1) * 256^k`. A row is
//! written once, when its last leaf arrives, and never changes. A root takes at most 255 rows of each level.

use sha2::{Digest, Sha256};

use super::leaf::{Hash, node_hash};

/// So many rows of one level make one row of the next.
pub const TILE: u64 = 256;
const TILE_BITS: u32 = 8;
/// 256^7 leaves are more than an index of 63 bits reaches.
const TOP_LEVEL: u8 = 7;

/// Rows that the tree needs are not there: the store is damaged, or shorter than was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingRows;

impl std::fmt::Display for MissingRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("rows of the tree are missing")
    }
}

impl std::error::Error for MissingRows {}

/// The stored hashes of one log.
pub trait HashReader {
    /// Why reading fails.
    type Error: From<MissingRows>;

    /// The hashes of the rows `from` up to, but without, `to` of a level, in ascending order. Level 0 is the leaves.
    fn hashes(&mut self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, Self::Error>;
}

/// A row of the subtree table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// From 1.
    pub level: u8,
    /// Which tile of the level, from 0.
    pub n: u64,
    /// The root of its leaves.
    pub hash: Hash,
}

/// The root of the first `size` leaves; of none, `SHA-256("")`.
pub fn root<R: HashReader>(reader: &mut R, size: u64) -> Result<Hash, R::Error> {
    let mut peaks = Peaks::default();
    // The digits of the size to the base 256 say how many full tiles of each level there are, the greatest leftmost.
    for level in (0..=TOP_LEVEL).rev() {
        let to = size >> (TILE_BITS * u32::from(level));
        for hash in rows(reader, level, to - to % TILE, to)? {
            peaks.push(TILE_BITS * u32::from(level), hash);
        }
    }
    Ok(peaks.root())
}

/// The subtree rows that the leaf `index` completes, lowest level first. The store holds all before it, and the leaf itself or not.
pub fn completed<R: HashReader>(reader: &mut R, index: u64, leaf: Hash) -> Result<Vec<Subtree>, R::Error> {
    let mut done = Vec::new();
    let (mut n, mut last) = (index, leaf);
    for level in 1..=TOP_LEVEL {
        if n % TILE != TILE - 1 {
            break;
        }
        let mut peaks = Peaks::default();
        for hash in rows(reader, level - 1, n - (TILE - 1), n)? {
            peaks.push(0, hash);
        }
        peaks.push(0, last);
        (n, last) = (n / TILE, peaks.root());
        done.push(Subtree { level, n, hash: last });
    }
    Ok(done)
}

fn rows<R: HashReader>(reader: &mut R, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, R::Error> {
    if from == to {
        return Ok(Vec::new());
    }
    let hashes = reader.hashes(level, from, to)?;
    if u64::try_from(hashes.len()).ok() == Some(to - from) { Ok(hashes) } else { Err(MissingRows.into()) }
}

/// The roots of the full subtrees met so far, from the left, each with the height of its subtree; heights fall.
#[derive(Default)]
struct Peaks(Vec<(u32, Hash)>);

impl Peaks {
    /// Adds a full subtree to the right of the others. It is no higher than they are.
    fn push(&mut self, mut height: u32, mut hash: Hash) {
        while let Some((_, left)) = self.0.pop_if(|(before, _)| *before == height) {
            hash = node_hash(&left, &hash);
            height += 1;
        }
        self.0.push((height, hash));
    }

    fn root(self) -> Hash {
        let joined = self.0.into_iter().rev().map(|(_, hash)| hash).reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(|| Hash(Sha256::digest([]).into()))
    }
}

#[cfg(test)]
pub(super) mod tests;
