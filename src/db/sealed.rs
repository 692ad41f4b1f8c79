//! Sealing of personal text: envelope encryption with a key for each case, person, referral and subject access request.
//!
//! A random data key of its owner encrypts (XChaCha20-Poly1305); the key-encryption key wraps it. The ciphertext is bound to its table,
//! column, row and owner, so that it cannot be moved. Destroying the wrapped key destroys what it sealed (C16).

use std::collections::HashMap;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::conn::Conn;
use super::error::{Error, Result};
use super::keyring::{self, KeyRow, Keyring};
use super::schema::sealing_key;
use crate::domain::ids::{CaseId, PersonId, ReferralId, SarId};
use crate::domain::time::Timestamp;

const FORMAT: u8 = 1;
const XCHACHA20_POLY1305: u8 = 1;
const NONCE: usize = 24;
const HEAD: usize = 6;

/// 32 secret bytes, wiped when dropped.
pub type Secret = Zeroizing<[u8; 32]>;

/// Whose key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A case: its text, its notes, permissions, disclosures.
    Case(CaseId),
    /// A person: names, birth date, contacts.
    Person(PersonId),
    /// A referral: what was told, and why it was decided so. It is disposed of by itself.
    Referral(ReferralId),
    /// A subject access request: who asked, and what was done. What of it belongs to one case is sealed under the key of that.
    SubjectAccess(SarId),
}

impl Owner {
    /// As a row of its keys names it.
    pub(super) fn of(kind: &str, id: &[u8]) -> Result<Self> {
        let id = uuid::Uuid::from_slice(id).map_err(|_| Error::Corrupt("owner of a key"))?;
        match kind {
            "case" => Ok(Self::Case(CaseId(id))),
            "person" => Ok(Self::Person(PersonId(id))),
            "referral" => Ok(Self::Referral(ReferralId(id))),
            "subject_access" => Ok(Self::SubjectAccess(SarId(id))),
            _ => Err(Error::Corrupt("owner of a key")),
        }
    }

    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Case(_) => "case",
            Self::Person(_) => "person",
            Self::Referral(_) => "referral",
            Self::SubjectAccess(_) => "subject_access",
        }
    }

    /// As its keys name it.
    pub(super) fn bytes(self) -> Vec<u8> {
        self.uuid().as_bytes().to_vec()
    }

    pub(super) fn uuid(self) -> uuid::Uuid {
        match self {
            Self::Case(id) => id.0,
            Self::Person(id) => id.0,
            Self::Referral(id) => id.0,
            Self::SubjectAccess(id) => id.0,
        }
    }
}

/// What a data key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyUse {
    /// It encrypts text.
    Seal,
    /// It is `K_case` of the log: commitments and tags. Never rotated.
    Ledger,
}

impl KeyUse {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Ledger => "ledger",
        }
    }
}

/// The place of a sealed value.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row.
    pub row: uuid::Uuid,
    /// Whose key seals it.
    pub owner: Owner,
}

impl Cell {
    /// The column `sealed` of a row.
    #[must_use]
    pub fn of(table: &'static str, row: uuid::Uuid, owner: Owner) -> Self {
        Self { table, column: "sealed", row, owner }
    }

    /// Another column of the same row.
    #[must_use]
    pub fn column(self, column: &'static str) -> Self {
        Self { column, ..self }
    }

    fn aad(&self, version: u32) -> Vec<u8> {
        bound(&[
            b"sendiass",
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.row.as_bytes(),
            self.owner.uuid().as_bytes(),
            &version.to_be_bytes(),
        ])
    }
}

/// The parts, each with its length before it, so that no two lists of parts give the same bytes.
pub(super) fn bound(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

pub(super) fn fresh<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Unavailable)?;
    Ok(bytes)
}

