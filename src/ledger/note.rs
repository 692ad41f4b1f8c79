//! Checkpoints: how large a log is and what its root is, signed. They are the signed notes and checkpoints of C2SP
//! (`c2sp.org/signed-note`, `c2sp.org/tlog-checkpoint`), without extension lines, with Ed25519.
//!
//! The reader is strict: one text has one form. Signatures by keys that are not known are passed over, so that more may be added later; one by a
//! known key that does not hold spoils the note.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::leaf::{Hash, hex};

/// So long a note may be, in bytes.
pub const MAX_NOTE: usize = 16 * 1024;
/// So many signatures it may have.
const MAX_SIGNATURES: usize = 16;
/// Begins a signature line: EM DASH, space.
const DASH: &str = "\u{2014} ";
/// The kind of key, in key ids and written keys: Ed25519.
const ED25519: u8 = 1;

/// How large a log is, and what its root is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.base64())
    }

    /// The checkpoint in its three lines.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.strip_suffix('\n')?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else { return None };
        let checkpoint = Self { origin: (*origin).to_owned(), size: size.parse().ok()?, root: Hash::read(root)? };
        // One text has one form: no sign, no leading zero, no other base64.
        Some(checkpoint).filter(|read| is_name(origin) && read.text() == text)
    }
}

/// A name of a key is not empty and has no white space and no plus sign.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

/// The id of a key: the first four bytes of SHA-256 over its name, a line feed, the kind and the public key.
pub(super) fn key_id(name: &str, kind: u8, public: &[u8; 32]) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::new().chain_update(name).chain_update([b'\n', kind]).chain_update(public).finalize().into();
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

/// The public half of a key under a name. Its kind says what is signed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey<const KIND: u8> {
    pub(super) name: String,
    pub(super) id: [u8; 4],
    pub(super) key: VerifyingKey,
}

/// The public half of a key under the name of a log.
pub type PublicKey = NamedKey<ED25519>;

impl<const KIND: u8> NamedKey<KIND> {
    pub(super) fn new(name: &str, key: VerifyingKey) -> Self {
        Self { name: name.to_owned(), id: key_id(name, KIND, key.as_bytes()), key }
    }

    /// The key in this text: `name+id+base64(kind || public key)`, as C2SP writes it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('+')?;
        let (_, key) = rest.split_once('+')?;
        let bytes = STANDARD.decode(key).ok()?;
        let (_, public) = bytes.split_first()?;
        let public = VerifyingKey::from_bytes(public.try_into().ok()?).ok().filter(|key| !key.is_weak())?;
        let read = Self::new(name, public);
        // One key has one form, in which its kind is told.
        Some(read).filter(|read| is_name(name) && read.text() == text)
    }

    /// As C2SP writes it.
    #[must_use]
    pub fn text(&self) -> String {
        let key: Vec<u8> = [KIND].into_iter().chain(*self.key.as_bytes()).collect();
        format!("{}+{}+{}", self.name, hex(&self.id), STANDARD.encode(key))
    }

    /// The log it signs for, or whose it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl PublicKey {
    /// The same key under the name of another log.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self::new(name, self.key)
    }

    /// Its id, in eight hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> String {
        hex(&self.id)
    }
}

/// Signs for one log. The private half is wiped when it is dropped, and never shown.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    public: PublicKey,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.public.text())
    }
}

impl Signer {
    /// The key of this seed, under the name of a log.
    #[must_use]
    pub fn new(seed: &[u8; 32], origin: &str) -> Self {
        let key = SigningKey::from_bytes(seed);
        let public = PublicKey::new(origin, key.verifying_key());
        Self { key, public }
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signed note of a size and root of the log.
    #[must_use]
    pub fn sign(&self, size: u64, root: Hash) -> String {
        self.sign_beside(&[], size, root)
    }

    /// The same, signed by other keys of this log as well: while one key is exchanged for another.
    #[must_use]
    pub fn sign_beside(&self, others: &[Self], size: u64, root: Hash) -> String {
        let text = Checkpoint { origin: self.public.name.clone(), size, root }.text();
        let lines: String = std::iter::once(self).chain(others).map(|signer| signer.line(&text)).collect();
        format!("{text}\n{lines}")
    }

    fn line(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        written_line(&self.public.name, self.public.id, &signature)
    }
}

/// Why a note is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteFault {
    /// It is not a checkpoint in the one form it may have.
    Malformed,
    /// A signature by a known key does not hold.
    Forged,
    /// No known key signed it.
    Unsigned,
    /// It is of another log than the key that signed it.
    OtherLog,
}

