//! The entries of a bundle while they pass by, and what they come to.

use super::Asked;
use super::chain::{Chain, SignedBy};
use super::ids::{self, Ids};
use super::verdict::{Standing, Verdict};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{DisclosureLogKind, Vocabulary as _};
use crate::ledger::bundle::Head;
use crate::ledger::leaf::leaf_hash;
use crate::ledger::note::Checkpoint;
use crate::ledger::shape::{Facts, Shape};
use crate::ledger::verify::Range;

/// So many ids of entries are put in order at a time: whoever writes at once, and then for a while, is within it.
const WINDOW: usize = 1 << 19;

/// How the log stands beside the checkpoint that was kept.
#[derive(Clone, Debug)]
pub(super) enum Since {
    Judged(Verdict),
    /// It is found out when as many entries were read.
    Waits(Checkpoint),
    /// What the entries say, if they are those that were signed.
    Found(Verdict),
}

/// The entries of a bundle while they pass by.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    /// Without its note and proof.
    pub head: Head,
    pub checkpoint: Checkpoint,
    pub shape: Shape,
    pub range: Range,
    pub since: Since,
    pub ids: Ids<WINDOW>,
    pub first_at: String,
    pub last_at: String,
    /// What the log was last named by an entry.
    pub named: Option<String>,
    /// Which key signs it, as it says.
    pub chain: Chain,
    /// The ids of the entries, folded, and those that others are about: in the disclosure log.
    pub known: Vec<u64>,
    pub related: Vec<(u64, u64)>,
}

/// Half of an id. That two have the same half does not happen by chance, and who makes it happen gains nothing.
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
fn folded(id: u128) -> u64 {
    (id >> 64) as u64 ^ id as u64
}

impl Entries {
    pub fn count(&self) -> u64 {
        self.range.reached() - self.head.from
    }

    pub fn line(&mut self, line: &[u8]) -> Result<(), Verdict> {
        let index = self.range.reached();
        let failed = |finding, says: String| Verdict::new(Standing::Failed, finding, says).at(index);
        if index == self.head.to {
            return Err(failed("surplus", "There is more after the last entry: something was added.".to_owned()));
        }
        let facts = self.shape.check(line).map_err(|wrong| failed("entry", format!("Entry {index} was changed or damaged: {wrong}.")))?;
        if *facts.at < *self.last_at {
            let says = format!("Entry {index} is older than the one before it: entries were put in another order.");
            return Err(failed("time", says));
        }
        if !self.chain.follow(&facts.kind, line) {
            return Err(failed("key", format!("Entry {index} exchanges a key that did not sign the log.")));
        }
        let genesis = facts.kind == DisclosureLogKind::LogGenesis.as_str();
        if genesis != (index == 0) {
            return Err(failed(
                "genesis",
                format!("Entry {index} is not what it can be: a log is opened by its first entry, and only by it."),
            ));
        }
        self.note(index, facts).map_err(|ids::Twice| failed("twice", "An entry stands twice.".to_owned()))?;
        if !self.range.push(leaf_hash(line)) {
            return Err(failed("surplus", "There is more after the last entry: something was added.".to_owned()));
        }
        self.compare();
        Ok(())
    }

    /// Keeps what is needed of an entry to judge the others.
    fn note(&mut self, index: u64, facts: Facts<'_>) -> Result<(), ids::Twice> {
        if self.first_at.is_empty() {
            self.first_at.push_str(&facts.at);
        }
        self.last_at.clear();
        self.last_at.push_str(&facts.at);
        if let Some(name) = facts.origin {
            self.named = Some(name.into_owned());
        }
        if self.shape.relates() {
            self.known.push(folded(facts.id));
            self.related.extend(facts.related.map(|id| (folded(id), index)));
        }
        self.ids.push(facts.id)
    }

    /// Once the size of the checkpoint that was kept is reached: whether the log was what it says.
    pub fn compare(&mut self) {
        let Since::Waits(kept) = &self.since else { return };
        if self.range.reached() != kept.size {
            return;
        }
        self.since = Since::Found(if self.range.before() == kept.root {
            let says =
                format!("Nothing was changed or removed since the checkpoint you kept: its {} entries are still the first.", kept.size);
            Verdict::new(Standing::Sound, "continues", says)
        } else {
            let says = "What was in the log at the checkpoint you kept was changed or removed since: there are two histories.";
            Verdict::new(Standing::Failed, "fork", says)
        });
    }

