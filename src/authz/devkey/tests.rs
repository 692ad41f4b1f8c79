use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{DevKey, DevKeyFault, FILE_NAME, Minting};
use crate::authz::issuers::Issuers;
use crate::authz::token::{TokenFault, verify};
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{Role, Vocabulary};

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros((1_789_376_400 + second) * 1_000_000).unwrap()
}

fn minting(roles: &[Role]) -> Minting<'_> {
    Minting { roles, subject: "demo-1", minutes: 60, name: "Demo Adviser" }
}

fn issuers(key: &DevKey) -> Issuers {
    Issuers::new(vec![key.issuer().unwrap()]).unwrap()
}

fn header(token: &str) -> String {
    format!("Bearer {token}")
}

#[test]
fn every_role_has_a_token_that_is_accepted_until_it_ends() {
    let key = DevKey::make().unwrap();
    let issuers = issuers(&key);
    for role in Role::ALL {
        let roles = [*role];
        let token = header(&key.mint(&minting(&roles), at(0)).unwrap());
        let verified = verify([token.as_bytes()], &issuers, at(3629)).unwrap();
        assert_eq!((verified.roles.as_slice(), verified.subject.as_str()), (roles.as_slice(), "sendiass-development#demo-1"));
        assert_eq!(verified.machine, role.as_str().starts_with("machine_"));
        assert_eq!(verified.expires_at, at(3600));
        assert_eq!(verify([token.as_bytes()], &issuers, at(3630)).err(), Some(TokenFault::Expired));
    }
}

#[test]
fn two_tokens_never_share_their_id() {
    let key = DevKey::make().unwrap();
    let issuers = issuers(&key);
    let id = || {
        let token = header(&key.mint(&minting(&[Role::Auditor]), at(0)).unwrap());
        verify([token.as_bytes()], &issuers, at(0)).unwrap().token_id
    };
    assert_ne!(id(), id());
}

#[test]
fn a_token_lives_for_1_to_60_minutes() {
    let key = DevKey::make().unwrap();
    let minutes = |minutes| key.mint(&Minting { minutes, ..minting(&[Role::Adviser]) }, at(0));
    assert!(minutes(1).is_ok() && minutes(60).is_ok());
    for refused in [0, 61, u32::MAX] {
        assert!(matches!(minutes(refused), Err(DevKeyFault::Minutes)));
    }
}

#[test]
fn roles_that_nobody_may_hold_together_are_minted_and_then_refused() {
    let key = DevKey::make().unwrap();
    let token = header(&key.mint(&minting(&[Role::MachineIntake, Role::Adviser]), at(0)).unwrap());
    assert_eq!(verify([token.as_bytes()], &issuers(&key), at(0)).err(), Some(TokenFault::RoleConflict));
}

#[test]
fn the_key_is_made_once_and_only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = DevKey::load_or_make(folder.path()).unwrap();
    let path = folder.path().join(FILE_NAME);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("-----BEGIN PRIVATE KEY-----\n") && text.lines().all(|line| line.len() <= 64));

    let again = DevKey::load_or_make(folder.path()).unwrap();
    let token = header(&first.mint(&minting(&[Role::Analyst]), at(0)).unwrap());
    assert!(verify([token.as_bytes()], &issuers(&again), at(0)).is_ok());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");

    let other = DevKey::make().unwrap();
    assert_eq!(verify([token.as_bytes()], &issuers(&other), at(0)).err(), Some(TokenFault::UnknownKey));
}

#[test]
fn all_who_start_together_use_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys: Vec<DevKey> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| DevKey::load_or_make(folder.path()).unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(keys.windows(2).all(|pair| pair[0].public.common.key_id == pair[1].public.common.key_id));
}

#[test]
fn a_key_open_to_others_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    DevKey::load_or_make(folder.path()).unwrap();
    let path = folder.path().join(FILE_NAME);
    let text = fs::read_to_string(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let fault = DevKey::load_or_make(folder.path()).err().unwrap();
        assert!(matches!(fault, DevKeyFault::Permissions(_)), "{mode:o}");
        assert_eq!(fault.to_string().matches(". ").count(), 0, "one sentence: {fault}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_file_that_is_no_key_is_refused_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    fs::write(&path, "not a key").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(DevKey::load_or_make(folder.path()), Err(DevKeyFault::NotAKey(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a key");
    assert!(matches!(DevKey::load_or_make(&folder.path().join("missing")), Err(DevKeyFault::File(..))));
}