pub(super) fn encrypt(cipher: &XChaCha20Poly1305, version: u32, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE] = fresh()?;
    let text = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad }).map_err(|_| Error::Corrupt("plaintext"))?;
    let mut sealed = Vec::with_capacity(HEAD + NONCE + text.len());
    sealed.extend_from_slice(&[FORMAT, XCHACHA20_POLY1305]);
    sealed.extend_from_slice(&version.to_be_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// The key version a sealed value names.
pub(super) fn version_of(sealed: &[u8]) -> Result<u32> {
    match sealed.split_first_chunk::<HEAD>() {
        Some(([FORMAT, XCHACHA20_POLY1305, a, b, c, d], _)) => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(Error::Corrupt("sealed value")),
    }
}

pub(super) fn decrypt(cipher: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.get(HEAD..).and_then(<[u8]>::split_first_chunk::<NONCE>).ok_or(Error::Corrupt("sealed value"))?;
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad }).map(Zeroizing::new).map_err(|_| Error::Corrupt("sealed value"))
}

/// The data keys used in one transaction, unwrapped once.
#[derive(Default)]
pub struct Unwrapped {
    keys: HashMap<(Owner, KeyUse, u32), Secret>,
    newest: HashMap<(Owner, KeyUse), u32>,
}

impl Unwrapped {
    /// The newest key of this owner for this use, if it was fetched.
    #[must_use]
    pub fn newest(&self, owner: Owner, usage: KeyUse) -> Option<Secret> {
        let version = self.newest.get(&(owner, usage))?;
        self.keys.get(&(owner, usage, *version)).cloned()
    }

    /// The keys of this owner are no more.
    pub fn forget(&mut self, owner: Owner) {
        self.keys.retain(|(of, ..), _| *of != owner);
        self.newest.retain(|(of, _), _| *of != owner);
    }
}

/// The newest key of an owner, or the one of the version named.
fn find(
    conn: &mut Conn,
    ring: &Keyring,
    kept: &mut Unwrapped,
    owner: Owner,
    usage: KeyUse,
    version: Option<u32>,
) -> Result<Option<(u32, Secret)>> {
    if let Some(wanted) = version.or_else(|| kept.newest.get(&(owner, usage)).copied())
        && let Some(key) = kept.keys.get(&(owner, usage, wanted))
    {
        return Ok(Some((wanted, key.clone())));
    }
    let mut query = sealing_key::table.filter(keyring::held_by(owner, usage)).order(sealing_key::version.desc()).into_boxed();
    if let Some(wanted) = version {
        query = query.filter(sealing_key::version.eq(i32::try_from(wanted).map_err(|_| Error::Corrupt("key version"))?));
    }
    let Some(row) = query.first::<KeyRow>(conn).optional()? else { return Ok(None) };
    let Some((found, key)) = row.unwrapped(ring)? else { return Err(Error::NotFound) };
    kept.keys.insert((owner, usage, found), key.clone());
    if version.is_none() {
        kept.newest.insert((owner, usage), found);
    }
    Ok(Some((found, key)))
}

/// Unwraps the keys of all these owners, who are of one kind, for this use, in one query. Whoever has none is left out.
pub fn fetch(conn: &mut Conn, ring: &Keyring, kept: &mut Unwrapped, owners: &[Owner], usage: KeyUse) -> Result<()> {
    let Some(kind) = owners.first().map(|owner| owner.kind()) else { return Ok(()) };
    let by_id: HashMap<Vec<u8>, Owner> = owners.iter().map(|owner| (owner.bytes(), *owner)).collect();
    let rows: Vec<KeyRow> = sealing_key::table
        .filter(sealing_key::owner_kind.eq(kind))
        .filter(sealing_key::owner_id.eq_any(by_id.keys().cloned().collect::<Vec<_>>()))
        .filter(sealing_key::purpose.eq(usage.as_str()))
        .load(conn)?;
    for row in rows {
        if let (Some(owner), Some((version, key))) = (by_id.get(&row.owner_id), row.unwrapped(ring)?) {
            kept.keys.insert((*owner, usage, version), key);
            let newest = kept.newest.entry((*owner, usage)).or_insert(version);
            *newest = version.max(*newest);
        }
    }
    Ok(())
}