impl std::fmt::Display for NoteFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the checkpoint is malformed",
            Self::Forged => "a signature of the checkpoint is forged",
            Self::Unsigned => "no trusted key signed the checkpoint",
            Self::OtherLog => "the checkpoint is of another log",
        })
    }
}

impl std::error::Error for NoteFault {}

/// The checkpoint in a note that one of these keys signed.
pub fn open(note: &[u8], keys: &[PublicKey]) -> Result<Checkpoint, NoteFault> {
    let (text, signatures) = parts(note).ok_or(NoteFault::Malformed)?;
    let mut signed_by: Option<&PublicKey> = None;
    let mut seen: Vec<(&str, [u8; 4])> = Vec::new();
    for (name, id, signature) in &signatures {
        if seen.contains(&(*name, *id)) {
            return Err(NoteFault::Malformed);
        }
        seen.push((*name, *id));
        // Two known keys of one name and id cannot be told apart: the signature must hold for one of them.
        let mut known = keys.iter().filter(|key| key.name == *name && key.id == *id).peekable();
        if known.peek().is_none() {
            continue;
        }
        let signature = Signature::from_slice(signature).map_err(|_| NoteFault::Forged)?;
        let holds = known.find(|key| key.key.verify_strict(text.as_bytes(), &signature).is_ok());
        signed_by = Some(holds.ok_or(NoteFault::Forged)?);
    }
    let key = signed_by.ok_or(NoteFault::Unsigned)?;
    let checkpoint = Checkpoint::read(text).ok_or(NoteFault::Malformed)?;
    if checkpoint.origin == key.name { Ok(checkpoint) } else { Err(NoteFault::OtherLog) }
}

/// What a note says, whoever signed it: to be believed of none but one whose signature holds.
#[must_use]
pub fn claimed(note: &[u8]) -> Option<Checkpoint> {
    parts(note).and_then(|(text, _)| Checkpoint::read(text))
}

/// The name of the log that a note says it is of, whoever signed it.
#[must_use]
pub fn claimed_origin(note: &[u8]) -> Option<String> {
    claimed(note).map(|read| read.origin)
}

type Line<'a> = (&'a str, [u8; 4], Vec<u8>);

/// A line of signature.
pub(super) fn written_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    let signed: Vec<u8> = id.iter().chain(signature).copied().collect();
    format!("{DASH}{name} {}\n", STANDARD.encode(signed))
}

/// The text and the signatures of a note.
pub(super) fn parts(note: &[u8]) -> Option<(&str, Vec<Line<'_>>)> {
    if note.len() > MAX_NOTE {
        return None;
    }
    let note = std::str::from_utf8(note).ok().filter(|note| !note.contains(|c: char| c != '\n' && c.is_control()))?;
    let (text, signatures) = note.rsplit_once("\n\n")?;
    // The line feed that ends the text is the first of the two.
    let text = note.get(..=text.len())?;
    let lines = signatures.strip_suffix('\n')?.split('\n').map(line).collect::<Option<Vec<_>>>()?;
    Some((text, lines)).filter(|(_, lines)| lines.len() <= MAX_SIGNATURES)
}

pub(super) fn line(line: &str) -> Option<Line<'_>> {
    let (name, signed) = line.strip_prefix(DASH)?.split_once(' ').filter(|(name, _)| is_name(name))?;
    let bytes = STANDARD.decode(signed).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (!signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}

#[cfg(test)]
mod tests;
