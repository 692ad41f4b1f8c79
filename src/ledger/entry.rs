//! An entry of the disclosure log, version 1: what is in the clear, and what is only committed to. Over 350 lines because it is one shape.
//!
//! No free text is in the clear. `recipientPerson`, `subjects`, `consents`, `copies/n/person`, `items/n/digest`, `reason` and `grounds` are commitments;
//! what they stand for leaves [`DisclosureEntry::write`] as [`Opening`]s, to be sealed beside the log. The committed text is: an id in lower
//! case with hyphens; a permission as `id/version`; for `items/n/digest` the SHA-256 of the content as 64 lower-case hex digits, so that an
//! item can be shown to be what was sent without the log ever holding it; else the words themselves.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::body::Body;
use super::commit::CaseKey;
use super::leaf::{self, Hash, Malformed, hex};
use super::note::Checkpoint;
use crate::domain::disclosure::RefusalRule;
use crate::domain::ids::{ConsentId, DisposalId, EntryId, PersonId, RecipientId, RequestId, StaffId};
use crate::domain::text::{LongText, Name};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    Art9Condition, Basis, Channel, Direction, DisclosureLogKind, DisposalGround, ErasureNotice, InformationCategory, LawfulBasis,
    LogOutcome, PersonKind, Purpose, RetentionClass, RotatedKey, ToldSubject, Vocabulary,
};

/// The path of the grounds of a decision, which are shown to nobody: they hold what those know who see other cases (C1).
pub const GROUNDS: &str = "grounds";

/// One entry, before the transaction that makes it commits. A list that is empty and a value that is absent are left out of the body.
#[derive(Clone, Debug)]
pub struct DisclosureEntry {
    /// This entry.
    pub id: EntryId,
    /// What happened. It decides the outcome.
    pub kind: DisclosureLogKind,
    /// Who did it.
    pub actor: StaffId,
    /// The request that did it.
    pub request: RequestId,
    /// Who decided, where somebody did.
    pub decided_by: Option<StaffId>,
    /// Passed on, or asked for.
    pub direction: Option<Direction>,
    /// The body of the register that receives.
    pub recipient: Option<RecipientId>,
    /// The natural person who receives; committed.
    pub recipient_person: Option<RecipientPerson>,
    /// Whom the information is about; committed.
    pub subjects: Vec<PersonId>,
    /// On what ground.
    pub basis: Option<Basis>,
    /// UK GDPR Art. 6.
    pub lawful_basis: Option<LawfulBasis>,
    /// UK GDPR Art. 9.
    pub condition: Option<Art9Condition>,
    /// The permissions relied on, each with its version; committed.
    pub consents: Vec<(ConsentId, i64)>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// By which way.
    pub channel: Option<Channel>,
    /// Whether anybody can be recognised.
    pub identified: Option<bool>,
    /// Whether the person was told.
    pub told: Option<ToldSubject>,
    /// Who got a copy.
    pub copies: Vec<Copied>,
    /// What was passed on: one for each item and category.
    pub items: Vec<Item>,
    /// Necessity LF proportionality for a risk, or the manager's reason; committed.
    pub reason: Option<LongText>,
    /// What was decided on, as JSON text, so that it can be decided again; committed.
    pub grounds: Option<LongText>,
    /// Why it was refused.
    pub rules: Vec<RefusalRule>,
    /// The entry that is corrected or recalled.
    pub related: Option<EntryId>,
    /// What the first entry of a log says of the log.
    pub genesis: Option<Genesis>,
    /// Which key was replaced.
    pub rotated: Option<Rotated>,
    /// The case that is gone.
    pub disposed: Option<Disposed>,
}

/// A natural person who receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipientPerson {
    /// On record here.
    Person(PersonId),
    /// Known by name only.
    Named(Name),
}

/// A copy of what was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// What the person is; in the clear.
    pub role: PersonKind,
    /// Who; committed.
    pub person: PersonId,
}

