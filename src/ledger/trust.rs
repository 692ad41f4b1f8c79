//! Whom an auditor believes: a file that names the keys of the logs, got from the operator and not from the service.
//!
//! A line each: `log KEY [FIRST [LAST]]`, a key as C2SP writes it (`name+id+base64`, [`PublicKey::read`]), and from which tree size up to
//! which it may sign; `witness KEY`; `quorum NUMBER`, how many witnesses must have signed. `#` begins a comment.

use super::note::{self, Checkpoint, NoteFault, PublicKey};
use super::witness::{self, WitnessKey};

/// So far the clock of a witness may be ahead, in seconds.
const AHEAD: u64 = 300;

/// What a trust file says.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    keys: Vec<Trusted>,
    witnesses: Vec<WitnessKey>,
    quorum: usize,
}

/// What the witnesses say of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witnessed {
    /// Nobody is to.
    NotAsked,
    /// So many say so, and no more need to.
    Enough(usize),
    /// So many say so, of so many who must.
    Short(usize, usize),
    /// Under the name of one of them stands what they did not say, or have not said yet.
    Forged,
}

/// A key, and at which sizes of its log it signs.
#[derive(Clone, Debug)]
struct Trusted {
    key: PublicKey,
    first: u64,
    last: u64,
}

impl Trust {
    /// What this text says, or the number of the first line that says nothing.
    pub fn read(text: &str) -> Result<Self, usize> {
        let mut trust = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.split_once('#').map_or(line, |(before, _)| before);
            trust.take(&line.split_whitespace().collect::<Vec<_>>()).ok_or(number + 1)?;
        }
        Ok(trust)
    }

    fn take(&mut self, words: &[&str]) -> Option<()> {
        match words {
            [] => {}
            ["log", key, sizes @ ..] if sizes.len() <= 2 => {
                let size = |place: usize, otherwise| sizes.get(place).map_or(Some(otherwise), |size| size.parse().ok());
                let (first, last) = (size(0, 0)?, size(1, u64::MAX)?);
                self.keys.push(Trusted { key: PublicKey::read(key).filter(|_| first <= last)?, first, last });
            }
            ["witness", key] => self.witnesses.push(WitnessKey::read(key)?),
            ["quorum", number] => self.quorum = number.parse().ok()?,
            _ => return None,
        }
        Some(())
    }

    /// Whether it names a key of this log.
    #[must_use]
    pub fn knows(&self, origin: &str) -> bool {
        self.keys.iter().any(|trusted| trusted.key.name() == origin)
    }

    /// What the witnesses say of the checkpoint in this note, as of this time in seconds since 1970. Without a quorum one of them is enough.
    #[must_use]
    pub fn witnessed(&self, note: &[u8], now: Option<u64>) -> Witnessed {
        if self.witnesses.is_empty() && self.quorum == 0 {
            return Witnessed::NotAsked;
        }
        let Some(mut seen) = witness::seen(note, &self.witnesses) else { return Witnessed::Forged };
        if seen.iter().any(|(_, time)| now.is_some_and(|now| *time > now + AHEAD)) {
            return Witnessed::Forged;
        }
        // Who says it twice is one.
        seen.sort_unstable();
        seen.dedup_by_key(|(witness, _)| *witness);
        let wanted = self.quorum.max(1);
        if seen.len() >= wanted { Witnessed::Enough(seen.len()) } else { Witnessed::Short(seen.len(), wanted) }
    }

    /// The keys of the log that signed this note, of those that are trusted.
    #[must_use]
    pub fn signers(&self, note: &[u8]) -> Vec<PublicKey> {
        let signed = |key: &PublicKey| note::open(note, std::slice::from_ref(key)).is_ok();
        self.keys.iter().map(|trusted| trusted.key.clone()).filter(signed).collect()
    }

    /// The checkpoint in a note that a key signed which may, at its size.
    pub fn open(&self, note: &[u8]) -> Result<Checkpoint, NoteFault> {
        let keys = |at: Option<u64>| {
            let then = |trusted: &&Trusted| at.is_none_or(|size| (trusted.first..=trusted.last).contains(&size));
            self.keys.iter().filter(then).map(|trusted| trusted.key.clone()).collect::<Vec<_>>()
        };
        // First with all of them: a forged signature spoils the note, whenever its key may sign.
        let checkpoint = note::open(note, &keys(None))?;
        note::open(note, &keys(Some(checkpoint.size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::witness::Witness;
    use crate::ledger::{Hash, Signer};

    #[test]
    fn as_many_witnesses_as_are_wanted_have_spoken_each_counts_once_and_none_speaks_ahead_of_time() {
        let log = Signer::new(&[1; 32], "sendiass/disclosure/x");
        let note = log.sign(40, Hash([7; 32]));
        let [one, two] = [2, 3].map(|seed| Witness::new(&[seed; 32], "w").unwrap());
        let keys = format!("log {} 40 40\nwitness {}\nwitness {}\n", log.public().text(), one.public().text(), two.public().text());
        let seen = |quorum: &str, by: &[(&Witness, u64)], now| {
            let lines = by.iter().map(|(witness, time)| witness.cosign(note.as_bytes(), *time).unwrap());
            Trust::read(&format!("{keys}{quorum}")).unwrap().witnessed(format!("{note}{}", lines.collect::<String>()).as_bytes(), now)
        };
        assert_eq!(seen("", &[], None), Witnessed::Short(0, 1));
        assert_eq!(seen("", &[(&one, 9)], None), Witnessed::Enough(1));
        assert_eq!(seen("quorum 2", &[(&one, 9)], None), Witnessed::Short(1, 2));
        assert_eq!(seen("quorum 2", &[(&one, 9), (&one, 8)], None), Witnessed::Short(1, 2));
        assert_eq!(seen("quorum 2", &[(&one, 9), (&two, 8)], None), Witnessed::Enough(2));
        assert_eq!(seen("", &[(&one, 1300), (&two, 9)], Some(1000)), Witnessed::Enough(2));
        assert_eq!(seen("", &[(&one, 1301), (&two, 9)], Some(1000)), Witnessed::Forged);
        assert_eq!(Trust::default().witnessed(note.as_bytes(), None), Witnessed::NotAsked);
        assert_eq!(Trust::read("quorum 1").unwrap().witnessed(note.as_bytes(), None), Witnessed::Short(0, 1));
        let trust = Trust::read(&keys).unwrap();
        assert!(trust.knows("sendiass/disclosure/x") && !trust.knows("sendiass/access/x"));
        assert!(trust.open(note.as_bytes()).is_ok(), "at the one size that its key signs");
        assert_eq!((trust.signers(note.as_bytes()), trust.signers(b"")), (vec![log.public().clone()], Vec::new()));
    }
}
