//! The stored rows of the tree, made once more from its leaves, for whoever compares what is kept with what it must be.

use super::leaf::Hash;
use super::merkle::{Subtree, TILE};
use super::verify::Stack;

/// Leaves that pass by in order, and the full tiles they make. A tile whose first leaf was not seen is not made.
#[derive(Clone, Debug)]
pub struct Tiles {
    next: u64,
    open: Vec<Option<Stack>>,
}

impl Tiles {
    /// From the leaf of this index on.
    #[must_use]
    pub fn from(index: u64) -> Self {
        Self { next: index, open: Vec::new() }
    }

    /// The next leaf; the rows that it completes are answered, lowest level first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Subtree> {
        let (mut n, mut hash, mut level, mut done) = (self.next, leaf, 0_u8, Vec::new());
        self.next += 1;
        loop {
            let place = usize::from(level);
            if self.open.len() == place {
                self.open.push(None);
            }
            let Some(open) = self.open.get_mut(place) else { return done };
            if n.is_multiple_of(TILE) {
                *open = Some(Stack::default());
            }
            // A row of a tile is to it what a leaf is to the tree.
            let Some(rows) = open else { return done };
            if !rows.push(0, hash) || n % TILE != TILE - 1 {
                return done;
            }
            (n, hash, level) = (n / TILE, rows.root(), level + 1);
            *open = None;
            done.push(Subtree { level, n, hash });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::merkle::HashReader;
    use crate::ledger::merkle::tests::{Store, bodies};

    #[test]
    fn the_rows_of_a_tree_are_made_again_from_wherever_one_begins() {
        let mut store = Store::of(&bodies(256 * 256 + 600));
        let leaves = store.leaves.clone();
        for (from, rows) in [(0, 256 + 2 + 1), (300, 256 + 2 - 2), (256 * 256, 2)] {
            let (mut tiles, mut seen) = (Tiles::from(from), 0);
            for leaf in leaves.iter().skip(usize::try_from(from).unwrap()) {
                for row in tiles.push(*leaf) {
                    assert_eq!(store.hashes(row.level, row.n, row.n + 1).unwrap(), [row.hash], "{row:?} from {from}");
                    seen += 1;
                }
            }
            assert_eq!(seen, rows, "from {from}");
        }
    }
}
