//! The tamper-evident log, pure: no database, no HTTP, no clock.
//!
//! An entry is written once, as canonical JSON; its hash is a leaf of an RFC 6962 tree. Personal values enter it only as keyed commitments.

pub mod access;
pub mod audit;
mod body;
pub mod bundle;
pub mod commit;
pub mod entry;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod openings;
pub mod proof;
mod read;
pub mod receipt;
pub(crate) mod shape;
pub mod tiles;
pub mod trust;
pub mod verify;
pub mod witness;

pub use access::AccessEntry;
pub use commit::{CaseKey, FieldKey, TagKey};
pub use entry::{Copied, DisclosureEntry, Disposed, EntryError, Genesis, Item, Opening, RecipientPerson, Rotated, Written};
pub use leaf::{Hash, Malformed};
pub use merkle::{HashReader, MissingRows, Subtree};
pub use note::{Checkpoint, NoteFault, PublicKey, Signer};
