//! Commitments to the personal values of an entry, and the tag that tells whose case it is to the holder of the key.
//!
//! Every value has a key of its own, so that one can be opened without the others, and once `K_case` is destroyed none can (UK GDPR Art. 17).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::domain::ids::EntryId;

/// `K_case`: 256 random bits of one case, wiped when dropped. Never rotated, since commitments cannot change.
#[derive(Clone)]
pub struct CaseKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CaseKey(…)")
    }
}

impl CaseKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The commitment to one value: `HMAC-SHA256(HKDF-SHA256(K_case, "field/" || id || "/" || label), label || 0x00 || value)`, in
    /// base64url without padding. It tells nothing without the key.
    ///
    /// `id` is that of the entry, as its body has it; `label` the path of the field (`subjects/0`, `items/1/digest`); `value` UTF-8 text.
    #[must_use]
    pub fn commitment(&self, id: EntryId, label: &str, value: &str) -> String {
        self.field_key(id, label).commitment(label, value)
    }

    /// What opens one field of one entry, and nothing else of the case.
    #[must_use]
    pub fn field_key(&self, id: EntryId, label: &str) -> FieldKey {
        FieldKey(self.derive(&format!("field/{id}/{label}")))
    }

    /// The tag of one entry: the first 16 bytes of `HMAC-SHA256(HKDF-SHA256(K_case, "tag"), id)`, in base64url without padding.
    ///
    /// Each entry has another one: without the key nobody can tell that two entries belong to one case.
    #[must_use]
    pub fn case_tag(&self, id: EntryId) -> String {
        self.tag_key().tag(&id.to_string())
    }

    /// What makes the tags of this case, and nothing else of it.
    #[must_use]
    pub fn tag_key(&self) -> TagKey {
        TagKey(self.derive("tag"))
    }

    /// What tells this key from all others, and nothing else of it: in base64url without padding.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.derive("fingerprint").as_slice())
    }

    #[expect(clippy::expect_used, reason = "HKDF-SHA256 gives up to 8,160 bytes; a key of zeros instead would open every commitment")]
    fn derive(&self, info: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.0.as_slice()).expand(info.as_bytes(), key.as_mut_slice()).expect("32 bytes are few enough");
        key
    }
}

/// Opens one commitment: given to an auditor with the value, it proves that the entry says so. Wiped when dropped.
#[derive(Clone)]
pub struct FieldKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for FieldKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FieldKey(…)")
    }
}

impl FieldKey {
    /// The commitment to this value, as the entry has it under this label.
    #[must_use]
    pub fn commitment(&self, label: &str, value: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(&self.0, &[label.as_bytes(), &[0], value.as_bytes()]))
    }

    /// As it is given: base64url without padding.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        written(&self.0)
    }

    /// The key in this text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        read(text).map(Self)
    }
}

/// Makes the tags of one case: lent to an auditor, it finds every entry of the case and opens none. Wiped when dropped.
#[derive(Clone)]
pub struct TagKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for TagKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TagKey(…)")
    }
}

impl TagKey {
    /// The tag of the entry with this id, as its body has both.
    #[must_use]
    pub fn tag(&self, id: &str) -> String {
        let [tag @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = mac(&self.0, &[id.as_bytes()]);
        URL_SAFE_NO_PAD.encode::<[u8; 16]>(tag)
    }

    /// As it is lent: base64url without padding.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        written(&self.0)
    }

    /// The key in this text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        read(text).map(Self)
    }
}

fn written(key: &Zeroizing<[u8; 32]>) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(key.as_slice()))
}

fn read(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length; a fixed answer instead would be no commitment")]
fn mac(key: &Zeroizing<[u8; 32]>, parts: &[&[u8]]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("every length is a key");
    parts.iter().fold(mac, Mac::chain_update).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
