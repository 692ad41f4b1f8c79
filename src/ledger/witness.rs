//! Witnesses: somebody else who saw the log only grow, and says so under a checkpoint. Their lines are cosignatures of C2SP
//! (`c2sp.org/tlog-cosignature`, `cosignature/v1`, Ed25519): the largest log that this witness knows of, at this time, is the one of the checkpoint.

use ed25519_dalek::{Signature, Signer as _, SigningKey};

use super::leaf::Hash;
use super::note::{self, Checkpoint, NoteFault, PublicKey};
use super::note::{NamedKey, is_name, line, parts, written_line};
use super::verify::continues;

/// The kind of key, in key ids and written keys: Ed25519, with a time.
const TIMED: u8 = 4;
/// Bytes of a time before a signature.
const TIME: usize = 8;

/// The public half of the key of a witness.
pub type WitnessKey = NamedKey<TIMED>;

/// A witness. The private half of its key is wiped when it is dropped, and never shown.
#[derive(Clone)]
pub struct Witness {
    key: SigningKey,
    public: WitnessKey,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Witness({})", self.public.text())
    }
}

impl Witness {
    /// With the key of this seed; none, if no key can have this name.
    #[must_use]
    pub fn new(seed: &[u8; 32], name: &str) -> Option<Self> {
        let key = SigningKey::from_bytes(seed);
        is_name(name).then(|| Self { public: WitnessKey::new(name, key.verifying_key()), key })
    }

    /// What others know it by.
    #[must_use]
    pub fn public(&self) -> &WitnessKey {
        &self.public
    }

    /// The line that says so of the checkpoint in this note, at this time in seconds since 1970; nothing, if it is no note.
    #[must_use]
    pub fn cosign(&self, note: &[u8], time: u64) -> Option<String> {
        let (text, _) = parts(note)?;
        let signature = self.key.sign(message(text, time).as_bytes()).to_bytes();
        let timed: Vec<u8> = time.to_be_bytes().into_iter().chain(signature).collect();
        Some(written_line(&self.public.name, self.public.id, &timed))
    }
}

fn message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Why a witness says nothing of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The log did not sign it.
    Note(NoteFault),
    /// It is of another log than the one this witness watches.
    OtherLog,
    /// It is older than what this witness knows.
    Older,
    /// The log does not go on from what this witness knows, or the proof does not show it.
    NotProved,
}

/// The checkpoint in this note of a log with these keys, if it goes on from the one that this witness knows: the first may be any.
pub fn follows(known: Option<&Checkpoint>, note: &[u8], keys: &[PublicKey], proof: &[Hash]) -> Result<Checkpoint, Refusal> {
    let new = note::open(note, keys).map_err(Refusal::Note)?;
    let Some(known) = known else { return Ok(new) };
    if known.origin != new.origin {
        return Err(Refusal::OtherLog);
    }
    if new.size < known.size {
        return Err(Refusal::Older);
    }
    if continues(known.size, known.root, new.size, new.root, proof) { Ok(new) } else { Err(Refusal::NotProved) }
}

/// What a line of signature is, beside the keys of witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// By this witness, at this time in seconds since 1970.
    By(usize, u64),
    /// By none of them.
    Unknown,
    /// Under the name of one of them, and not theirs.
    Forged,
}

/// Whose this line under a checkpoint with this text is.
fn judge(text: &str, name: &str, id: [u8; 4], signed: &[u8], witnesses: &[WitnessKey]) -> Line {
    let mut known = witnesses.iter().enumerate().filter(|(_, key)| key.name == name && key.id == id).peekable();
    if known.peek().is_none() {
        return Line::Unknown;
    }
    let Some((time, signature)) = signed.split_first_chunk::<TIME>() else { return Line::Forged };
    let (time, signature) = (u64::from_be_bytes(*time), Signature::from_slice(signature));
    let holds = |key: &WitnessKey| {
        i64::try_from(time).is_ok()
            && signature.as_ref().is_ok_and(|signature| key.key.verify_strict(message(text, time).as_bytes(), signature).is_ok())
    };
    known.find(|(_, key)| holds(key)).map_or(Line::Forged, |(place, _)| Line::By(place, time))
}

/// Whose a line, without its line feed, is under the checkpoint in this note.
#[must_use]
pub fn whose(note: &[u8], written: &str, witnesses: &[WitnessKey]) -> Line {
    match (parts(note), line(written)) {
        (Some((text, _)), Some((name, id, signed))) => judge(text, name, id, &signed, witnesses),
        _ => Line::Forged,
    }
}

/// Which of these witnesses say so under a checkpoint, and when; none of them, if a line under the name of one of them is forged.
#[must_use]
pub fn seen(note: &[u8], witnesses: &[WitnessKey]) -> Option<Vec<(usize, u64)>> {
    let (text, lines) = parts(note)?;
    let mut seen = Vec::new();
    for (name, id, signed) in &lines {
        match judge(text, name, *id, signed, witnesses) {
            Line::By(place, time) => seen.push((place, time)),
            Line::Unknown => {}
            Line::Forged => return None,
        }
    }
    Some(seen)
}

#[cfg(test)]
mod tests {
    use signed_note::Note;

    use super::*;
    use crate::ledger::merkle::tests::{Store, bodies};
    use crate::ledger::{Signer, merkle, proof};

    const TIME: u64 = 1_790_000_000;

    fn log() -> Signer {
        Signer::new(&[1; 32], "sendiass/disclosure/x")
    }

    fn witness(seed: u8) -> Witness {
        Witness::new(&[seed; 32], &format!("witness.example/{seed}")).unwrap()
    }