    pub fn integrity(&mut self, rest: bool) -> Verdict {
        let failed = |finding, says: &str| Verdict::new(Standing::Failed, finding, says);
        let (count, all) = (self.count(), self.head.to - self.head.from);
        if count < all {
            let says = format!(
                "The file is not whole: it has {count} of {all} entries. It was cut off, or entries were taken out. Export it again."
            );
            return Verdict::new(Standing::Unknown, "cut_short", says);
        }
        if rest {
            return failed("surplus", "There is more after the last entry: something was added.");
        }
        let twice = std::mem::take(&mut self.ids).finish();
        if self.range.clone().finish() != Some(self.checkpoint.root) {
            let says = "The entries are not those that were signed: at least one was changed, removed, hidden, added or moved.";
            return failed("root", says);
        }
        let renamed = self.named.as_ref().is_some_and(|name| *name != self.checkpoint.origin);
        if renamed && self.head.to == self.head.size {
            return failed("name", "The log calls itself by another name than its checkpoint does.");
        }
        let signed_by = if self.head.to == self.head.size { self.chain.signed_by() } else { SignedBy::Now };
        if signed_by == SignedBy::Stranger {
            return failed(
                "unlogged_key",
                "The checkpoint is signed by a key of which the log says nothing: an exchange of the key was not logged.",
            );
        }
        if let Some(index) = self.unrelated() {
            return failed("relation", "An entry is about another one that is not in the log.").at(index);
        }
        if signed_by == SignedBy::Before {
            let says = "The checkpoint is signed by a key alone that was replaced: by a copy of the service that was not restarted yet, or by whoever else \
                        has that key. Take a newer one.";
            return Verdict::new(Standing::Unknown, "replaced_key", says);
        }
        match twice {
            Err(ids::Twice) => failed("twice", "An entry stands twice."),
            Ok(false) => Verdict::new(Standing::Unknown, "order", "Ids are too far out of order to say that no entry stands twice."),
            Ok(true) => {
                let says = format!("All {all} entries are exactly those that were signed, in their order, and each is well formed.");
                Verdict::new(Standing::Sound, "intact", says)
            }
        }
    }

    /// An entry that is about one that the log does not have. What lies before the bundle is not known.
    fn unrelated(&mut self) -> Option<u64> {
        if self.head.from > 0 || self.related.is_empty() {
            return None;
        }
        self.known.sort_unstable();
        self.related.iter().find(|(id, _)| self.known.binary_search(id).is_err()).map(|(_, index)| *index)
    }

    pub fn append_only(&self) -> Verdict {
        match &self.since {
            Since::Judged(verdict) | Since::Found(verdict) => verdict.clone(),
            Since::Waits(_) => Verdict::not_judged(),
        }
    }

    /// Whether all of the part that was asked for is here. Times never decrease, so an entry outside the period shows that the period ends.
    pub fn completeness(&self, asked: &Asked) -> Verdict {
        let Head { from, to, size, .. } = self.head;
        let (first, last) = (Timestamp::parse(&self.first_at), Timestamp::parse(&self.last_at));
        if (asked.from.is_none() && asked.to.is_none() && asked.index_from.is_none() && asked.index_to.is_none()) && (from, to) != (0, size)
        {
            let says = "Not asked: say which period you wanted (--from, --to), to see whether all of it is here.";
            return Verdict::new(Standing::NotAsked, "part", says);
        }
        let begins = from == 0
            || asked.from.zip(first).is_some_and(|(asked, first)| first < asked)
            || asked.index_from.is_some_and(|index| from <= index);
        let ends =
            to == size || asked.to.zip(last).is_some_and(|(asked, last)| last >= asked) || asked.index_to.is_some_and(|index| to >= index);
        match (begins, ends) {
            (true, true) if (from, to) == (0, size) => {
                Verdict::new(Standing::Sound, "whole", format!("The bundle has the whole log, as it was with {size} entries."))
            }
            (true, true) => Verdict::new(
                Standing::Sound,
                "complete",
                format!("Every entry of what you asked for is here, as the log was with {size} entries."),
            ),
            (false, _) => Verdict::new(Standing::Unknown, "begins_late", "Entries at the beginning of what you asked for may be missing."),
            (true, false) => Verdict::new(Standing::Unknown, "ends_early", "Entries at the end of what you asked for may be missing."),
        }
    }

    pub fn freshness(&self, fresh: Option<(i64, Timestamp)>) -> Verdict {
        let Some((most, now)) = fresh else {
            let says = "Not asked: say how old the last entry may be (--max-age), to see whether this is the log as it is.";
            return Verdict::new(Standing::NotAsked, "not_asked", says);
        };
        let last = Timestamp::parse(&self.last_at).filter(|_| self.head.to == self.head.size);
        match last.map(|last| now.micros() - last.micros()) {
            None => {
                Verdict::new(Standing::Unknown, "no_end", "The bundle does not have the last entry of the log, by which its age is told.")
            }
            Some(age) if age > most => {
                let says = "The last entry is older than you allow: the log may have been quiet, or a newer state of it is kept from you.";
                Verdict::new(Standing::Unknown, "stale", says)
            }
            Some(age) if age < -most => {
                Verdict::new(Standing::Unknown, "future", "The last entry was written in the future: a clock is wrong.")
            }
            Some(_) => Verdict::new(Standing::Sound, "fresh", "The last entry is as young as you ask."),
        }
    }
}
