//! The audit of a bundle: line by line, in memory that does not grow with it but for eight bytes an entry of the disclosure log, and without
//! anything of the service (C3, C10, C13). It shares no code with what makes a bundle but the hash of a leaf and of a node, and the words of entries.

mod chain;
mod entries;
mod ids;
mod verdict;

use super::bundle::{Head, HeadReader};
use super::note::{self, Checkpoint};
use super::shape::Shape;
use super::trust::Trust;
use super::verify::Range;
use crate::domain::time::Timestamp;
use chain::Chain;
use entries::{Entries, Since};
use ids::Ids;

pub use verdict::{Report, Standing, Verdict, worst};

/// What an auditor wants to know of a bundle.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Whom they believe.
    pub trust: Option<Trust>,
    /// A checkpoint that they kept: the log must go on from there.
    pub since: Option<Vec<u8>>,
    /// The part of the log that the bundle must have, from this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// From this index on.
    pub index_from: Option<u64>,
    /// Before this index.
    pub index_to: Option<u64>,
    /// The time of now, in seconds since 1970: no witness has spoken later.
    pub now: Option<u64>,
    /// How long ago the last entry may have been written, in microseconds, and the instant now.
    pub fresh: Option<(i64, Timestamp)>,
}

/// An audit that goes on.
#[derive(Clone, Debug)]
pub struct Audit {
    asked: Asked,
    stage: Stage,
    signature: Verdict,
    witnessing: Verdict,
    /// What is wrong with the bundle itself: the first such thing ends the audit.
    fault: Option<Verdict>,
}

#[derive(Clone, Debug)]
enum Stage {
    Head(HeadReader),
    Entries(Box<Entries>),
}

