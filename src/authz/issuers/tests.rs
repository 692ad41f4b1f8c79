use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Issuer, IssuerConfig, IssuerFault, Issuers, IssuersFault, Jwks, KeySetFault, Profile};
use crate::authz::token::forge::{EDDSA, ES256, PS256, RS256, b64, config, with_kid};

fn made(config: &Value) -> Result<Issuer, String> {
    let config: IssuerConfig = serde_json::from_value(config.clone()).map_err(|error| error.to_string())?;
    Issuer::new(config, Path::new("")).map_err(|fault| fault.to_string())
}

fn good(profile: Profile) -> Value {
    config(profile, &[with_kid(ES256.ours.jwk(), "key-1")], &["ES256"])
}

fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut value = value.clone();
    value[name] = member;
    value
}

#[test]
fn an_issuer_is_configured_wholly_or_not_at_all() {
    let refused = |profile, name, member: Value, fault: IssuerFault| {
        assert!(made(&good(profile)).is_ok());
        assert_eq!(made(&with(&good(profile), name, member.clone())).err(), Some(fault.to_string()), "{name}: {member}");
    };
    for address in ["http://id.example", "", "id.example", "https://id.example?a", "https://id.example#a", "https://id.example "] {
        refused(Profile::Keycloak, "issuer", json!(address), IssuerFault::Address);
    }
    for tenant in ["common", "organizations", ""] {
        refused(Profile::Entra, "issuer", json!(format!("https://login.microsoftonline.com/{tenant}/v2.0")), IssuerFault::Tenant);
    }
    refused(Profile::Entra, "issuer", json!(good(Profile::Entra)["issuer"].as_str().unwrap().replace("/v2.0", "/")), IssuerFault::Tenant);
    refused(Profile::Rfc9068, "audience", json!(""), IssuerFault::Audience);
    refused(Profile::Rfc9068, "roles", json!({}), IssuerFault::Roles);
    refused(Profile::Rfc9068, "rolesClaim", Value::Null, IssuerFault::RolesClaim);
    refused(Profile::Rfc9068, "rolesClaim", json!(""), IssuerFault::RolesClaim);
    for other in [Profile::Entra, Profile::Keycloak, Profile::Development] {
        refused(other, "rolesClaim", json!("roles"), IssuerFault::RolesClaim);
        refused(other, "rolesClaim", json!(""), IssuerFault::RolesClaim);
    }
    for mixed in [json!([]), json!(["ES256", "RS256"]), json!(["RS256", "PS256"]), json!(["EdDSA", "PS256"])] {
        refused(Profile::Keycloak, "algorithms", mixed, IssuerFault::Algorithms);
    }
    for (name, member) in
        [("algorithms", json!(["HS256"])), ("algorithms", json!(["none"])), ("role", json!({})), ("profile", json!("any"))]
    {
        assert!(made(&with(&good(Profile::Keycloak), name, member)).is_err(), "{name}");
    }
    assert!(made(&with(&good(Profile::Keycloak), "roles", json!({"x": "superuser"}))).is_err());
}

fn key_set(keys: &Value, algorithms: &[&str]) -> Result<Vec<&'static str>, KeySetFault> {
    let published = Jwks::parse(json!({ "keys": keys }).to_string().as_bytes())?;
    let algorithms: Vec<_> = algorithms.iter().map(|name| super::TokenAlgorithm::parse(name).unwrap()).collect();
    let keys = super::KeySet::new(&published, &algorithms)?;
    Ok(["a", "b", "c"].into_iter().filter(|kid| keys.get(kid).is_some()).collect())
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

