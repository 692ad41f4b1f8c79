//! A part of a log as one text file, with everything by which it can be checked far from the service: `sendiass-bundle/v1`.
//!
//! Lines, each ended by a line feed: the name of the format; the signed checkpoint of the log as it was (a C2SP note, as it is published);
//! `range <from> <to> <size>`, a half-open range of indexes and the size in the checkpoint; the hashes of the range proof
//! ([`proof::range`](super::proof::range)), one a line in base64; `entries`; and then the entries of the range as they were hashed.

use super::leaf::Hash;
use super::note::MAX_NOTE;

/// The first line of a bundle.
pub const FORMAT: &str = "sendiass-bundle/v1";
const ENTRIES: &str = "entries";
/// So many hashes a range proof has at most: a subtree of each height before the range, and one after it.
const MAX_PROOF: usize = 128;

/// What comes before the entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The signed checkpoint.
    pub note: Vec<u8>,
    /// The first index.
    pub from: u64,
    /// The first index after the range.
    pub to: u64,
    /// How many entries the log had: the size in the checkpoint.
    pub size: u64,
    /// The range proof.
    pub proof: Vec<Hash>,
}

impl Head {
    /// Its lines.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut lines = format!("{FORMAT}\n").into_bytes();
        lines.extend_from_slice(&self.note);
        lines.extend(format!("range {} {} {}\n", self.from, self.to, self.size).bytes());
        lines.extend(self.proof.iter().flat_map(|hash| format!("{}\n", hash.base64()).into_bytes()));
        lines.extend(format!("{ENTRIES}\n").bytes());
        lines
    }
}

/// A line that has no place in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBundle {
    /// The first line does not name the format: it is another file.
    Format,
    /// The checkpoint is longer than one can be, or none.
    Note,
    /// The range is not written as it may be, or is none.
    Range,
    /// A hash is not written as it may be, or there are too many.
    Proof,
}

impl std::fmt::Display for NoBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Format => "the file is not a bundle of a log",
            Self::Note => "there is no checkpoint where one should be",
            Self::Range => "the range is malformed",
            Self::Proof => "the range proof is malformed",
        })
    }
}

impl std::error::Error for NoBundle {}

/// Reads the head of a bundle, a line at a time.
#[derive(Clone, Debug, Default)]
pub struct HeadReader {
    begun: bool,
    note: Vec<u8>,
    range: Option<(u64, u64, u64)>,
    proof: Vec<Hash>,
}

impl HeadReader {
    /// Takes the next line, without its line feed. The head is answered with its last line.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Head>, NoBundle> {
        if !self.begun {
            self.begun = line == FORMAT.as_bytes();
            return if self.begun { Ok(None) } else { Err(NoBundle::Format) };
        }
        match self.range {
            // No line of a note begins so: names have no spaces, and signatures begin with a dash.
            None if line.starts_with(b"range ") => {
                self.range = Some(range(line).ok_or(NoBundle::Range)?);
                if self.note.is_empty() { Err(NoBundle::Note) } else { Ok(None) }
            }
            None => {
                self.note.extend_from_slice(line);
                self.note.push(b'\n');
                if self.note.len() > MAX_NOTE { Err(NoBundle::Note) } else { Ok(None) }
            }
            Some((from, to, size)) if line == ENTRIES.as_bytes() => {
                Ok(Some(Head { note: std::mem::take(&mut self.note), from, to, size, proof: std::mem::take(&mut self.proof) }))
            }
            Some(_) => {
                self.proof.push(std::str::from_utf8(line).ok().and_then(Hash::read).ok_or(NoBundle::Proof)?);
                if self.proof.len() > MAX_PROOF { Err(NoBundle::Proof) } else { Ok(None) }
            }
        }
    }
}

/// The numbers of a line `range <from> <to> <size>`, each in its one form.
fn range(line: &[u8]) -> Option<(u64, u64, u64)> {
    let text = std::str::from_utf8(line).ok()?;
    let mut numbers = text.strip_prefix("range ")?.split(' ').map(|number| number.parse().ok());
    let (from, to, size) = (numbers.next()??, numbers.next()??, numbers.next()??);
    (from <= to && to <= size && format!("range {from} {to} {size}") == text).then_some((from, to, size))
}

#[cfg(test)]
mod tests;