impl Audit {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        let signature = Verdict::new(Standing::Unknown, "cut_short", "The file ends before its checkpoint does.");
        let witnessing = Verdict::new(Standing::NotAsked, "not_configured", "Not configured: your trust file names no witnesses.");
        Self { asked, stage: Stage::Head(HeadReader::default()), signature, witnessing, fault: None }
    }

    /// Takes the next line, without its line feed. False: something is wrong, and no more needs to be read.
    pub fn line(&mut self, line: &[u8]) -> bool {
        if self.fault.is_none() {
            self.fault = match &mut self.stage {
                Stage::Entries(entries) => entries.line(line).err(),
                Stage::Head(reader) => match reader.line(line) {
                    Ok(None) => None,
                    Ok(Some(head)) => self.begin(&head).err(),
                    Err(fault) => Some(Verdict::of_head(fault)),
                },
            };
        }
        self.fault.is_none()
    }

    /// The index of the entry that comes next, once the head was read.
    #[must_use]
    pub fn next(&self) -> Option<u64> {
        match &self.stage {
            Stage::Head(_) => None,
            Stage::Entries(entries) => Some(entries.range.reached()),
        }
    }

    /// How far it is: entries read, and entries in the bundle.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        match &self.stage {
            Stage::Head(_) => (0, 0),
            Stage::Entries(entries) => (entries.count(), entries.head.to - entries.head.from),
        }
    }

    /// The head is whole: judges who signed it, and makes ready for the entries.
    fn begin(&mut self, head: &Head) -> Result<(), Verdict> {
        let opened = self.asked.trust.as_ref().map(|trust| trust.open(&head.note));
        self.signature = match &opened {
            Some(Ok(_)) => Verdict::new(Standing::Sound, "signed", "The checkpoint is signed by a key that you trust."),
            Some(Err(fault)) => Verdict::of_note(*fault),
            None => {
                let says = "Nobody vouches for the checkpoint: give a trust file, with the key that the operator gave you.";
                Verdict::new(Standing::Untrusted, "no_trust", says)
            }
        };
        if let Some(trust) = &self.asked.trust {
            self.witnessing = Verdict::of_witnesses(trust.witnessed(&head.note, self.asked.now));
        }
        let signers = self.asked.trust.as_ref().map(|trust| trust.signers(&head.note)).unwrap_or_default();
        let damaged = || Verdict::new(Standing::Failed, "head", "The head of the bundle was changed or damaged.");
        // What nobody is trusted to have signed is judged as what it says it is.
        let checkpoint = opened.and_then(Result::ok).or_else(|| note::claimed(&head.note)).ok_or_else(damaged)?;
        if checkpoint.size != head.size {
            return Err(damaged());
        }
        let unnamed = || Verdict::new(Standing::Unknown, "unknown_log", "The name of the log does not say which log it is.");
        let shape = Shape::of(&checkpoint.origin).ok_or_else(unnamed)?;
        let range = Range::begin(head.from, head.to, head.size, &head.proof).ok_or_else(damaged)?;
        let since = self.since(&checkpoint, head, self.signature.standing);
        let mut entries = Entries {
            shape,
            range,
            checkpoint,
            head: Head { note: Vec::new(), proof: Vec::new(), ..*head },
            since,
            ids: Ids::default(),
            first_at: String::new(),
            last_at: String::new(),
            named: None,
            chain: Chain::new(head.note.clone(), signers),
            known: Vec::new(),
            related: Vec::new(),
        };
        entries.compare();
        self.stage = Stage::Entries(Box::new(entries));
        Ok(())
    }

    /// What can be said of the checkpoint that was kept before any entry is read.
    fn since(&self, now: &Checkpoint, head: &Head, signed: Standing) -> Since {
        let judged = |standing, finding, says: &str| Since::Judged(Verdict::new(standing, finding, says));
        let Some(kept) = &self.asked.since else {
            return judged(
                Standing::NotAsked,
                "not_asked",
                "Give a checkpoint that you kept (--since) to see whether the log was only added to.",
            );
        };
        // What anybody can write is no history, and so no other one.
        let Some(trust) = self.asked.trust.as_ref().filter(|_| signed == Standing::Sound) else {
            return judged(
                Standing::Unknown,
                "not_signed",
                "Not judged, because nobody whom you trust signed the checkpoint of the bundle.",
            );
        };
        match trust.open(kept).map_err(|fault| Verdict::of_note(fault).standing) {
            Err(Standing::Untrusted) => judged(Standing::Untrusted, "unsigned", "No key that you trust signed the checkpoint you kept."),
            Err(_) => judged(Standing::Unknown, "damaged", "The checkpoint you kept is not one, or it was changed."),
            Ok(kept) if kept.origin != now.origin => judged(
                Standing::Untrusted,
                "other_log",
                "The checkpoint you kept is of another log. A log that was recovered has another name: see its entry `log_recovered`.",
            ),
            Ok(kept) if kept.size > now.size => judged(
                Standing::Failed,
                "rolled_back",
                "The log is shorter than the checkpoint you kept: entries were taken off its end, or this bundle is older than the checkpoint.",
            ),
            // Of one size there is one root, whatever the bundle holds.
            Ok(kept) if kept.size == now.size && kept.root != now.root => judged(
                Standing::Failed,
                "fork",
                "At the same size the log has another root than in the checkpoint you kept: there are two histories.",
            ),
            Ok(kept) if kept.size == now.size => {
                judged(Standing::Sound, "same", "The log is the very one of the checkpoint you kept, and nothing was added since.")
            }
            Ok(kept) if !(head.from..=head.to).contains(&kept.size) => judged(
                Standing::Unknown,
                "not_covered",
                "The bundle does not reach from the checkpoint you kept: export one whose range includes the size in it.",
            ),
            Ok(kept) => Since::Waits(kept),
        }
    }

    /// The verdicts, at the end of the file. `rest`: after its last line feed there is more.
    #[must_use]
    pub fn finish(self, rest: bool) -> Report {
        let not_asked = |finding, says: &str| Verdict::new(Standing::NotAsked, finding, says);
        let cut = || Verdict::new(Standing::Unknown, "cut_short", "The file is not whole: it ends within its head.");
        let mut report = Report {
            origin: None,
            size: None,
            root_hash: None,
            index_from: None,
            index_to: None,
            entries: 0,
            first_at: None,
            last_at: None,
            signature: self.signature,
            integrity: self.fault.clone().unwrap_or_else(cut),
            append_only: Verdict::not_judged(),
            completeness: Verdict::not_judged(),
            freshness: Verdict::not_judged(),
            witnessing: self.witnessing,
            openings: not_asked("not_given", "Not given: what the commitments stand for is shown by the service manager only."),
        };
        let Stage::Entries(mut entries) = self.stage else { return report };
        report.origin = Some(entries.checkpoint.origin.clone());
        report.size = Some(entries.checkpoint.size);
        report.root_hash = Some(entries.checkpoint.root.base64());
        (report.index_from, report.index_to) = (Some(entries.head.from), Some(entries.head.to));
        report.entries = entries.count();
        let told = |at: &String| Some(at.clone()).filter(|at| !at.is_empty());
        (report.first_at, report.last_at) = (told(&entries.first_at), told(&entries.last_at));
        report.integrity = match self.fault {
            Some(fault) => fault,
            None => entries.integrity(rest),
        };
        // Nothing is said of what is not shown to be the log that was signed.
        if report.integrity.standing == Standing::Sound {
            report.completeness = entries.completeness(&self.asked);
            report.freshness = entries.freshness(self.asked.fresh);
            report.append_only = entries.append_only();
        } else if let Since::Judged(verdict) = &entries.since
            && verdict.standing != Standing::Sound
        {
            // What the checkpoints alone say stands, whatever the entries are.
            report.append_only = verdict.clone();
        }
        report
    }
}

#[cfg(test)]
mod tests;