#[test]
fn a_key_set_that_contradicts_itself_or_tells_a_secret_is_refused_whole() {
    let ec = with_kid(ES256.ours.jwk(), "a");
    let refused = |keys: Value, algorithm: &str, fault| assert_eq!(key_set(&keys, &[algorithm]), Err(fault), "{keys}");
    assert_eq!(key_set(&json!([ec]), &["ES256"]), Ok(vec!["a"]));

    refused(json!([ec, {"kty": "oct", "kid": "b", "k": "AAAA"}]), "ES256", KeySetFault::Symmetric);
    refused(json!([ec, {"kty": "oct", "kid": "b"}]), "ES256", KeySetFault::Symmetric);
    refused(json!([ec, {"kty": "RSA", "kid": "b", "k": "AAAA"}]), "ES256", KeySetFault::Symmetric);
    refused(json!([with(&ec, "d", json!("AAAA"))]), "ES256", KeySetFault::Private);
    // J20
    refused(json!([ec, with_kid(ES256.stranger.jwk(), "a")]), "ES256", KeySetFault::RepeatedKid);
    refused(json!([ec, with(&with_kid(RS256.ours.jwk(), "a"), "use", json!("enc"))]), "ES256", KeySetFault::RepeatedKid);
    for kid in ["", "a/b", "../a", "a b", "é", &"k".repeat(129)] {
        refused(json!([with_kid(ES256.ours.jwk(), kid)]), "ES256", KeySetFault::Kid);
    }
    refused(json!([ES256.ours.jwk()]), "ES256", KeySetFault::Kid);
    for alg in ["EdDSA", "RS256", "PS256"] {
        refused(json!([with(&ec, "alg", json!(alg))]), "ES256", KeySetFault::Contradiction);
    }
    refused(json!([with(&ec, "crv", json!("Ed25519")), ec]), "ES256", KeySetFault::RepeatedKid);
    for (name, member) in [("kty", "OKP"), ("kty", "RSA"), ("crv", "P-384"), ("crv", "Ed25519")] {
        let named = with(&with(&ec, "alg", json!("ES256")), name, json!(member));
        refused(json!([named]), "ES256", KeySetFault::Contradiction);
    }
    refused(json!([with(&ec, "x", json!(b64([0; 31])))]), "ES256", KeySetFault::Material);
    refused(json!([with(&ec, "y", ec["x"].clone())]), "ES256", KeySetFault::Material);
    let point = [decoded(&ec["x"]), decoded(&ec["y"])].concat();
    let shifted = with(&with(&ec, "x", json!(b64(&point[..31]))), "y", json!(b64(&point[31..])));
    refused(json!([shifted]), "ES256", KeySetFault::Material);
    refused(json!([with(&ec, "y", Value::Null)]), "ES256", KeySetFault::Material);
    refused(json!([with(&with_kid(EDDSA.ours.jwk(), "a"), "x", json!(b64([7; 33])))]), "EdDSA", KeySetFault::Material);
    refused(json!([]), "ES256", KeySetFault::Empty);
    let many: Vec<Value> = (0..21).map(|number| with_kid(ES256.ours.jwk(), &format!("k{number}"))).collect();
    refused(json!(many), "ES256", KeySetFault::TooMany);
    assert!(key_set(&json!(many[..20]), &["ES256"]).is_ok());
}

#[test]
fn keys_for_other_purposes_and_algorithms_are_left_out() {
    let ec = with_kid(ES256.ours.jwk(), "a");
    let left_out = [
        with(&with_kid(ES256.others.jwk(), "b"), "use", json!("enc")),
        with(&with_kid(ES256.others.jwk(), "b"), "key_ops", json!(["deriveKey"])),
        with_kid(EDDSA.ours.jwk(), "b"),
        with_kid(RS256.ours.jwk(), "b"),
        with(&with_kid(RS256.ours.jwk(), "b"), "alg", json!("RSA-OAEP")),
        json!({"kty": "EC", "crv": "P-384", "kid": "b", "x": "AA", "y": "AA"}),
        json!({"kty": "AKP", "kid": "b"}),
    ];
    for key in left_out {
        assert_eq!(key_set(&json!([ec, key]), &["ES256"]), Ok(vec!["a"]), "{key}");
        assert_eq!(key_set(&json!([key]), &["ES256"]), Err(KeySetFault::Empty), "{key}");
    }
    let rsa = with(&with_kid(RS256.ours.jwk(), "c"), "alg", json!("RS256"));
    assert_eq!(key_set(&json!([rsa]), &["RS256"]), Ok(vec!["c"]));
    assert_eq!(key_set(&json!([rsa]), &["PS256"]), Err(KeySetFault::Empty));
    assert_eq!(key_set(&json!([ec, with_kid(EDDSA.ours.jwk(), "b")]), &["ES256", "EdDSA"]), Ok(vec!["a", "b"]));
    let stated = with(&with(&ec, "use", json!("sig")), "key_ops", json!(["verify"]));
    assert_eq!(key_set(&json!([with(&stated, "alg", json!("ES256"))]), &["ES256"]), Ok(vec!["a"]));
}

