//! What a good token says, and that no other is taken for one.

mod attacks;
mod mutations;

use serde_json::{Value, json};

use super::forge::{EDDSA, ES256, Keys, NOW, PS256, RS256, Scene, TENANT, config, issuer, now, signed, with_kid};
use super::{Refusal, TokenFault, Verified, self_test, verify};
use crate::authz::issuers::{Issuers, Profile};
use crate::domain::vocabulary::Role;

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[test]
fn a_good_token_says_who_calls_and_until_when() {
    for s in Scene::all() {
        let Verified { issuer, subject, token_id, display_name, roles, machine, issued_at, expires_at, client } =
            s.verify(&s.good()).unwrap();
        let expected = if s.profile == Profile::Entra { format!("{TENANT}#object-1") } else { format!("{issuer}#subject-1") };
        assert_eq!((json!(issuer), subject), (s.claims["iss"].clone(), expected));
        assert_eq!((token_id.as_str(), display_name.as_str(), client.as_str(), machine), ("token-1", "Jo Ashdown", "intranet", false));
        assert_eq!(roles, [Role::Adviser]);
        assert_eq!((issued_at.utc().timestamp(), expires_at.utc().timestamp()), (NOW - 60, NOW + 3000));
    }
}

#[test]
fn what_the_rules_allow_is_accepted_to_the_last_second_and_byte() {
    for s in Scene::all() {
        let timed = |iat: i64, exp: i64, nbf: i64| {
            s.payload(&with(&with(&with(&s.claims, "iat", json!(iat)), "exp", json!(exp)), "nbf", json!(nbf)))
        };
        let good = [
            timed(NOW - 600, NOW - 29, NOW - 600),
            timed(NOW + 30, NOW + 3630, NOW + 30),
            s.claim("aud", json!(["account", "case-api"])),
            s.claim(s.subject_claim(), json!("s".repeat(255))),
            s.claim(s.token_id_claim(), json!("t".repeat(255))),
            s.header("x5t", json!("AAAA")),
        ];
        for (number, token) in good.iter().enumerate() {
            assert!(s.verify(token).is_ok(), "token {number}, {}: {:?}", s.label(), s.verify(token));
        }
        let longest = attacks::of_length(&s, |length| length > 8189);
        assert!((8190..=8192).contains(&longest.len()) && s.authorise(longest.as_bytes()).is_ok());
    }
}

#[test]
fn a_request_has_exactly_one_authorization_header() {
    let s = Scene::new(Profile::Keycloak, &ES256);
    let value = format!("Bearer {}", s.good());
    let values = |count: usize| vec![value.as_bytes(); count];
    assert_eq!(verify(values(0), &s.issuers, now()).err(), Some(TokenFault::NoHeader));
    assert!(verify(values(1), &s.issuers, now()).is_ok());
    assert_eq!(verify(values(2), &s.issuers, now()).err(), Some(TokenFault::SeveralHeaders));
}

#[test]
fn a_keycloak_token_of_either_header_type_is_told_apart_by_its_body() {
    let s = Scene::new(Profile::Keycloak, &EDDSA);
    let token = |header: &str, body: Value| {
        let (header, mut claims) = (with(&s.header, "typ", json!(header)), with(&s.claims, "typ", body.clone()));
        if body.is_null() {
            claims.as_object_mut().unwrap().remove("typ");
        }
        s.verify(&s.raw(&header.to_string(), &claims.to_string())).map(|verified| verified.roles)
    };
    assert!(token("at+jwt", json!("Bearer")).is_ok());
    assert!(token("at+jwt", Value::Null).is_ok());
    for (header, body) in [("JWT", Value::Null), ("JWT", json!("Logout")), ("at+jwt", json!("ID")), ("JWT", json!("bearer"))] {
        assert_eq!(token(header, body), Err(TokenFault::Kind));
    }
}

#[test]
fn an_entra_token_is_of_our_tenant_and_version_and_no_id_token() {
    let s = Scene::new(Profile::Entra, &RS256);
    assert_eq!(s.verify(&s.claim("tid", json!("00000000-0000-0000-0000-000000000001"))).err(), Some(TokenFault::Tenant));
    assert_eq!(s.verify(&s.claim("ver", json!("1.0"))).err(), Some(TokenFault::Kind));
    assert_eq!(s.verify(&s.claim("nonce", Value::Null)).err(), Some(TokenFault::Kind));
    assert_eq!(s.verify(&s.claim("scp", None)).err(), Some(TokenFault::Client), "without scp it is a machine's, and the client is none");
    assert_eq!(s.verify(&s.claim("idtyp", json!("app"))).err(), Some(TokenFault::Client));
    assert!(s.verify(&s.claim("idtyp", json!("user"))).is_ok());
}

#[test]
fn a_machine_holds_one_machine_role_and_a_person_none() {
    for s in Scene::all() {
        let machine = s.verify(&s.payload(&s.machine(&json!(["intake"])))).unwrap();
        assert_eq!(
            (machine.machine, machine.roles.as_slice(), machine.client.as_str()),
            (true, [Role::MachineIntake].as_slice(), "importer")
        );
        assert_eq!(s.verify(&s.payload(&s.machine(&json!(["adviser"])))).err(), Some(TokenFault::NoRole), "{}", s.label());
        assert_eq!(s.verify(&s.roles(&json!(["audit"]))).err(), Some(TokenFault::NoRole), "{}", s.label());
    }
}

