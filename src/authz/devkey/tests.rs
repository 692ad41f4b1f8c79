use super::{DevKey, DevKeyFault, Minting};
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
