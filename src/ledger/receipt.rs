//! A receipt: that one entry is in the log, with all it takes to check it far from the service, for whoever received something. It is a `.tlog-proof` of
//! C2SP (`c2sp.org/tlog-proof@v1`), and its extra data are the entry as it was hashed.
//!
//! Whoever keeps one remembers what the log was: a history that was written anew contradicts it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::leaf::{Hash, MAX_BODY, leaf_hash};
use super::note::{Checkpoint, MAX_NOTE};
use super::verify::includes;

const FORMAT: &str = "c2sp.org/tlog-proof@v1";
/// So many hashes a proof has at most: one for each level of the tree.
const MAX_PROOF: usize = 63;
/// So long a receipt may be, in bytes.
pub const MAX_RECEIPT: usize = 2 * MAX_BODY + MAX_NOTE + 64 * MAX_PROOF;

/// That an entry is in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry as it was hashed.
    pub body: Vec<u8>,
    /// Its place.
    pub index: u64,
    /// The hashes that lead from its leaf to the root, lowest first.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub note: Vec<u8>,
}

impl Receipt {
    /// As it is handed out.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut text = format!("{FORMAT}\nextra {}\nindex {}\n", STANDARD.encode(&self.body), self.index).into_bytes();
        text.extend(self.proof.iter().flat_map(|hash| format!("{}\n", hash.base64()).into_bytes()));
        text.push(b'\n');
        text.extend_from_slice(&self.note);
        text
    }

    /// The receipt in these bytes, if it is written in the one form it may have.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_RECEIPT {
            return None;
        }
        let (head, note) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
        let mut lines = head.split('\n');
        // Which format it is shows where it is written again.
        lines.next()?;
        let body = STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
        let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
        let hash = |line: &str| Hash::from_slice(&STANDARD.decode(line).ok()?);
        let proof = lines.map(hash).collect::<Option<Vec<_>>>()?;
        let read = Self { body, index, proof, note: note.as_bytes().to_vec() };
        Some(read).filter(|read| read.proof.len() <= MAX_PROOF && read.write() == bytes)
    }

    /// Whether the entry is in the log that this checkpoint is of. Whether that was signed is asked of its note.
    #[must_use]
    pub fn is_in(&self, log: &Checkpoint) -> bool {
        includes(leaf_hash(&self.body), self.index, log.size, &self.proof, log.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::merkle::tests::{Store, bodies};
    use crate::ledger::{Signer, merkle, note, proof};

    fn of(index: u64, count: usize) -> (Receipt, Signer) {
        let bodies = bodies(count);
        let (mut store, size) = (Store::of(&bodies), count as u64);
        let signer = Signer::new(&[4; 32], "sendiass/disclosure/x");
        let note = signer.sign(size, merkle::root(&mut store, size).unwrap()).into_bytes();
        let body = bodies[usize::try_from(index).unwrap()].clone();
        let proof = proof::inclusion(&mut store, index, size).unwrap();
        (Receipt { body, index, proof, note }, signer)
    }

    #[test]
    fn a_receipt_is_read_as_it_was_written_and_shows_its_entry_in_the_log() {
        for (index, count) in [(0, 1), (0, 2), (5, 9), (299, 300)] {
            let (receipt, signer) = of(index, count);
            let written = receipt.write();
            assert_eq!(Receipt::read(&written).as_ref(), Some(&receipt), "{index} of {count}");
            assert!(String::from_utf8(written).unwrap().starts_with("c2sp.org/tlog-proof@v1\nextra "));
            let checkpoint = note::open(&receipt.note, &[signer.public().clone()]).unwrap();
            assert!(receipt.is_in(&checkpoint));
            assert!(!Receipt { body: b"{}".to_vec(), ..receipt.clone() }.is_in(&checkpoint));
            assert!(!receipt.is_in(&Checkpoint { size: index, ..checkpoint.clone() }));
            assert!(!receipt.is_in(&Checkpoint { root: Hash([0; 32]), ..checkpoint }));
        }
    }

    #[test]
    fn a_receipt_has_its_greatest_length_and_its_longest_proof() {
        let (receipt, _) = of(0, 1);
        for (hashes, taken) in [(63, true), (64, false)] {
            let long = Receipt { proof: vec![Hash([7; 32]); hashes], ..receipt.clone() };
            assert_eq!(Receipt::read(&long.write()).is_some(), taken, "{hashes}");
        }
        for (length, taken) in [(151_488, true), (151_489, false), (400_000, false)] {
            let more = vec![b'x'; length - receipt.write().len()];
            let long = Receipt { note: [receipt.note.as_slice(), &more].concat(), ..receipt.clone() };
            assert_eq!((long.write().len(), Receipt::read(&long.write()).is_some()), (length, taken));
        }
        // There is room for the longest entry under the longest note.
        let longest = Receipt { body: vec![b'x'; MAX_BODY], note: vec![b'x'; MAX_NOTE], proof: vec![Hash([7; 32]); 63], ..receipt };
        assert!(Receipt::read(&longest.write()).is_some());
    }

    #[test]
    fn no_bit_of_a_receipt_can_be_flipped() {
        let (receipt, signer) = of(5, 9);
        let written = receipt.write();
        let passes = |bytes: &[u8]| {
            let read = Receipt::read(bytes)?;
            let checkpoint = note::open(&read.note, &[signer.public().clone()]).ok()?;
            read.is_in(&checkpoint).then_some(())
        };
        assert!(passes(&written).is_some());
        for bit in 0..written.len() * 8 {
            let mut flipped = written.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(passes(&flipped).is_none(), "bit {bit}");
        }
        for cut in 0..written.len() {
            assert!(passes(&written[..cut]).is_none(), "cut at {cut}");
        }
        assert!(passes(&[written.as_slice(), b"\n"].concat()).is_none());
    }
}
