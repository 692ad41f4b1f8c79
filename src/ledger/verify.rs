//! The checks of proofs, for whoever does not trust the service. Nothing here is used to make them, and only the hash of a node is shared.

use sha2::{Digest, Sha256};

use super::leaf::{Hash, node_hash};

/// Whether these hashes lead from the leaf at `index` to the root of a tree of `size` leaves (RFC 9162 §2.1.3.2).
#[must_use]
pub fn includes(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place != 0 && place.is_multiple_of(2) {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && hash == root
}

/// Whether a tree of `size` leaves goes on from one of `old` leaves (RFC 9162 §2.1.4.2). Any goes on from the empty one.
#[must_use]
pub fn continues(old: u64, old_root: Hash, size: u64, root: Hash, proof: &[Hash]) -> bool {
    if old == 0 || old == size {
        return proof.is_empty() && (if old == size { old_root == root } else { old_root == Stack::default().root() });
    }
    if old > size {
        return false;
    }
    let (mut place, mut last) = (old - 1, size - 1);
    while place % 2 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    // If the old tree is full, its root is where the proof begins.
    let (begin, rest) = match proof.split_first() {
        _ if old.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (*first, rest),
        None => return false,
    };
    let (mut old_hash, mut hash) = (begin, begin);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if place % 2 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            hash = node_hash(sibling, &hash);
            while place != 0 && place.is_multiple_of(2) {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && old_hash == old_root && hash == root
}

/// A tree that grows from the left, in as many hashes as its size has binary digits.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    size: u64,
    full: Vec<Hash>,
}

impl Stack {
    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the root of a full subtree of `2^height` leaves; false, if none of that height has a place here.
    #[must_use]
    pub fn push(&mut self, height: u32, hash: Hash) -> bool {
        let width = 1_u64.checked_shl(height).unwrap_or_default();
        let Some(size) = self.size.checked_add(width).filter(|_| width > 0 && self.size.is_multiple_of(width)) else { return false };
        let mut hash = hash;
        // A carry of the binary counter joins two subtrees of a height.
        for _ in 0..(self.size >> height).trailing_ones() {
            let Some(left) = self.full.pop() else { return false };
            hash = node_hash(&left, &hash);
        }
        self.full.push(hash);
        self.size = size;
        true
    }

    /// The root of what is there.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut from_right = self.full.iter().rev();
        match from_right.next() {
            None => Hash(Sha256::digest([]).into()),
            Some(last) => from_right.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The check of a range while its leaves pass by.
#[derive(Clone, Debug)]
pub struct Range {
    stack: Stack,
    to: u64,
    size: u64,
    right: Vec<Hash>,
}

impl Range {
    /// Of the leaves `from` up to `to` of a tree of `size`; nothing, if the proof cannot be one of these.
    #[must_use]
    pub fn begin(from: u64, to: u64, size: u64, proof: &[Hash]) -> Option<Self> {
        if from > to || to > size {
            return None;
        }
        let (left, right) = proof.split_at_checked(usize::try_from(from.count_ones()).ok()?)?;
        let mut stack = Stack::default();
        for hash in left {
            let missing = from - stack.size;
            if !stack.push(missing.checked_ilog2()?, *hash) {
                return None;
            }
        }
        Some(Self { stack, to, size, right: right.to_vec() })
    }

    /// The next leaf; false, if the range has no more.
    #[must_use]
    pub fn push(&mut self, leaf: Hash) -> bool {
        self.stack.size < self.to && self.stack.push(0, leaf)
    }

    /// The root of the tree up to the leaf that comes next: of an older state of the log, once the whole has the root it should have.
    #[must_use]
    pub fn before(&self) -> Hash {
        self.stack.root()
    }

    /// How many leaves lie before the one that comes next.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.stack.size
    }

    /// The root, if all leaves were there and every hash of the proof has its place.
    #[must_use]
    pub fn finish(mut self) -> Option<Hash> {
        if self.stack.size != self.to {
            return None;
        }
        for hash in &self.right {
            let missing = (self.size - self.stack.size).checked_ilog2()?;
            if !self.stack.push(missing.min(self.stack.size.trailing_zeros()), *hash) {
                return None;
            }
        }
        (self.stack.size == self.size).then(|| self.stack.root())
    }
}
