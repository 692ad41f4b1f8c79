//! The body of an entry while it is written: fields in the clear, and commitments.

use serde_json::{Map, Value};

use super::commit::CaseKey;
use super::entry::{EntryError, Genesis, Opening, Rotated, Written};
use super::leaf::{self, leaf_hash};
use super::note::Checkpoint;
use crate::domain::ids::EntryId;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Vocabulary;

const VERSION: i64 = 1;

/// The fields of an entry.
pub(super) struct Body<'a> {
    id: EntryId,
    key: Option<&'a CaseKey>,
    fields: Map<String, Value>,
    openings: Vec<Opening>,
}

impl<'a> Body<'a> {
    /// A body with what every entry of every log begins with.
    pub fn new(id: EntryId, at: Timestamp, key: Option<&'a CaseKey>) -> Self {
        let mut body = Self { id, key, fields: Map::new(), openings: Vec::new() };
        body.clear("v", Some(VERSION));
        body.clear("id", Some(id.to_string()));
        body.clear("at", Some(at.to_string()));
        body
    }

    /// What the first entry of a log says of the log.
    pub fn genesis(&mut self, genesis: Option<Genesis>) {
        if let Some(genesis) = genesis {
            self.clear("origin", Some(genesis.origin));
            self.clear("deployment", Some(genesis.deployment.to_string()));
            self.clear("keyId", Some(genesis.key));
            let follows = |old: Checkpoint| serde_json::json!({"origin": old.origin, "root": old.root.base64(), "size": old.size});
            self.clear("follows", genesis.follows.map(follows));
        }
    }

    /// Which key was replaced by which.
    pub fn rotated(&mut self, rotated: Option<Rotated>) {
        if let Some(Rotated { key, from, to }) = rotated {
            let mut fields = Map::from_iter([("key".to_owned(), Value::from(key.as_str()))]);
            fields.extend(from.map(|from| ("from".to_owned(), from.into())));
            fields.extend(to.map(|to| ("to".to_owned(), to.into())));
            self.clear("rotated", Some(fields));
        }
    }

    /// The entry as the log takes it.
    pub fn write(self) -> Result<Written, EntryError> {
        let text = leaf::write(&self.fields).map_err(EntryError::Malformed)?;
        Ok(Written { leaf: leaf_hash(text.as_bytes()), body: text, openings: self.openings })
    }

    pub fn clear(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.fields.insert(name.to_owned(), value.into());
        }
    }

    pub fn word(&mut self, name: &str, value: Option<impl Vocabulary>) {
        self.clear(name, value.map(Vocabulary::as_str));
    }

    pub fn list(&mut self, name: &str, values: Vec<Value>) {
        self.clear(name, Some(values).filter(|values| !values.is_empty()));
    }

    pub fn commit(&mut self, label: String, value: String) -> Result<Value, EntryError> {
        let commitment = self.key.ok_or(EntryError::NoCaseKey)?.commitment(self.id, &label, &value);
        self.openings.push(Opening { label, value });
        Ok(commitment.into())
    }

    pub fn committed(&mut self, name: &str, value: Option<String>) -> Result<(), EntryError> {
        let commitment = value.map(|value| self.commit(name.to_owned(), value)).transpose()?;
        self.clear(name, commitment);
        Ok(())
    }

    /// A list whose members are, or hold, commitments; the label of member `n` is `name/n`.
    pub fn committed_list<T>(
        &mut self,
        name: &str,
        members: Vec<T>,
        write: impl Fn(&mut Self, String, T) -> Result<Value, EntryError>,
    ) -> Result<(), EntryError> {
        let values =
            members.into_iter().enumerate().map(|(n, member)| write(self, format!("{name}/{n}"), member)).collect::<Result<_, _>>()?;
        self.list(name, values);
        Ok(())
    }
}
