//! What comes of an audit: a verdict on each question, in words for people and in words for programs.

use serde::Serialize;

use super::super::bundle::NoBundle;
use super::super::note::NoteFault;
use super::super::trust::Witnessed;

/// How a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is as it should be.
    Sound,
    /// It is not: something was changed, removed, hidden or added.
    Failed,
    /// Whoever vouches for it is not trusted.
    Untrusted,
    /// It cannot be told from what is there.
    Unknown,
    /// Nobody asked.
    NotAsked,
}

impl Standing {
    /// 0 sound, 1 tampering, 2 it cannot be concluded, 3 a key or a name that is not trusted.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Unknown => 2,
            Self::Untrusted => 3,
            Self::Sound | Self::NotAsked => 0,
        }
    }
}

/// The worst of these: tampering, then nobody to trust, then something that cannot be told; none, if nothing is wrong.
pub fn worst<'v>(verdicts: impl IntoIterator<Item = &'v Verdict>) -> Option<&'v Verdict> {
    let order =
        |verdict: &&Verdict| [Standing::Failed, Standing::Untrusted, Standing::Unknown].iter().position(|bad| *bad == verdict.standing);
    verdicts.into_iter().filter(|verdict| order(verdict).is_some()).min_by_key(order)
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// How it stands.
    pub standing: Standing,
    /// What was found, as a word for programs.
    pub finding: &'static str,
    /// The entry where it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// What that means.
    pub says: String,
}

impl Verdict {
    pub(in crate::ledger) fn new(standing: Standing, finding: &'static str, says: impl Into<String>) -> Self {
        Self { standing, finding, index: None, says: says.into() }
    }

    pub(in crate::ledger) fn at(self, index: u64) -> Self {
        Self { index: Some(index), ..self }
    }

    pub(crate) fn not_judged() -> Self {
        Self::new(Standing::Unknown, "not_judged", "Not judged, because the entries are not shown to be those that were signed.")
    }

    /// That of a file whose head is no head.
    pub(super) fn of_head(fault: NoBundle) -> Self {
        match fault {
            NoBundle::Format => Self::new(Standing::Unknown, "no_bundle", "This file is not a bundle of a log."),
            _ => Self::new(Standing::Failed, "head", format!("The head of the bundle was changed or damaged: {fault}.")),
        }
    }

    /// That on who else saw the log.
    pub(crate) fn of_witnesses(witnessed: Witnessed) -> Self {
        match witnessed {
            Witnessed::NotAsked => Self::new(Standing::NotAsked, "not_configured", "Not configured: your trust file names no witnesses."),
            Witnessed::Enough(seen) => Self::new(Standing::Sound, "witnessed", format!("{seen} of your witnesses saw this very log.")),
            Witnessed::Short(seen, wanted) => {
                let says = format!("{seen} of your witnesses saw this log, and {wanted} must: take a checkpoint that they signed.");
                Self::new(Standing::Unknown, "quorum", says)
            }
            Witnessed::Forged => {
                let says = "What stands under the name of a witness they did not say, or not yet: the time in it has not come.";
                Self::new(Standing::Failed, "forged_witness", says)
            }
        }
    }

    /// That on who signed, where the checkpoint is not taken.
    pub(super) fn of_note(fault: NoteFault) -> Self {
        let (standing, finding) = match fault {
            NoteFault::Malformed => (Standing::Failed, "malformed"),
            NoteFault::Forged => (Standing::Failed, "forged"),
            NoteFault::Unsigned => (Standing::Untrusted, "unsigned"),
            NoteFault::OtherLog => (Standing::Untrusted, "other_log"),
        };
        let says = match fault {
            NoteFault::Malformed => "The checkpoint was changed or damaged: it is not one in the form that is signed.",
            NoteFault::Forged => "The signature of the checkpoint does not hold: the key is one you trust, but it did not sign this.",
            NoteFault::Unsigned => "No key that you trust for a log of this name and size signed the checkpoint.",
            NoteFault::OtherLog => "The checkpoint names another log than the key that signed it.",
        };
        Self::new(standing, finding, says)
    }
}

/// What an audit came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The name of the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// How many entries the log had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its root, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_hash: Option<String>,
    /// The first index in the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_from: Option<u64>,
    /// The first index after those in the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_to: Option<u64>,
    /// How many entries were read.
    pub entries: u64,
    /// When the first of them was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_at: Option<String>,
    /// When the last of them was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
    /// Whether somebody who is trusted signed the checkpoint.
    pub signature: Verdict,
    /// Whether the entries are those that were signed, unchanged and all of them.
    pub integrity: Verdict,
    /// Whether the log was only added to since a checkpoint that the auditor kept.
    pub append_only: Verdict,
    /// Whether the bundle has every entry of the part that was asked for.
    pub completeness: Verdict,
    /// Whether the log is as it was lately.
    pub freshness: Verdict,
    /// Whether others than the service saw the same log.
    pub witnessing: Verdict,
    /// Whether what the commitments stand for was shown.
    pub openings: Verdict,
}

impl Report {
    /// Each question by name, with its verdict.
    #[must_use]
    pub fn verdicts(&self) -> [(&'static str, &Verdict); 7] {
        [
            ("signature", &self.signature),
            ("integrity", &self.integrity),
            ("append-only", &self.append_only),
            ("completeness", &self.completeness),
            ("freshness", &self.freshness),
            ("witnessing", &self.witnessing),
            ("openings", &self.openings),
        ]
    }

    /// The worst that was found.
    #[must_use]
    pub fn standing(&self) -> Standing {
        worst(self.verdicts().map(|(_, verdict)| verdict)).map_or(Standing::Sound, |verdict| verdict.standing)
    }

    /// As [`Standing::exit_code`] of the worst.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.standing().exit_code()
    }
}