/// The two keys of a new case, person, referral or subject access request.
pub fn create(conn: &mut Conn, ring: &Keyring, owner: Owner, now: Timestamp) -> Result<()> {
    for usage in [KeyUse::Seal, KeyUse::Ledger] {
        keyring::add(conn, ring, owner, usage, 1, now)?;
    }
    Ok(())
}

/// The newest key of this owner for this use. A record without its key is corrupt.
pub fn key(conn: &mut Conn, ring: &Keyring, kept: &mut Unwrapped, owner: Owner, usage: KeyUse) -> Result<Secret> {
    find(conn, ring, kept, owner, usage, None)?.map(|(_, key)| key).ok_or(Error::Corrupt("missing key"))
}

/// Seals a value for its cell.
pub fn seal(conn: &mut Conn, ring: &Keyring, kept: &mut Unwrapped, cell: Cell, value: &impl Serialize) -> Result<Vec<u8>> {
    let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| Error::Corrupt("plaintext"))?);
    close(conn, ring, kept, cell, &plain)
}

/// Opens a sealed value of this cell.
pub fn open<T: DeserializeOwned>(conn: &mut Conn, ring: &Keyring, kept: &mut Unwrapped, cell: Cell, sealed: &[u8]) -> Result<T> {
    serde_json::from_slice(&plain(conn, ring, kept, cell, sealed)?).map_err(|_| Error::Corrupt("sealed value"))
}

/// The same value, sealed under the newest key.
pub(super) fn again(conn: &mut Conn, ring: &Keyring, kept: &mut Unwrapped, cell: Cell, sealed: &[u8]) -> Result<Vec<u8>> {
    let plain = plain(conn, ring, kept, cell, sealed)?;
    close(conn, ring, kept, cell, &plain)
}

fn close(conn: &mut Conn, ring: &Keyring, kept: &mut Unwrapped, cell: Cell, plain: &[u8]) -> Result<Vec<u8>> {
    let (version, key) = find(conn, ring, kept, cell.owner, KeyUse::Seal, None)?.ok_or(Error::Corrupt("missing key"))?;
    encrypt(&XChaCha20Poly1305::new(&(*key).into()), version, &cell.aad(version), plain)
}

fn plain(conn: &mut Conn, ring: &Keyring, kept: &mut Unwrapped, cell: Cell, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let version = version_of(sealed)?;
    let (_, key) = find(conn, ring, kept, cell.owner, KeyUse::Seal, Some(version))?.ok_or(Error::Corrupt("missing key"))?;
    decrypt(&XChaCha20Poly1305::new(&(*key).into()), &cell.aad(version), sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_own_cell_alone() {
        let [row, case, other] = [1, 2, 3].map(uuid::Uuid::from_u128);
        let cell = Cell::of("disclosure", row, Owner::Case(CaseId(case)));
        let cipher = XChaCha20Poly1305::new(&[7; 32].into());
        let sealed = encrypt(&cipher, 1, &cell.aad(1), b"in confidence").unwrap();
        assert_eq!(decrypt(&cipher, &cell.aad(1), &sealed).unwrap().as_slice(), b"in confidence");
        for (elsewhere, version) in [
            // An extract has the id under which it is sent.
            (Cell { table: "legal_extract", ..cell }, 1),
            (cell.column("ended_sealed"), 1),
            (Cell { row: other, ..cell }, 1),
            (Cell { owner: Owner::Case(CaseId(other)), ..cell }, 1),
            (cell, 2),
        ] {
            assert!(decrypt(&cipher, &elsewhere.aad(version), &sealed).is_err(), "{elsewhere:?} {version}");
        }
    }
}
