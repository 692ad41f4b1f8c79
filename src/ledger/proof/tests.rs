//! Against a tree as RFC 6962 describes it, two trees of others, and every way we could think of to spoil a proof.

use std::collections::HashMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use tlog_tiles::tlog;

use super::*;
use crate::ledger::leaf::leaf_hash;
use crate::ledger::merkle::root;
use crate::ledger::merkle::tests::{Store, bodies};
use crate::ledger::verify::{Range, Stack, continues, includes};

#[test]
fn a_full_subtree_has_a_place_where_it_fits_only() {
    let (leaf, mut stack) = (leaf_hash(b"x"), Stack::default());
    assert!(!stack.push(64, leaf) && stack.push(1, leaf) && !stack.push(2, leaf));
    assert!(stack.push(0, leaf) && !stack.push(1, leaf) && stack.push(0, leaf));
    assert_eq!((stack.size(), stack.root()), (4, node_hash(&leaf, &node_hash(&leaf, &leaf))));
}

/// The definitions of RFC 6962 §2.1, word for word.
struct Naive {
    leaves: Vec<Hash>,
    known: HashMap<(usize, usize), Hash>,
}

impl Naive {
    fn split(n: usize) -> usize {
        (0..32).map(|bits| 1 << bits).take_while(|k| *k < n).last().unwrap()
    }

    fn hash(&mut self, from: usize, to: usize) -> Hash {
        if to - from == 1 {
            return self.leaves[from];
        }
        if let Some(known) = self.known.get(&(from, to)) {
            return *known;
        }
        let k = Self::split(to - from);
        let hash = node_hash(&self.hash(from, from + k), &self.hash(from + k, to));
        self.known.insert((from, to), hash);
        hash
    }

    fn path(&mut self, m: usize, from: usize, to: usize) -> Vec<Hash> {
        if to - from == 1 {
            return Vec::new();
        }
        let k = Self::split(to - from);
        let (mut path, other) = if m < k {
            (self.path(m, from, from + k), self.hash(from + k, to))
        } else {
            (self.path(m - k, from + k, to), self.hash(from, from + k))
        };
        path.push(other);
        path
    }

    fn subproof(&mut self, m: usize, from: usize, to: usize, whole: bool) -> Vec<Hash> {
        if m == to - from {
            return if whole { Vec::new() } else { vec![self.hash(from, to)] };
        }
        let k = Self::split(to - from);
        let (mut path, other) = if m <= k {
            (self.subproof(m, from, from + k, whole), self.hash(from + k, to))
        } else {
            (self.subproof(m - k, from + k, to, false), self.hash(from, from + k))
        };
        path.push(other);
        path
    }
}

/// A log in the memory of another's code.
#[derive(Default)]
struct Tlog(Vec<tlog::Hash>);