/// One category of one item that was passed on. It keeps the digest of the content, never the content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Item {
    class: InformationCategory,
    digest: [u8; 32],
    bytes: u64,
}

impl Item {
    /// The content under this category. Of a note it is `concern` LF `actionTaken`, of anything else the summary.
    #[must_use]
    pub fn new(class: InformationCategory, content: &str) -> Self {
        Self { class, digest: Sha256::digest(content).into(), bytes: content.len() as u64 }
    }
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The bare digest of a form letter can be guessed.
        f.debug_struct("Item").field("class", &self.class).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// What the first entry of a log says of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The origin of its checkpoints.
    pub origin: String,
    /// The deployment.
    pub deployment: uuid::Uuid,
    /// The key that signs first.
    pub key: String,
    /// Of a log that was put back: the checkpoint that it does not go on from.
    pub follows: Option<Checkpoint>,
}

/// A key that was replaced by another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// What the key is for.
    pub key: RotatedKey,
    /// The one that was: of a log, as C2SP writes it; else its public name, where it has one.
    pub from: Option<String>,
    /// The one that is now.
    pub to: Option<String>,
}

/// What accounts for a case that was disposed of (C16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposed {
    /// The disposal, whose certificate tells the rest.
    pub disposal: DisposalId,
    /// The class of the retention schedule.
    pub policy: RetentionClass,
    /// On what ground.
    pub ground: DisposalGround,
    /// Who proposed it. Who decided is another.
    pub proposed_by: StaffId,
    /// What became of the notices to recipients.
    pub notices: ErasureNotice,
    /// How many entries of this log are about the case: all that have no openings from now on, this one among them.
    pub entries: i64,
    /// The fingerprint of the key that was destroyed.
    pub key: String,
}

impl Disposed {
    fn written(self) -> Value {
        serde_json::json!({
            "disposal": self.disposal.to_string(),
            "policy": self.policy.as_str(),
            "ground": self.ground.as_str(),
            "proposedBy": self.proposed_by.to_string(),
            "notices": self.notices.as_str(),
            "entries": self.entries,
            "key": self.key,
        })
    }
}

/// What a commitment stands for. With the case's key it proves what the entry says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Opening {
    /// The path of the field in the body: `subjects/0`.
    pub label: String,
    /// The committed text.
    pub value: String,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("label", &self.label).finish_non_exhaustive()
    }
}

/// An entry as the log takes it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The canonical JSON, to be stored and exported byte for byte.
    pub body: String,
    /// Its leaf.
    pub leaf: Hash,
    /// What its commitments stand for, to be sealed; empty if there are none.
    pub openings: Vec<Opening>,
}

impl Written {
    /// An entry that was written before it had its place: as it is if that is not before `earliest`, else with that time. The time it had is answered.
    pub fn again(body: String, earliest: Timestamp) -> Result<(Self, Timestamp), Malformed> {
        let mut fields = leaf::read(body.as_bytes())?;
        let at = fields.get("at").and_then(Value::as_str).and_then(Timestamp::parse).ok_or(Malformed::Syntax)?;
        let body = if at < earliest {
            fields.insert("at".to_owned(), earliest.to_string().into());
            leaf::write(&fields)?
        } else {
            body
        };
        Ok((Self { leaf: leaf::leaf_hash(body.as_bytes()), body, openings: Vec::new() }, at))
    }
}

/// Why an entry cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryError {
    /// It holds personal values, and no key of a case to commit to them with.
    NoCaseKey,
    /// Its body would break the canonical form, as a rule by its length.
    Malformed(Malformed),
}

impl std::fmt::Display for EntryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoCaseKey => f.write_str("an entry with personal values needs the key of its case"),
            Self::Malformed(malformed) => malformed.fmt(f),
        }
    }
}

impl std::error::Error for EntryError {}