    #[test]
    fn t25_a_cosignature_names_its_witness_and_its_time_and_nobody_else() {
        let note = log().sign(40, Hash([7; 32]));
        let (one, two) = (witness(1), witness(2));
        let keys = [one.public().clone(), two.public().clone()];
        let line = two.cosign(note.as_bytes(), TIME).unwrap();
        let both = format!("{note}{line}");
        assert_eq!(seen(both.as_bytes(), &keys), Some(vec![(1, TIME)]));
        assert_eq!(whose(note.as_bytes(), line.trim_end(), &keys), Line::By(1, TIME));
        assert_eq!(seen(note.as_bytes(), &keys), Some(vec![]));
        // Whoever does not know the witness passes the line over, and so does the reader of the log's own signature.
        assert_eq!(seen(both.as_bytes(), &keys[..1]), Some(vec![]));
        assert!(note::open(both.as_bytes(), &[log().public().clone()]).is_ok());
        // It is of that checkpoint, that time, and that witness.
        let other = log().sign(41, Hash([7; 32]));
        assert_eq!(whose(other.as_bytes(), line.trim_end(), &keys), Line::Forged);
        assert_eq!(seen(format!("{other}{line}").as_bytes(), &keys), None);
        let (name, id, mut signed) = note::line(line.trim_end()).unwrap();
        signed[7] ^= 1;
        assert_eq!(whose(note.as_bytes(), written_line(name, id, &signed).trim_end(), &keys), Line::Forged);
        let (_, _, theirs) = note::line(line.trim_end()).unwrap();
        assert_eq!(whose(note.as_bytes(), written_line(name, keys[0].id, &theirs).trim_end(), &keys), Line::Unknown);
        assert_eq!(whose(note.as_bytes(), written_line(&keys[0].name, keys[0].id, &theirs).trim_end(), &keys), Line::Forged);
        assert_eq!(whose(note.as_bytes(), written_line(name, id, &theirs[..9]).trim_end(), &keys), Line::Forged);
        // A time that no clock shows.
        let late = two.cosign(note.as_bytes(), u64::MAX).unwrap();
        assert_eq!(whose(note.as_bytes(), late.trim_end(), &keys), Line::Forged);
        // The plain signature of the same key is none.
        let plain = Signer::new(&[2; 32], "sendiass/disclosure/x").sign(40, Hash([7; 32]));
        assert_eq!(whose(note.as_bytes(), plain.lines().last().unwrap(), &keys), Line::Unknown);
    }

    #[test]
    fn t4_t12_a_witness_says_so_of_what_goes_on_from_what_it_knows_only() {
        let signed = |bodies: &[Vec<u8>]| {
            let (mut store, size) = (Store::of(bodies), bodies.len() as u64);
            let root = merkle::root(&mut store, size).unwrap();
            (log().sign(size, root), store)
        };
        let keys = [log().public().clone()];
        let mut all = bodies(12);
        let (old, _) = signed(&all[..7]);
        let (new, mut store) = signed(&all);
        let known = follows(None, old.as_bytes(), &keys, &[]).unwrap();
        let proof = proof::consistency(&mut store, 7, 12).unwrap();
        let seen = follows(Some(&known), new.as_bytes(), &keys, &proof).unwrap();
        assert_eq!((seen.size, follows(Some(&seen), new.as_bytes(), &keys, &[])), (12, Ok(seen.clone())));
        assert_eq!(follows(Some(&known), new.as_bytes(), &keys, &proof[1..]), Err(Refusal::NotProved));
        // An older genuine checkpoint is played back: the tail was cut.
        assert_eq!(follows(Some(&seen), old.as_bytes(), &keys, &proof), Err(Refusal::Older));
        // An entry was rewritten and all signed anew, with the real key: by whatever proof, it is not the log that was known.
        all[3] = b"{}".to_vec();
        let (forged, mut rewritten) = signed(&all);
        let proof = proof::consistency(&mut rewritten, 7, 12).unwrap();
        assert_eq!(follows(Some(&known), forged.as_bytes(), &keys, &proof), Err(Refusal::NotProved));
        assert_eq!(follows(Some(&seen), forged.as_bytes(), &keys, &[]), Err(Refusal::NotProved));
        // Another log, and somebody else's signature.
        let other = Signer::new(&[1; 32], "sendiass/access/x");
        let theirs = other.sign(12, seen.root);
        assert_eq!(follows(Some(&known), theirs.as_bytes(), &[other.public().clone()], &[]), Err(Refusal::OtherLog));
        assert_eq!(follows(None, theirs.as_bytes(), &keys, &[]), Err(Refusal::Note(NoteFault::Unsigned)));
    }

    #[test]
    fn a_key_of_a_witness_has_one_form_and_no_log_has_one() {
        let key = witness(3).public().clone();
        assert_eq!(WitnessKey::read(&key.text()), Some(key.clone()));
        assert_eq!((key.name(), WitnessKey::read(log().public().text().as_str())), ("witness.example/3", None));
        assert_eq!(note::PublicKey::read(&key.text()), None);
        assert!(Witness::new(&[3; 32], "two words").is_none());
        assert!(!format!("{:?}", witness(3)).contains(&crate::ledger::leaf::hex(&[3; 32])));
    }

    #[test]
    fn the_lines_are_those_of_the_format() {
        // The message that c2sp.org/tlog-cosignature shows, byte for byte.
        assert_eq!(
            message("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", 1_679_315_147),
            "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        );
        // The one who reads notes as the authors of the format do finds the line.
        let note = log().sign(40, Hash([7; 32]));
        let both = format!("{note}{}", witness(1).cosign(note.as_bytes(), TIME).unwrap());
        assert!(Note::from_bytes(both.as_bytes()).is_ok());
    }
}
