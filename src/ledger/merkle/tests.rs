use std::collections::BTreeMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;

use super::*;
use crate::ledger::leaf::{hex, leaf_hash};

/// The tables of the log, in memory.
#[derive(Default)]
pub(in crate::ledger) struct Store {
    pub leaves: Vec<Hash>,
    subtrees: BTreeMap<(u8, u64), Hash>,
    pub reads: usize,
    pub most: u64,
}

impl Store {
    pub fn of(bodies: &[Vec<u8>]) -> Self {
        let mut store = Self::default();
        for body in bodies {
            store.append(body);
        }
        store
    }

    fn append(&mut self, body: &[u8]) {
        let (index, leaf) = (self.leaves.len() as u64, leaf_hash(body));
        for row in completed(self, index, leaf).unwrap() {
            assert_eq!(self.subtrees.insert((row.level, row.n), row.hash), None, "a row is written once");
        }
        self.leaves.push(leaf);
    }

    fn root(&mut self, size: usize) -> Hash {
        root(self, size as u64).unwrap()
    }
}

impl HashReader for Store {
    type Error = MissingRows;

    fn hashes(&mut self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, MissingRows> {
        self.reads += 1;
        self.most = self.most.max(to - from);
        Ok((from..to)
            .filter_map(|n| if level == 0 { self.leaves.get(usize::try_from(n).unwrap()) } else { self.subtrees.get(&(level, n)) })
            .copied()
            .collect())
    }
}

pub(in crate::ledger) fn bodies(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("{{\"n\":{n}}}").into_bytes()).collect()
}

#[test]
fn the_reference_set_of_certificate_transparency_has_its_known_root() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let mut store = Store::of(&leaves.map(<[u8]>::to_vec));
    assert_eq!(hex(&store.root(8).0), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

#[test]
fn the_empty_tree_has_the_hash_of_no_bytes() {
    assert_eq!(hex(&Store::default().root(0).0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn every_size_up_to_300_has_the_root_an_independent_tree_has() {
    let bodies = bodies(300);
    let (mut store, mut whole) = (Store::default(), Store::of(&bodies));
    let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for size in 0..=bodies.len() {
        let expected: [u8; 32] = (*oracle.root().as_bytes()).into();
        assert_eq!(store.root(size), Hash(expected), "size {size}");
        assert_eq!(whole.root(size), Hash(expected), "size {size}, read from the longer log");
        if let Some(body) = bodies.get(size) {
            store.append(body);
            oracle.push(body.clone());
        }
    }
}

#[test]
fn a_tree_of_three_levels_has_the_root_an_independent_tree_has() {
    let bodies = bodies(65_536 + 256 + 3);
    let mut store = Store::of(&bodies);
    assert_eq!(store.subtrees.keys().filter(|(level, _)| *level == 1).count(), 257);
    assert_eq!(store.subtrees.keys().filter(|(level, _)| *level == 2).copied().collect::<Vec<_>>(), [(2, 0)]);
    for size in [65_535, 65_536, 65_537, 65_792, 65_795] {
        let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        bodies.iter().take(size).for_each(|body| oracle.push(body.clone()));
        let expected: [u8; 32] = (*oracle.root().as_bytes()).into();
        (store.reads, store.most) = (0, 0);
        assert_eq!(store.root(size), Hash(expected), "size {size}");
        assert!(store.reads <= 3 && store.most <= 255, "{} reads of at most {} rows", store.reads, store.most);
    }
}

#[test]
fn a_subtree_row_is_completed_by_its_last_leaf_only() {
    let mut store = Store::of(&bodies(511));
    assert_eq!(store.subtrees.keys().copied().collect::<Vec<_>>(), [(1, 0)]);
    let last = leaf_hash(b"last");
    let before = completed(&mut store, 511, last).unwrap();
    store.leaves.push(last);
    assert_eq!(completed(&mut store, 511, last).unwrap(), before, "whether the leaf is stored already makes no difference");
    assert_eq!(before.iter().map(|row| (row.level, row.n)).collect::<Vec<_>>(), [(1, 1)]);
}

#[test]
fn a_changed_byte_a_swap_and_a_repeated_leaf_change_the_root() {
    let genuine = bodies(40);
    let expected = Store::of(&genuine).root(40);
    for at in 0..genuine.len() {
        for byte in 0..genuine[at].len() {
            let mut forged = genuine.clone();
            forged[at][byte] ^= 1;
            assert_ne!(Store::of(&forged).root(40), expected, "byte {byte} of entry {at}");
        }
        let mut swapped = genuine.clone();
        swapped.swap(at, (at + 1) % genuine.len());
        assert_ne!(Store::of(&swapped).root(40), expected, "entry {at} swapped");
    }
    let mut repeated = genuine.clone();
    repeated.extend(genuine.last().cloned());
    assert_ne!(Store::of(&repeated).root(41), expected);
}

#[test]
fn missing_rows_are_an_error_and_never_a_root() {
    let mut store = Store::of(&bodies(300));
    assert_eq!(root(&mut store, 301), Err(MissingRows));
    store.subtrees.clear();
    assert_eq!(root(&mut store, 300), Err(MissingRows));
    assert!(root(&mut store, 255).is_ok());
    store.leaves.truncate(200);
    assert_eq!(completed(&mut store, 255, leaf_hash(b"")), Err(MissingRows));
}
