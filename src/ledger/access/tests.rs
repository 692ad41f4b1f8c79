use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::*;
use crate::domain::vocabulary::RotatedKey;
use crate::ledger::leaf::leaf_hash;

fn key(byte: u8) -> CaseKey {
    CaseKey::new(Zeroizing::new([byte; 32]))
}

fn now() -> Timestamp {
    Timestamp::parse("2026-09-14T09:12:41.530Z").unwrap()
}

fn entry() -> AccessEntry {
    let mut entry = AccessEntry::new(AccessLogKind::Changed, StaffId::mint(), RequestId::mint());
    entry.role = Some(Role::ServiceManager);
    entry.operation = Some("updateCase".to_owned());
    entry.target = Some(AccessTarget::Case);
    entry.access_reason = Some(AccessReason::Supervision);
    entry.row_version = Some(3);
    entry.sealed_digest = Some(Sha256::digest(b"ciphertext").into());
    entry
}

#[test]
fn the_body_tells_who_what_when_and_why_and_its_leaf_is_its_hash() {
    let entry = entry();
    let written = entry.clone().write(now(), &[key(1)]).unwrap();
    let body: Value = serde_json::from_str(&written.body).unwrap();
    let expected = json!({"v": 1, "id": entry.id, "at": "2026-09-14T09:12:41.530Z", "kind": "changed", "outcome": "granted",
        "actor": entry.actor, "req": entry.request, "role": "service_manager", "operation": "updateCase", "target": "case",
        "accessReason": "supervision", "rowVersion": 3, "sealedDigest": URL_SAFE_NO_PAD.encode(Sha256::digest(b"ciphertext")),
        "cases": [key(1).case_tag(entry.id)]});
    assert_eq!(body, expected);
    assert_eq!(written.leaf, leaf_hash(written.body.as_bytes()));
    assert!(written.openings.is_empty());
}

#[test]
fn cases_are_tags_of_this_entry_alone_and_their_order_tells_nothing() {
    let (one, other) = (entry(), entry());
    let cases = |entry: &AccessEntry, keys: &[CaseKey]| {
        let written = entry.clone().write(now(), keys).unwrap();
        let body: Value = serde_json::from_str(&written.body).unwrap();
        body["cases"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(cases(&one, &[key(1), key(2), key(3)]), cases(&one, &[key(3), key(1), key(2)]));
    assert_ne!(cases(&one, &[key(1)]), cases(&other, &[key(1)]));
    assert!(cases(&one, &[]).is_empty());
    assert!(!entry().write(now(), &[]).unwrap().body.contains("cases"));
}

#[test]
fn a_page_of_two_hundred_cases_fits_an_entry() {
    let keys: Vec<CaseKey> = (0..200).map(key).collect();
    assert!(entry().write(now(), &keys).unwrap().body.len() < 8 * 1024);
}

#[test]
fn every_kind_has_the_outcome_of_its_sort() {
    let of = |outcome| kinds(outcome).len();
    assert_eq!((of(LogOutcome::Granted), of(LogOutcome::Refused), of(LogOutcome::Recorded)), (6, 1, 5));
    assert_eq!(kinds(LogOutcome::Refused), [AccessLogKind::Refused]);
}

#[test]
fn a_key_that_was_replaced_is_named_with_its_successor() {
    let mut entry = AccessEntry::new(AccessLogKind::KeyRotated, StaffId::mint(), RequestId::mint());
    entry.rotated = Some(Rotated { key: RotatedKey::KeyEncryption, from: Some("old".to_owned()), to: Some("new".to_owned()) });
    let body: Value = serde_json::from_str(&entry.write(now(), &[]).unwrap().body).unwrap();
    assert_eq!(body["rotated"], json!({"key": "key_encryption", "from": "old", "to": "new"}));
}
