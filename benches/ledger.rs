//! The small steps of the log, each by itself: `cargo bench --bench ledger`.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]

use divan::Bencher;
use sendiass::ledger::leaf::{self, Hash, leaf_hash};
use sendiass::ledger::merkle::{self, HashReader, MissingRows};
use sendiass::ledger::{Signer, note, proof, verify};

/// An entry of usual size.
const BODY: &str = "{\"actor\":\"019b8d62-7a80-726b-b2a7-4de452e6b438\",\"at\":\"2026-09-17T12:58:20.310Z\",\"basis\":\"permission\",\
    \"case\":\"mJ3qf0sYv1mDgXl2wX3y9Q\",\"channel\":\"secure_email\",\"decidedBy\":\"019b8d62-7a80-726b-b2a7-4de452e6b438\",\"direction\":\"outbound\",\
    \"id\":\"01a0af72-5316-7dbe-8e81-973e0becd7b0\",\"identified\":true,\"items\":[{\"bytes\":412,\"class\":\"concerns_raised\",\
    \"digest\":\"2Yx0w0l3p2u1cS4m9tYbJr5eX1kqYz3m6o8v7n2a1d4\"}],\"kind\":\"disclosure_made\",\"lawfulBasis\":\"public_task\",\"outcome\":\"granted\",\
    \"purpose\":\"liaison\",\"req\":\"01a0af72-5316-76b5-8a23-d5962217bead\",\"v\":1}";

const SIZE: u64 = 100_000;

/// A tree in memory.
struct Tree(Vec<Vec<Hash>>);

impl HashReader for Tree {
    type Error = MissingRows;

    fn hashes(&mut self, level: u8, from: u64, to: u64) -> Result<Vec<Hash>, MissingRows> {
        let rows = self.0.get(usize::from(level)).ok_or(MissingRows)?;
        let range = usize::try_from(from).map_err(|_| MissingRows)?..usize::try_from(to).map_err(|_| MissingRows)?;
        Ok(rows.get(range).ok_or(MissingRows)?.to_vec())
    }
}

fn tree() -> Tree {
    let mut tree = Tree(vec![Vec::new(); 8]);
    for index in 0..SIZE {
        let leaf = leaf_hash(&index.to_be_bytes());
        for subtree in merkle::completed(&mut tree, index, leaf).unwrap() {
            tree.0.get_mut(usize::from(subtree.level)).unwrap().push(subtree.hash);
        }
        tree.0.first_mut().unwrap().push(leaf);
    }
    tree
}

#[divan::bench]
fn a_leaf_is_hashed() -> Hash {
    leaf_hash(divan::black_box(BODY).as_bytes())
}

#[divan::bench]
fn an_entry_is_read_strictly() -> usize {
    leaf::read(divan::black_box(BODY).as_bytes()).unwrap().len()
}

#[divan::bench]
fn an_inclusion_proof_is_made(bencher: Bencher<'_, '_>) {
    let mut tree = tree();
    bencher.bench_local(|| proof::inclusion(&mut tree, divan::black_box(777), SIZE).unwrap());
}

#[divan::bench]
fn an_inclusion_proof_is_checked(bencher: Bencher<'_, '_>) {
    let mut tree = tree();
    let (path, root) = (proof::inclusion(&mut tree, 777, SIZE).unwrap(), merkle::root(&mut tree, SIZE).unwrap());
    let leaf = leaf_hash(&777_u64.to_be_bytes());
    bencher.bench(|| assert!(verify::includes(leaf, divan::black_box(777), SIZE, &path, root)));
}

#[divan::bench]
fn a_consistency_proof_is_checked(bencher: Bencher<'_, '_>) {
    let mut tree = tree();
    let (old, root) = (merkle::root(&mut tree, 777).unwrap(), merkle::root(&mut tree, SIZE).unwrap());
    let path = proof::consistency(&mut tree, 777, SIZE).unwrap();
    bencher.bench(|| assert!(verify::continues(divan::black_box(777), old, SIZE, root, &path)));
}

#[divan::bench]
fn a_checkpoint_is_checked(bencher: Bencher<'_, '_>) {
    let signer = Signer::new(&[3; 32], "sendiass/disclosure/bench");
    let note = signer.sign(SIZE, leaf_hash(b""));
    bencher.bench(|| note::open(divan::black_box(note.as_bytes()), &[signer.public().clone()]).unwrap().size);
}

fn main() {
    divan::main();
}