impl DisclosureEntry {
    /// An entry with what is always present. The rest is set field by field.
    #[must_use]
    pub fn new(id: EntryId, kind: DisclosureLogKind, actor: StaffId, request: RequestId) -> Self {
        Self {
            id,
            kind,
            actor,
            request,
            decided_by: None,
            direction: None,
            recipient: None,
            recipient_person: None,
            subjects: Vec::new(),
            basis: None,
            lawful_basis: None,
            condition: None,
            consents: Vec::new(),
            purpose: None,
            channel: None,
            identified: None,
            told: None,
            copies: Vec::new(),
            items: Vec::new(),
            reason: None,
            grounds: None,
            rules: Vec::new(),
            related: None,
            genesis: None,
            rotated: None,
            disposed: None,
        }
    }

    /// The entry of this instant, with the key of the case it belongs to. An entry of no case (`log_genesis`) has none.
    pub fn write(self, at: Timestamp, key: Option<&CaseKey>) -> Result<Written, EntryError> {
        let mut body = Body::new(self.id, at, key);
        body.word("kind", Some(self.kind));
        body.word("outcome", Some(outcome(self.kind)));
        body.clear("actor", Some(self.actor.to_string()));
        body.clear("req", Some(self.request.to_string()));
        body.clear("case", key.map(|key| key.case_tag(self.id)));
        body.clear("decidedBy", self.decided_by.map(|id| id.to_string()));
        body.word("direction", self.direction);
        body.clear("recipient", self.recipient.map(|id| id.to_string()));
        body.word("basis", self.basis);
        body.word("lawfulBasis", self.lawful_basis);
        body.word("condition", self.condition);
        body.word("purpose", self.purpose);
        body.word("channel", self.channel);
        body.clear("identified", self.identified);
        body.word("told", self.told);
        body.clear("rel", self.related.map(|id| id.to_string()));
        body.list("rules", self.rules.into_iter().map(written_rule).map(Value::from).collect());
        body.genesis(self.genesis);
        body.rotated(self.rotated);
        body.clear("disposed", self.disposed.map(Disposed::written));
        let person = self.recipient_person.map(|person| match person {
            RecipientPerson::Person(id) => id.to_string(),
            RecipientPerson::Named(name) => name.0,
        });
        body.committed("recipientPerson", person)?;
        body.committed("reason", self.reason.map(|reason| reason.0))?;
        body.committed(GROUNDS, self.grounds.map(|grounds| grounds.0))?;
        body.committed_list("subjects", self.subjects, |body, label, id| body.commit(label, id.to_string()))?;
        body.committed_list("consents", self.consents, |body, label, (id, version)| body.commit(label, format!("{id}/{version}")))?;
        body.committed_list("copies", self.copies, |body, label, copy| {
            let person = body.commit(format!("{label}/person"), copy.person.to_string())?;
            Ok(serde_json::json!({ "role": copy.role.as_str(), "person": person }))
        })?;
        body.committed_list("items", self.items, |body, label, item| {
            let digest = body.commit(format!("{label}/digest"), hex(&item.digest))?;
            Ok(serde_json::json!({ "class": item.class.as_str(), "digest": digest, "bytes": item.bytes }))
        })?;
        body.write()
    }
}

/// The outcome follows from the kind, so the two cannot contradict each other.
pub(super) fn outcome(kind: DisclosureLogKind) -> LogOutcome {
    match kind {
        DisclosureLogKind::DisclosureMade => LogOutcome::Granted,
        DisclosureLogKind::DisclosureRefused => LogOutcome::Refused,
        _ => LogOutcome::Recorded,
    }
}

/// `R12/data_not_covered`; the code alone where the policy has no number for it.
#[must_use]
pub fn written_rule(rule: RefusalRule) -> String {
    rule.number().map_or_else(|| rule.to_string(), |number| format!("{number}/{rule}"))
}

#[cfg(test)]
mod tests;