#[test]
fn roles_that_nobody_may_hold_together_are_refused() {
    let s = Scene::new(Profile::Rfc9068, &ES256);
    let refused = |roles: [&str; 2]| s.verify(&s.roles(&json!(roles))).err() == Some(TokenFault::RoleConflict);
    for caseworker in ["adviser", "manager"] {
        for overseer in ["administrator", "auditor", "analyst"] {
            assert!(refused([caseworker, overseer]) && refused([overseer, caseworker]), "{caseworker} and {overseer}");
        }
    }
    for person in ["adviser", "manager", "administrator", "auditor", "analyst"] {
        for machine in ["intake", "statistics", "audit"] {
            assert!(refused([person, machine]), "{person} and {machine}");
            let both = s.payload(&s.machine(&json!([machine, person])));
            assert_eq!(s.verify(&both).err(), Some(TokenFault::RoleConflict), "{person} and {machine}");
        }
    }
    let machines = s.payload(&s.machine(&json!(["intake", "statistics"])));
    assert_eq!(s.verify(&machines).err(), Some(TokenFault::RoleConflict));
    let several = s.verify(&s.roles(&json!(["manager", "adviser", "adviser"]))).unwrap();
    assert_eq!(several.roles, [Role::Adviser, Role::ServiceManager]);
    assert_eq!(s.verify(&s.roles(&json!(["auditor", "analyst", "administrator"]))).unwrap().roles.len(), 3);
}

#[test]
fn only_a_valid_token_without_usable_roles_is_answered_with_403() {
    assert_eq!(TokenFault::NoRole.refusal(), Refusal::NoRole);
    assert_eq!(TokenFault::RoleConflict.refusal(), Refusal::RoleConflict);
    for fault in [TokenFault::NoHeader, TokenFault::Signature, TokenFault::Expired, TokenFault::Client, TokenFault::Claims] {
        assert_eq!(fault.refusal(), Refusal::Unauthenticated);
    }
    assert_eq!(TokenFault::Signature.to_string(), "the signature does not match");
}

#[test]
fn the_same_subject_at_another_issuer_is_another_actor() {
    let s = Scene::new(Profile::Rfc9068, &ES256);
    let theirs = signed(&s.keys.others, &s.header.to_string(), &with(&s.claims, "iss", json!("https://other.example")).to_string());
    let (ours, theirs) = (s.verify(&s.good()).unwrap(), s.verify(&theirs).unwrap());
    assert_ne!(ours.subject, theirs.subject);
}

#[test]
fn a_key_verifies_its_own_algorithm_only() {
    let scene = |keys: &'static Keys, published: &[Value], algorithms: &[&str]| {
        let mut scene = Scene::new(Profile::Keycloak, keys);
        scene.issuers = Issuers::new(vec![issuer(&config(Profile::Keycloak, published, algorithms))]).unwrap();
        scene
    };
    let pss = scene(&PS256, &[with_kid(PS256.ours.jwk(), "key-1")], &["PS256"]);
    assert!(pss.verify(&pss.good()).is_ok());
    assert_eq!(pss.verify(&pss.header("alg", json!("RS256"))).err(), Some(TokenFault::Algorithm));
    let pkcs1 = scene(&RS256, &[with_kid(RS256.ours.jwk(), "key-1")], &["PS256"]);
    assert_eq!(pkcs1.verify(&pkcs1.header("alg", json!("PS256"))).err(), Some(TokenFault::Signature));

    let curves = [with_kid(ES256.ours.jwk(), "key-1"), with_kid(EDDSA.ours.jwk(), "key-2")];
    let both = scene(&ES256, &curves, &["ES256", "EdDSA"]);
    assert!(both.verify(&both.good()).is_ok());
    assert_eq!(both.verify(&both.header("kid", json!("key-2"))).err(), Some(TokenFault::KeyAlgorithm));
    assert_eq!(both.verify(&both.header("alg", json!("EdDSA"))).err(), Some(TokenFault::KeyAlgorithm));
}

#[test]
fn a_name_is_shown_cleaned_and_the_client_where_there_is_none() {
    for s in Scene::all() {
        let shown = |token: &str| s.verify(token).unwrap().display_name.as_str().to_owned();
        assert_eq!(shown(&s.claim("name", json!(" Zo\u{65}\u{301}\n\u{7f} "))), "Zo\u{e9}");
        assert_eq!(shown(&s.claim("name", json!("n".repeat(201)))).chars().count(), 200);
        assert_eq!(shown(&s.claim("name", None)), "intranet");
        assert_eq!(shown(&s.claim("name", json!("\n"))), "intranet");
    }
}

#[test]
fn what_was_verified_is_never_printed_with_the_name() {
    let s = Scene::new(Profile::Development, &ES256);
    assert!(!format!("{:?}", s.verify(&s.good()).unwrap()).contains("Ashdown"));
}

#[test]
fn the_self_test_passes() {
    assert_eq!(self_test(now()), Ok(()));
}
