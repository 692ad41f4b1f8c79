//! The keys that wrap, and the data keys as they are kept: each under a key-encryption key, bound to all that stands beside it.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use diesel::dsl::auto_type;
use diesel::prelude::*;

use super::conn::Conn;
use super::error::{Error, Result};
use super::schema::sealing_key;
use super::sealed::{KeyUse, Owner, Secret, bound, decrypt, encrypt, fresh};
use crate::domain::time::Timestamp;

/// The key-encryption key and the key of the blind indexes.
pub struct Keyring {
    /// It wraps.
    kek: Kek,
    /// It opens what the rotation of the key-encryption key has not come to.
    other: Option<Kek>,
    /// The key of the blind indexes.
    pub index: super::index::IndexKey,
}

/// A key-encryption key and its public name.
struct Kek {
    id: String,
    cipher: XChaCha20Poly1305,
}

impl Kek {
    fn new(id: String, secret: &Secret) -> Self {
        Self { id, cipher: XChaCha20Poly1305::new(&(**secret).into()) }
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(…)")
    }
}

impl Keyring {
    /// The ring with this key-encryption key and this index key.
    #[must_use]
    pub fn new(kek_id: String, kek: &Secret, index: &Secret) -> Self {
        Self { kek: Kek::new(kek_id, kek), other: None, index: super::index::IndexKey::new(index) }
    }

    /// With a second key-encryption key, which opens and does not wrap.
    #[must_use]
    pub fn with_other(self, kek_id: String, kek: &Secret) -> Self {
        Self { other: Some(Kek::new(kek_id, kek)), ..self }
    }

    /// The keys that open.
    fn openers(&self) -> impl Iterator<Item = &Kek> {
        std::iter::once(&self.kek).chain(&self.other)
    }

    /// The name of the key that wraps.
    #[must_use]
    pub fn kek_id(&self) -> &str {
        &self.kek.id
    }

    /// The names of the keys that open.
    pub(super) fn kek_ids(&self) -> Vec<&str> {
        self.openers().map(|kek| kek.id.as_str()).collect()
    }

    fn opener(&self, id: &str) -> Result<&XChaCha20Poly1305> {
        self.openers().find(|kek| kek.id == id).map(|kek| &kek.cipher).ok_or(Error::Corrupt("key-encryption key"))
    }
}

/// A data key as it is kept.
#[derive(Queryable, Insertable)]
#[diesel(table_name = sealing_key, treat_none_as_default_value = false)]
pub(super) struct KeyRow {
    pub(super) owner_kind: String,
    pub(super) owner_id: Vec<u8>,
    pub(super) purpose: String,
    pub(super) version: i32,
    pub(super) kek_id: String,
    /// None once it was destroyed.
    pub(super) wrapped: Option<Vec<u8>>,
    created_at: Timestamp,
    destroyed_at: Option<Timestamp>,
}

impl KeyRow {
    /// All columns but the wrapped key itself.
    fn aad(&self) -> Vec<u8> {
        bound(&[
            b"sendiass",
            b"sealing_key",
            self.owner_kind.as_bytes(),
            &self.owner_id,
            self.purpose.as_bytes(),
            &self.version.to_be_bytes(),
            self.kek_id.as_bytes(),
            &self.created_at.micros().to_be_bytes(),
        ])
    }

    /// The key with its version; none once it was destroyed.
    pub(super) fn unwrapped(&self, ring: &Keyring) -> Result<Option<(u32, Secret)>> {
        // What was destroyed may be under a key that is long gone.
        let Some(wrapped) = &self.wrapped else { return Ok(None) };
        let plain = decrypt(ring.opener(&self.kek_id)?, &self.aad(), wrapped)?;
        let key = Secret::new(plain.as_slice().try_into().map_err(|_| Error::Corrupt("data key"))?);
        Ok(Some((u32::try_from(self.version).map_err(|_| Error::Corrupt("key version"))?, key)))
    }

    /// The row with this key, wrapped under the key that wraps.
    fn wrapping(mut self, ring: &Keyring, key: &Secret) -> Result<Self> {
        ring.kek.id.clone_into(&mut self.kek_id);
        self.wrapped = Some(encrypt(&ring.kek.cipher, 1, &self.aad(), key.as_slice())?);
        Ok(self)
    }

    /// The same key, wrapped under the key that wraps.
    pub(super) fn rewrapped(self, ring: &Keyring) -> Result<Self> {
        let (_, key) = self.unwrapped(ring)?.ok_or(Error::Corrupt("data key"))?;
        self.wrapping(ring, &key)
    }
}

/// The keys of this owner for this use.
#[auto_type]
pub(super) fn held_by(owner: Owner, usage: KeyUse) -> _ {
    let (kind, id, purpose): (&'static str, Vec<u8>, &'static str) = (owner.kind(), owner.bytes(), usage.as_str());
    sealing_key::owner_kind.eq(kind).and(sealing_key::owner_id.eq(id)).and(sealing_key::purpose.eq(purpose))
}

/// A new key. Whoever asked for the newest before goes on with the one before.
pub(super) fn add(conn: &mut Conn, ring: &Keyring, owner: Owner, usage: KeyUse, version: i32, now: Timestamp) -> Result<()> {
    let row = KeyRow {
        owner_kind: owner.kind().to_owned(),
        owner_id: owner.bytes(),
        purpose: usage.as_str().to_owned(),
        version,
        kek_id: String::new(),
        wrapped: None,
        created_at: now,
        destroyed_at: None,
    };
    diesel::insert_into(sealing_key::table).values(row.wrapping(ring, &Secret::new(fresh()?))?).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::now;
    use crate::domain::ids::PersonId;

    #[test]
    fn a_wrapped_key_opens_beside_all_that_stood_beside_it_and_nothing_else() {
        let (kek, index, key) = (Secret::new([7; 32]), Secret::new([9; 32]), Secret::new([1; 32]));
        // Under either name the same key opens.
        let ring = Keyring::new("one".to_owned(), &kek, &index).with_other("two".to_owned(), &kek);
        let made = || {
            let row = KeyRow {
                owner_kind: "case".to_owned(),
                owner_id: Owner::Person(PersonId(uuid::Uuid::from_u128(1))).bytes(),
                purpose: "seal".to_owned(),
                version: 1,
                kek_id: String::new(),
                wrapped: None,
                created_at: now(),
                destroyed_at: None,
            };
            row.wrapping(&ring, &key).unwrap()
        };
        assert_eq!(made().unwrapped(&ring).unwrap(), Some((1, key.clone())));
        let changes: [fn(&mut KeyRow); 6] = [
            |row| row.owner_kind = "person".to_owned(),
            |row| row.owner_id = vec![2; 16],
            |row| row.purpose = "ledger".to_owned(),
            |row| row.version = 2,
            |row| row.kek_id = "two".to_owned(),
            |row| row.created_at = Timestamp::from_micros(now().micros() + 1_000).unwrap(),
        ];
        for (i, change) in changes.iter().enumerate() {
            let mut row = made();
            change(&mut row);
            assert!(row.unwrapped(&ring).is_err(), "{i}");
        }
    }
}