#[test]
fn an_rsa_key_has_2048_bits_or_more_and_the_usual_exponent() {
    let key = |modulus: &[u8], exponent: &[u8]| json!([{"kty": "RSA", "kid": "a", "n": b64(modulus), "e": b64(exponent)}]);
    let mut modulus = vec![0xC1; 256];
    assert!(key_set(&key(&modulus, &[1, 0, 1]), &["RS256"]).is_ok());
    assert_eq!(key_set(&key(&modulus, &[3]), &["RS256"]), Err(KeySetFault::RsaSize));
    modulus[0] = 0x7F;
    assert_eq!(key_set(&key(&modulus, &[1, 0, 1]), &["RS256"]), Err(KeySetFault::RsaSize), "2047 bits");
    modulus.splice(0..1, [0, 0]);
    assert_eq!(key_set(&key(&modulus, &[1, 0, 1]), &["RS256"]), Err(KeySetFault::RsaSize), "zeros in front do not count");
    assert_eq!(key_set(&key(&[], &[1, 0, 1]), &["RS256"]), Err(KeySetFault::RsaSize));
    assert_eq!(key_set(&key(&[0xC1; 1025], &[1, 0, 1]), &["RS256"]), Err(KeySetFault::RsaSize));
    assert!(key_set(&json!([with_kid(PS256.ours.jwk(), "a")]), &["PS256"]).is_ok());
}

#[test]
fn a_key_set_is_one_short_json_object() {
    let text = |filler: usize| format!(r#"{{"keys":[{}],"filler":"{}"}}"#, with_kid(ES256.ours.jwk(), "a"), "f".repeat(filler));
    let short = text(0).len();
    assert!(Jwks::parse(text(65_536 - short).as_bytes()).is_ok());
    assert_eq!(Jwks::parse(text(65_537 - short).as_bytes()).err(), Some(KeySetFault::TooLong));
    let twice = text(0).replacen('{', r#"{"a":1,"a":2,"#, 1);
    assert_eq!(Jwks::parse(twice.as_bytes()).err(), Some(KeySetFault::Malformed));
    for bad in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[],"keys":[]}"#, r#"{"keys":[]} {}"#] {
        assert_eq!(Jwks::parse(bad.as_bytes()).err(), Some(KeySetFault::Malformed), "{bad}");
    }
}

#[test]
fn the_file_of_issuers_is_strict_and_never_holds_the_development_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let load = |issuers: &Value| {
        let path = folder.path().join("issuers.json");
        std::fs::write(&path, issuers.to_string()).unwrap();
        Issuers::load(&path)
    };
    let one = good(Profile::Keycloak);
    assert!(load(&json!({"issuers": [one, good(Profile::Entra)]})).is_ok());
    assert!(matches!(load(&json!({"issuers": [one, one]})), Err(IssuersFault::Repeated)));
    assert!(matches!(load(&json!({"issuers": []})), Err(IssuersFault::None)));
    assert!(matches!(load(&json!({"issuers": [good(Profile::Development)]})), Err(IssuersFault::Development)));
    assert!(matches!(load(&json!({"issuers": [one], "more": 1})), Err(IssuersFault::Malformed(_))));
    assert!(matches!(load(&json!([])), Err(IssuersFault::Malformed(_))));
    let twice = r#"{"issuers":[],"issuers":[]}"#;
    assert!(matches!(Issuers::parse(twice.as_bytes(), folder.path()), Err(IssuersFault::Malformed(_))));

    std::fs::write(folder.path().join("keys.json"), one["keys"]["inline"].to_string()).unwrap();
    assert!(load(&json!({"issuers": [with(&one, "keys", json!({"file": "keys.json"}))]})).is_ok());
    let missing = load(&json!({"issuers": [with(&one, "keys", json!({"file": "none.json"}))]}));
    assert!(matches!(missing, Err(IssuersFault::Unreadable(_))));
    std::fs::write(folder.path().join("keys.json"), r#"{"keys":[]}"#).unwrap();
    let empty = load(&json!({"issuers": [with(&one, "keys", json!({"file": "keys.json"}))]}));
    assert!(matches!(empty, Err(IssuersFault::Issuer(IssuerFault::Keys(KeySetFault::Empty)))));
}