impl tlog::HashReader for Tlog {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

impl Tlog {
    fn push(&mut self, n: usize, body: &[u8]) {
        let more = tlog::stored_hashes(n as u64, body, &*self).unwrap();
        self.0.extend(more);
    }
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn t29_all_proofs_of_all_sizes_up_to_300_are_those_of_the_rfc_and_of_two_others() {
    let all = bodies(300);
    let mut store = Store::of(&all);
    let mut naive = Naive { leaves: store.leaves.clone(), known: HashMap::new() };
    let (mut ct, mut tlog) = (MemoryBackedTree::<Sha256, Vec<u8>>::new(), Tlog::default());
    let roots: Vec<Hash> = (0..=300).map(|size| root(&mut store, size).unwrap()).collect();
    for size in 1..=300 {
        ct.push(all[size - 1].clone());
        tlog.push(size - 1, &all[size - 1]);
        for index in 0..size {
            let proof = inclusion(&mut store, index as u64, size as u64).unwrap();
            assert_eq!(proof, naive.path(index, 0, size), "{index} in {size}");
            assert_eq!(bytes(&proof), ct.prove_inclusion(index).as_bytes(), "{index} in {size}");
            let others = tlog::prove_record(size as u64, index as u64, &tlog).unwrap();
            assert_eq!(proof.iter().map(|hash| hash.0).collect::<Vec<_>>(), others.iter().map(|hash| hash.0).collect::<Vec<_>>());
            assert!(includes(store.leaves[index], index as u64, size as u64, &proof, roots[size]), "{index} in {size}");
        }
        for old in 1..=size {
            let proof = consistency(&mut store, old as u64, size as u64).unwrap();
            assert_eq!(proof, naive.subproof(old, 0, size, true), "{old} to {size}");
            let others = tlog::prove_tree(size as u64, old as u64, &tlog).unwrap();
            assert_eq!(proof.iter().map(|hash| hash.0).collect::<Vec<_>>(), others.iter().map(|hash| hash.0).collect::<Vec<_>>());
            if old < size {
                assert_eq!(bytes(&proof), ct.prove_consistency(size - old).as_bytes(), "{old} to {size}");
            }
            assert!(continues(old as u64, roots[old], size as u64, roots[size], &proof), "{old} to {size}");
        }
        assert_eq!(consistency(&mut store, 0, size as u64), Ok(Vec::new()));
        assert!(continues(0, roots[0], size as u64, roots[size], &[]) && !continues(0, roots[1], size as u64, roots[size], &[]));
    }
    assert_eq!(inclusion(&mut store, 300, 300), Err(MissingRows));
    assert_eq!(inclusion(&mut store, 0, 301), Err(MissingRows));
    assert_eq!(consistency(&mut store, 301, 300), Err(MissingRows));
    assert_eq!(range(&mut store, 0, 301, 300), Err(MissingRows));
    assert_eq!(range(&mut store, 2, 1, 300), Err(MissingRows));
}

/// What somebody finds who checks a range of these leaves.
fn found(from: u64, size: u64, leaves: &[Hash], proof: &[Hash]) -> Option<Hash> {
    let mut check = Range::begin(from, from + leaves.len() as u64, size, proof)?;
    leaves.iter().all(|leaf| check.push(*leaf)).then(|| check.finish()).flatten()
}

#[test]
fn every_range_of_every_tree_up_to_forty_has_its_root_and_no_other() {
    let mut store = Store::of(&bodies(40));
    for size in 0..=40_u64 {
        let expected = root(&mut store, size).unwrap();
        for from in 0..=size {
            for to in from..=size {
                let proof = range(&mut store, from, to, size).unwrap();
                let part = |from: u64, to: u64| store.leaves[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_vec();
                let leaves = part(from, to);
                assert_eq!(found(from, size, &leaves, &proof), Some(expected), "{from}..{to} of {size}");
                // One row left out at either end, and one that does not belong.
                if let [rest @ .., _] = leaves.as_slice() {
                    assert_ne!(found(from, size, rest, &proof), Some(expected), "{from}..{to} of {size}");
                    assert_ne!(found(from + 1, size, &leaves[1..], &proof), Some(expected), "{from}..{to} of {size}");
                }
                let mut check = Range::begin(from, to, size, &proof).unwrap();
                assert!(leaves.iter().all(|leaf| check.push(*leaf)) && !check.push(leaf_hash(b"")));
            }
        }
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        // Marsaglia's xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn t29_a_large_tree_is_proved_by_few_rows_and_as_others_prove_it() {
    let all = bodies(66_500);
    let mut store = Store::of(&all);
    let mut tlog = Tlog::default();
    for (n, body) in all.iter().enumerate() {
        tlog.push(n, body);
    }
    let mut dice = Dice(20_260_612);
    for _ in 0..300 {
        let size = 1 + dice.below(66_500);
        let (index, old) = (dice.below(size), 1 + dice.below(size));
        let whole = root(&mut store, size).unwrap();
        (store.reads, store.most) = (0, 0);
        let path = inclusion(&mut store, index, size).unwrap();
        assert!(store.reads <= 6 && store.most <= 256, "{} reads of at most {}", store.reads, store.most);
        let others = tlog::prove_record(size, index, &tlog).unwrap();
        assert_eq!(path.iter().map(|hash| hash.0).collect::<Vec<_>>(), others.iter().map(|hash| hash.0).collect::<Vec<_>>());
        assert!(includes(store.leaves[usize::try_from(index).unwrap()], index, size, &path, whole));
        (store.reads, store.most) = (0, 0);
        let path = consistency(&mut store, old, size).unwrap();
        assert!(store.reads <= 6 && store.most <= 256, "{} reads of at most {}", store.reads, store.most);
        let others = tlog::prove_tree(size, old, &tlog).unwrap();
        assert_eq!(path.iter().map(|hash| hash.0).collect::<Vec<_>>(), others.iter().map(|hash| hash.0).collect::<Vec<_>>());
        let before = root(&mut store, old).unwrap();
        assert!(continues(old, before, size, whole, &path));
        let (from, to) = (index, (index + dice.below(500)).min(size));
        (store.reads, store.most) = (0, 0);
        let path = range(&mut store, from, to, size).unwrap();
        assert!(store.reads <= 9 && store.most <= 256, "{} reads of at most {}", store.reads, store.most);
        assert!(path.len() <= 50, "{}", path.len());
        let leaves = store.leaves[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_vec();
        assert_eq!(found(from, size, &leaves, &path), Some(whole));
    }
}

/// A proof spoilt in every way that leaves it a list of hashes.
fn spoilt(proof: &[Hash], dice: &mut Dice) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[at].0[usize::try_from(dice.below(32)).unwrap()] ^= 1 << dice.below(8);
        let (mut dropped, mut doubled) = (proof.to_vec(), proof.to_vec());
        dropped.remove(at);
        doubled.insert(at, proof[at]);
        all.extend([flipped, dropped, doubled]);
        if at > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(at - 1, at);
            all.push(swapped);
        }
    }
    for more in [1, 64, 200] {
        all.push(proof.iter().copied().chain(std::iter::repeat_n(Hash([7; 32]), more)).collect());
        all.push(std::iter::repeat_n(Hash([7; 32]), more).chain(proof.iter().copied()).collect());
    }
    all.retain(|spoilt| spoilt != proof);
    all
}

#[test]
fn t28_no_spoilt_proof_is_taken() {
    let mut store = Store::of(&bodies(520));
    let roots: Vec<Hash> = (0..=520).map(|size| root(&mut store, size).unwrap()).collect();
    let true_root = |size: u64| usize::try_from(size).ok().and_then(|size| roots.get(size)).copied().unwrap_or(Hash([9; 32]));
    let wrong_sizes = |size: u64| [0, 1, size - 1, size + 1, size * 2, 511, 512, 513, 1 << 40, (1 << 63) - 1, 1 << 63, u64::MAX];
    let (mut tried, mut dice) = (0, Dice(7));
    for size in [1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 255, 256, 257, 300, 511, 512, 513_u64] {
        let whole = true_root(size);
        for index in [0, 1, size / 2, size - 1].into_iter().filter(|index| *index < size) {
            let leaf = store.leaves[usize::try_from(index).unwrap()];
            let proof = inclusion(&mut store, index, size).unwrap();
            assert!(includes(leaf, index, size, &proof, whole));
            let mut refused = |taken: bool, how: &str| {
                assert!(!taken, "{how}: {index} in {size}");
                tried += 1;
            };
            for other in spoilt(&proof, &mut dice) {
                refused(includes(leaf, index, size, &other, whole), "spoilt");
            }
            for other in wrong_sizes(size).into_iter().filter(|other| *other != size) {
                refused(includes(leaf, index, other, &proof, true_root(other)), "another size");
                refused(index > 0 && includes(leaf, other, size, &proof, whole) && other != index, "another place");
            }
            refused(includes(leaf_hash(b"x"), index, size, &proof, whole), "another leaf");
            refused(includes(leaf, index, size, &proof, true_root(size - 1)), "another root");
        }
        for old in [1, 2, size / 2, size - 1].into_iter().filter(|old| (1..size).contains(old)) {
            let proof = consistency(&mut store, old, size).unwrap();
            assert!(continues(old, true_root(old), size, whole, &proof));
            let mut refused = |taken: bool, how: &str| {
                assert!(!taken, "{how}: {old} to {size}");
                tried += 1;
            };
            for other in spoilt(&proof, &mut dice) {
                refused(continues(old, true_root(old), size, whole, &other), "spoilt");
            }
            refused(continues(old, whole, size, true_root(old), &proof), "roots swapped");
            refused(continues(old, whole, size, whole, &proof), "another old root");
            refused(continues(size, whole, old, true_root(old), &proof), "backwards");
            for other in wrong_sizes(size).into_iter().filter(|other| *other != size) {
                refused(continues(old, true_root(old), other, true_root(other), &proof) && other != old, "another size");
                refused(continues(other, true_root(other), size, whole, &proof) && other != old, "another old size");
            }
        }
        let (from, to) = (size / 3, size - size / 4);
        let leaves = store.leaves[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].to_vec();
        let proof = range(&mut store, from, to, size).unwrap();
        let mut refused = |root: Option<Hash>, expected: Hash| {
            assert_ne!(root, Some(expected), "{from}..{to} of {size}");
            tried += 1;
        };
        for other in spoilt(&proof, &mut dice) {
            refused(found(from, size, &leaves, &other), whole);
        }
        for other in wrong_sizes(size).into_iter().filter(|other| *other != size) {
            refused(found(from, other, &leaves, &proof), true_root(other));
            if other != from && other < u64::MAX - 600 {
                refused(found(other, size, &leaves, &proof), whole);
            }
        }
    }
    assert!(tried >= 500, "{tried}");
    assert_eq!(found(u64::MAX, u64::MAX, &[], &[Hash([0; 32]); 200]), None);
    assert!(!includes(roots[1], u64::MAX - 1, u64::MAX, &[Hash([0; 32]); 64], roots[1]));
    assert!(!continues(u64::MAX - 1, roots[1], u64::MAX, roots[2], &[Hash([0; 32]); 64]));
}

#[test]
fn t27_an_inner_node_is_no_leaf() {
    let mut store = Store::of(&bodies(4));
    let whole = root(&mut store, 4).unwrap();
    let [a, b, c, d] = store.leaves.clone().try_into().unwrap();
    let (left, right) = (node_hash(&a, &b), node_hash(&c, &d));
    // As a tree of two, the root is the same: that is why a leaf is never taken as a hash, but computed from the bytes of its entry.
    assert!(includes(left, 0, 2, &[right], whole));
    let sixty_four: Vec<u8> = [a.0, b.0].concat();
    assert_ne!(leaf_hash(&sixty_four), left);
    assert!(!includes(leaf_hash(&sixty_four), 0, 2, &[right], whole));
    let mut prefixed = vec![1];
    prefixed.extend(&sixty_four);
    assert!(!includes(leaf_hash(&prefixed), 0, 2, &[right], whole));
}

#[test]
fn a_proof_of_what_is_not_in_the_tree_is_not_made() {
    let mut store = Store::of(&bodies(9));
    for (old, size) in [(5, 4), (9, 8)] {
        assert!(consistency(&mut store, old, size).is_err(), "{old} {size}");
    }
    for (old, size) in [(0, 0), (0, 9), (4, 4), (9, 9)] {
        assert_eq!(consistency(&mut store, old, size).unwrap(), [], "{old} {size}");
    }
    for (from, to, size) in [(5, 4, 9), (2, 10, 9), (10, 10, 9)] {
        assert!(range(&mut store, from, to, size).is_err(), "{from} {to} {size}");
    }
}
