//! An entry of the access log, version 1: who saw or changed what, when, and why they might.
//!
//! It holds ids of staff, words and digests, and no commitment: there is nothing in it to open. For each case shown it has a tag of this entry
//! alone, so that without the key of a case nobody can tell that two entries are about it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::body::Body;
use super::commit::CaseKey;
use super::entry::{EntryError, Genesis, Rotated, Written};
use crate::domain::ids::{EntryId, RequestId, StaffId};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{AccessLogKind, AccessReason, AccessTarget, LogOutcome, Role, Vocabulary as _};

/// One entry, before the transaction that makes it commits. What is absent is left out of the body.
#[derive(Clone, Debug)]
pub struct AccessEntry {
    /// This entry.
    pub id: EntryId,
    /// What was done. It decides the outcome.
    pub kind: AccessLogKind,
    /// Who did it.
    pub actor: StaffId,
    /// The request in which it was done.
    pub request: RequestId,
    /// The role by which they might.
    pub role: Option<Role>,
    /// The operation of the contract (`operationId`).
    pub operation: Option<String>,
    /// The kind of record.
    pub target: Option<AccessTarget>,
    /// The reason given for opening restricted cases.
    pub access_reason: Option<AccessReason>,
    /// The version that the changed record has now.
    pub row_version: Option<i32>,
    /// SHA-256 of the ciphertexts written, one after the other in the order of writing.
    pub sealed_digest: Option<[u8; 32]>,
    /// The audit for which something was lent.
    pub audit_reference: Option<String>,
    /// What the first entry of a log says of the log.
    pub genesis: Option<Genesis>,
    /// Which key was replaced.
    pub rotated: Option<Rotated>,
}

impl AccessEntry {
    /// An entry with what is always present. The rest is set field by field.
    #[must_use]
    pub fn new(kind: AccessLogKind, actor: StaffId, request: RequestId) -> Self {
        Self {
            id: EntryId::mint(),
            kind,
            actor,
            request,
            role: None,
            operation: None,
            target: None,
            access_reason: None,
            row_version: None,
            sealed_digest: None,
            audit_reference: None,
            genesis: None,
            rotated: None,
        }
    }

    /// The entry of this instant, with the keys of the cases it is about.
    pub fn write(self, at: Timestamp, keys: &[CaseKey]) -> Result<Written, EntryError> {
        let mut body = Body::new(self.id, at, None);
        body.word("kind", Some(self.kind));
        body.word("outcome", Some(outcome(self.kind)));
        body.clear("actor", Some(self.actor.to_string()));
        body.clear("req", Some(self.request.to_string()));
        body.word("role", self.role);
        body.clear("operation", self.operation);
        body.word("target", self.target);
        body.word("accessReason", self.access_reason);
        body.clear("rowVersion", self.row_version);
        body.clear("sealedDigest", self.sealed_digest.map(|digest| URL_SAFE_NO_PAD.encode(digest)));
        let mut tags: Vec<String> = keys.iter().map(|key| key.case_tag(self.id)).collect();
        // By themselves, so that their order tells nothing of the cases.
        tags.sort_unstable();
        body.list("cases", tags.into_iter().map(Value::from).collect());
        body.clear("auditReference", self.audit_reference);
        body.genesis(self.genesis);
        body.rotated(self.rotated);
        body.write()
    }
}

/// The outcome follows from the kind, so the two cannot contradict each other.
pub(super) fn outcome(kind: AccessLogKind) -> LogOutcome {
    use AccessLogKind as K;
    match kind {
        K::Read | K::Listed | K::Searched | K::Created | K::Changed | K::Exported => LogOutcome::Granted,
        K::Refused => LogOutcome::Refused,
        K::CaseDisposed | K::KeyRotated | K::LogGenesis | K::LogRecovered | K::LogPruned => LogOutcome::Recorded,
    }
}

/// The kinds of entry with this outcome.
#[must_use]
pub fn kinds(wanted: LogOutcome) -> Vec<AccessLogKind> {
    AccessLogKind::ALL.iter().copied().filter(|kind| outcome(*kind) == wanted).collect()
}

#[cfg(test)]
mod tests;
