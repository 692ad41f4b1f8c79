//! The attack list of the design, J1 to J60, as far as it concerns a token alone: each attack against every profile and kind of key.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::authz::issuers::Profile;
use crate::authz::token::TokenFault as F;
use crate::authz::token::forge::{NOW, Scene, b64, signed};

type Attack = (&'static str, fn(&Scene) -> String, F);

/// Attacks whose token follows `Bearer `.
const ATTACKS: &[Attack] = &[
    ("J1 alg none", |s| unsigned(s, "none"), F::Algorithm),
    ("J2 alg None", |s| unsigned(s, "None"), F::Algorithm),
    ("J3 alg NONE", |s| unsigned(s, "NONE"), F::Algorithm),
    ("J4 alg nOnE", |s| unsigned(s, "nOnE"), F::Algorithm),
    ("J5 empty signature", |s| s.with_signature(|_| Vec::new()), F::Signature),
    (
        "J5 truncated signature",
        |s| {
            s.with_signature(|mut octets| {
                octets.pop();
                octets
            })
        },
        F::Signature,
    ),
    ("J6 HS256 with the public PEM", |s| hs256(s, pem(&s.keys.ours.der()).as_bytes()), F::Algorithm),
    ("J7 HS256 with the public DER", |s| hs256(s, &s.keys.ours.der()), F::Algorithm),
    ("J8 HS256 with the JWK text", |s| hs256(s, s.keys.ours.jwk().to_string().as_bytes()), F::Algorithm),
    ("J9 wrong key", |s| signed(&s.keys.stranger, &s.header.to_string(), &s.claims.to_string()), F::Signature),
    ("J10 retired key", |s| s.header("kid", json!("key-0")), F::UnknownKey),
    ("J11 other issuer's key with our kid", |s| signed(&s.keys.others, &s.header.to_string(), &s.claims.to_string()), F::Signature),
    ("J11 other issuer's kid", |s| signed(&s.keys.others, &header(s, "kid", json!("key-of-others")), &s.claims.to_string()), F::UnknownKey),
    (
        "J11 our key under the other issuer",
        |s| s.raw(&header(s, "typ", json!("at+jwt")), &claims(s, "iss", json!("https://other.example"))),
        F::Signature,
    ),
    ("J12 embedded jwk", |s| signed(&s.keys.stranger, &header(s, "jwk", s.keys.stranger.jwk()), &s.claims.to_string()), F::HeaderParameter),
    ("J12 jwk beside our signature", |s| s.header("jwk", s.keys.ours.jwk()), F::HeaderParameter),
    ("J13 jku", |s| s.header("jku", json!("https://evil.example/keys")), F::HeaderParameter),
    ("J14 x5u", |s| s.header("x5u", json!("https://evil.example/cert")), F::HeaderParameter),
    ("J15 x5c", |s| s.header("x5c", json!(["AAAA"])), F::HeaderParameter),
    ("J16 kid with traversal", |s| s.header("kid", json!("../../dev/null")), F::Kid),
    ("J17 kid with SQL", |s| s.header("kid", json!("' OR 1=1 --")), F::Kid),
    ("J18 kid with NUL", |s| s.header("kid", json!("key-1\u{0}")), F::Kid),
    ("J18 kid of 4 KiB", |s| s.header("kid", json!("k".repeat(4096))), F::Kid),
    ("J18 kid of 129", |s| s.header("kid", json!("k".repeat(129))), F::Kid),
    ("J19 kid missing", |s| s.header("kid", None), F::Kid),
    ("J19 kid empty", |s| s.header("kid", json!("")), F::Kid),
    ("J19 kid a number", |s| s.header("kid", json!(1)), F::Json),
    ("J21 signature of zeros", |s| s.with_signature(|octets| vec![0; octets.len()]), F::Signature),
    ("J22 signature in DER", |s| s.with_signature(|octets| der(&octets)), F::Signature),
    ("J23 algorithm of another key type", |s| s.header("alg", json!("PS256")), F::Algorithm),
    ("J24 ID token", id_token, F::Kind),
    ("J25 refresh token", |s| kind(s, "Refresh", "refresh+jwt"), F::HeaderType),
    ("J26 logout token", |s| s.header("typ", json!("logout+jwt")), F::HeaderType),
    ("J27 typ missing", |s| s.header("typ", None), F::HeaderType),
    ("J27 typ null", |s| s.header("typ", Value::Null), F::HeaderType),
    ("J28 crit", |s| s.header("crit", json!(["exp"])), F::HeaderParameter),
    ("J28 crit null", |s| s.header("crit", Value::Null), F::HeaderParameter),
    ("J28 zip", |s| s.header("zip", json!("DEF")), F::HeaderParameter),
    ("J28 b64", |s| s.header("b64", json!(false)), F::HeaderParameter),
    ("J29 aud missing", |s| s.claim("aud", None), F::Claims),
    ("J30 aud other", |s| s.claim("aud", json!("other-api")), F::Audience),
    ("J30 aud others", |s| s.claim("aud", json!(["other-api", "account"])), F::Audience),
    ("J30 aud empty", |s| s.claim("aud", json!([])), F::Audience),
    ("J30 aud in another case", |s| s.claim("aud", json!("Case-API")), F::Audience),
    ("J31 aud a number", |s| s.claim("aud", json!(7)), F::Claims),
    ("J31 aud nested", |s| s.claim("aud", json!([["case-api"]])), F::Claims),
    ("J32 aud a longer name", |s| s.claim("aud", json!("case-api.evil")), F::Audience),
    ("J32 aud a shorter name", |s| s.claim("aud", json!("case")), F::Audience),
    ("J33 iss missing", |s| s.claim("iss", None), F::Issuer),
    ("J34 iss an array", |s| s.claim("iss", json!([s.claims["iss"], "https://evil.example"])), F::Issuer),
    ("J34 iss an object", |s| s.claim("iss", json!({"0": s.claims["iss"]})), F::Issuer),
    ("J35 iss with a slash", |s| s.claim("iss", json!(format!("{}/", s.claims["iss"].as_str().unwrap()))), F::Issuer),
    ("J36 iss in another case", |s| s.claim("iss", json!(s.claims["iss"].as_str().unwrap().to_uppercase())), F::Issuer),
    ("J37 exp missing", |s| s.claim("exp", None), F::Claims),
    ("J38 exp a string", |s| s.claim("exp", json!((NOW + 600).to_string())), F::Claims),
    ("J39 exp negative", |s| s.claim("exp", json!(-1)), F::Expired),
    ("J39 exp the least integer", |s| s.claim("exp", json!(i64::MIN)), F::Expired),
    ("J40 exp a fraction", |s| s.claim("exp", json!(1e18)), F::Claims),
    ("J40 exp beyond integers", |s| s.claim("exp", json!(u64::MAX)), F::Claims),
    ("J41 exp past by 31 s", |s| times(s, NOW - 600, NOW - 31, None), F::Expired),
    ("J41 exp past by the leeway", |s| times(s, NOW - 600, NOW - 30, None), F::Expired),
    ("J42 nbf ahead", |s| times(s, NOW - 60, NOW + 600, Some(json!(NOW + 31))), F::NotYetValid),
    ("J42 nbf a string", |s| times(s, NOW - 60, NOW + 600, Some(json!("0"))), F::Claims),
    ("J42 nbf null", |s| times(s, NOW - 60, NOW + 600, Some(Value::Null)), F::Claims),
    ("J43 iat ahead", |s| times(s, NOW + 31, NOW + 600, None), F::IssuedAhead),
    ("J43 iat missing", |s| s.claim("iat", None), F::Claims),
    ("J43 iat a fraction", |s| s.claim("iat", json!(1.5)), F::Claims),
    ("J44 life of an hour and a second", |s| times(s, NOW - 60, NOW + 3541, None), F::Life),
    ("J44 life of ten years", |s| times(s, NOW - 60, NOW + 315_360_000, None), F::Life),
    ("J44 life without end", |s| times(s, i64::MIN, i64::MAX, None), F::Life),
    ("J44 life backwards", |s| times(s, NOW, NOW - 1, None), F::Life),
    ("J45 claim repeated", |s| s.raw(&s.header.to_string(), &repeated(&s.claims, r#""exp":0"#)), F::RepeatedKey),
    ("J45 claim repeated with an escape", |s| s.raw(&s.header.to_string(), &repeated(&s.claims, r#""\u0065xp":0"#)), F::RepeatedKey),
    ("J45 unread claim repeated", |s| s.raw(&s.header.to_string(), &repeated(&s.claims, r#""a":1,"a":2"#)), F::RepeatedKey),
    ("J45 key repeated far down", |s| s.raw(&s.header.to_string(), &repeated(&s.claims, r#""a":[{"b":{"c":1,"c":2}}]"#)), F::RepeatedKey),
    ("J46 header parameter repeated", |s| s.raw(&repeated(&s.header, r#""alg":"none""#), &s.claims.to_string()), F::RepeatedKey),
    ("J46 unread header parameter repeated", |s| s.raw(&repeated(&s.header, r#""a":1,"a":2"#), &s.claims.to_string()), F::RepeatedKey),
    ("J47 role in an unknown claim", |s| elsewhere(s, false), F::NoRole),
    ("J48 role of another client", |s| elsewhere(s, true), F::NoRole),
    ("J49 role in another case", |s| s.roles(&json!(["ADVISER", "Adviser", "adviser ", ""])), F::NoRole),
    ("J49 role with a homoglyph", |s| s.roles(&json!(["adv\u{456}ser"])), F::NoRole),
    ("J50 roles nested", |s| s.roles(&json!([["adviser"]])), F::Claims),
    ("J50 roles a string", |s| s.roles(&json!("adviser")), F::Claims),
    ("J50 roles an object", |s| s.roles(&json!({"0": "adviser"})), F::Claims),
    ("J50 no roles", |s| s.roles(&json!([])), F::NoRole),
    ("J58 encrypted form", |s| format!("{}.{}", s.good(), "AAAA.AAAA"), F::Parts),
    ("J58 four parts", |s| format!("{}.AAAA", s.good()), F::Parts),
    ("J58 two parts", |s| s.good().rsplit_once('.').unwrap().0.to_owned(), F::Parts),
    ("J58 one part", |s| s.good().replace('.', ""), F::Parts),
    ("J59 JSON form", json_form, F::NotBearer),
    (
        "header an array",
        |s| s.raw(&json!([s.header["alg"], s.header["typ"], "key-1", 0, 0, 0, 0, 0, 0, 0]).to_string(), &s.claims.to_string()),
        F::Json,
    ),
    ("payload an array", |s| s.raw(&s.header.to_string(), &json!([s.claims["iss"], "case-api", NOW + 600, NOW]).to_string()), F::Json),
    ("payload with a tail", |s| s.raw(&s.header.to_string(), &format!("{} {{}}", s.claims)), F::Json),
    (
        "payload nested without end",
        |s| s.raw(&s.header.to_string(), &repeated(&s.claims, &format!(r#""a":{}{}"#, "[".repeat(1500), "]".repeat(1500)))),
        F::Json,
    ),
    ("padded part", |s| s.good().replacen('.', "=.", 1), F::Encoding),
    ("padded signature", |s| s.good() + "=", F::Signature),
    ("subject missing", |s| s.claim(s.subject_claim(), None), F::Claims),
    ("subject empty", |s| s.claim(s.subject_claim(), json!("")), F::Subject),
    ("subject of 256", |s| s.claim(s.subject_claim(), json!("s".repeat(256))), F::Subject),
    ("subject with a line break", |s| s.claim(s.subject_claim(), json!("a\nb")), F::Subject),
    ("subject a number", |s| s.claim(s.subject_claim(), json!(1)), F::Claims),
    ("token id missing", |s| s.claim(s.token_id_claim(), None), F::Claims),
    ("token id empty", |s| s.claim(s.token_id_claim(), json!("")), F::TokenId),
    ("token id of 256", |s| s.claim(s.token_id_claim(), json!("t".repeat(256))), F::TokenId),
    ("client missing", |s| s.claim(s.client_claim(), None), F::Claims),
    ("client empty", |s| s.claim(s.client_claim(), json!("")), F::Client),
    ("client not on the list", |s| s.claim(s.client_claim(), json!("other-app")), F::Client),
];

/// Attacks on the header of the request itself.
const CARRIERS: &[Attack] = &[
    ("J57 bearer in lower case", |s| format!("bearer {}", s.good()), F::NotBearer),
    ("J57 bearer with a tab", |s| format!("Bearer\t{}", s.good()), F::NotBearer),
    ("J57 bearer with a comma", |s| format!("Bearer {},Bearer {}", s.good(), s.good()), F::NotBearer),
    ("J57 bearer with two spaces", |s| format!("Bearer  {}", s.good()), F::NotBearer),
    ("J57 bearer with a space behind", |s| format!("Bearer {} ", s.good()), F::NotBearer),
    ("J57 no scheme", Scene::good, F::NotBearer),
    ("J57 another scheme", |s| format!("Basic {}", s.good()), F::NotBearer),
    ("J57 no token", |_| "Bearer ".to_owned(), F::Parts),
    ("J60 more than 8 KiB", |s| of_length(s, |length| length > 8192), F::TooLong),
];

/// Of the size of `J60` and smaller by a few octets.
pub fn of_length(s: &Scene, stop: impl Fn(usize) -> bool) -> String {
    let bearer = |pad: usize| format!("Bearer {}", s.claim("pad", json!("p".repeat(pad))));
    // Six thousand octets in base64 are eight thousand.
    let start = 6100 - bearer(0).len() * 3 / 4;
    (start..8192).map(bearer).find(|value| stop(value.len())).unwrap()
}

#[test]
fn every_attack_is_refused_for_its_own_reason() {
    for s in Scene::all() {
        for (name, attack, fault) in ATTACKS {
            let expected = if *name == "J25 refresh token" && s.profile == Profile::Keycloak { F::Kind } else { *fault };
            let expected =
                if name.starts_with("J24") && !matches!(s.profile, Profile::Entra | Profile::Keycloak) { F::HeaderType } else { expected };
            assert_eq!(s.verify(&attack(&s)).err(), Some(expected), "{name}, {}", s.label());
            s.verify(&s.good()).unwrap();
        }
        for (name, attack, fault) in CARRIERS {
            assert_eq!(s.authorise(attack(&s).as_bytes()).err(), Some(*fault), "{name}, {}", s.label());
        }
    }
}

fn header(s: &Scene, name: &str, value: Value) -> String {
    let mut header = s.header.clone();
    header[name] = value;
    header.to_string()
}

fn claims(s: &Scene, name: &str, value: Value) -> String {
    let mut claims = s.claims.clone();
    claims[name] = value;
    claims.to_string()
}

fn unsigned(s: &Scene, algorithm: &str) -> String {
    format!("{}.{}.", b64(header(s, "alg", json!(algorithm))), b64(s.claims.to_string()))
}

fn hs256(s: &Scene, secret: &[u8]) -> String {
    let message = format!("{}.{}", b64(header(s, "alg", json!("HS256"))), b64(s.claims.to_string()));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
    format!("{message}.{}", b64(tag))
}

fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = (0..body.len()).step_by(64).map(|start| &body[start..body.len().min(start + 64)]).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

/// The two halves as a DER sequence of integers, which is how ECDSA signatures stand in certificates.
fn der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let integer = |octets: &[u8]| [&[2, u8::try_from(octets.len() + 1).unwrap(), 0], octets].concat();
    let body = [integer(r), integer(s)].concat();
    [&[0x30, 0x81, u8::try_from(body.len() % 256).unwrap()], body.as_slice()].concat()
}

/// An object with further members written behind its own.
fn repeated(object: &Value, members: &str) -> String {
    format!("{},{members}}}", object.to_string().strip_suffix('}').unwrap())
}

fn times(s: &Scene, iat: i64, exp: i64, nbf: Option<Value>) -> String {
    let mut claims = s.claims.clone();
    (claims["iat"], claims["exp"]) = (json!(iat), json!(exp));
    if let Some(nbf) = nbf {
        claims["nbf"] = nbf;
    }
    s.payload(&claims)
}

/// A token of another kind: Keycloak tells them apart in the body, the others in the header.
fn kind(s: &Scene, body: &str, header: &str) -> String {
    if s.profile == Profile::Keycloak { s.claim("typ", json!(body)) } else { s.header("typ", json!(header)) }
}

fn id_token(s: &Scene) -> String {
    if s.profile == Profile::Entra { s.claim("nonce", json!("n-1")) } else { kind(s, "ID", "JWT") }
}

/// The role anywhere but where this profile has it.
fn elsewhere(s: &Scene, of_a_client: bool) -> String {
    let mut claims = s.with_roles(&json!([]));
    for name in ["roles", "groups", "entitlements", "scope", "permissions"] {
        if s.with_roles(&json!(["x"]))[name] != json!(["x"]) && !of_a_client {
            claims[name] = json!(["adviser"]);
        }
    }
    claims["realm_access"] = json!({"roles": ["adviser"], "resource_access": {"case-api": {"roles": ["adviser"]}}});
    if of_a_client {
        claims["resource_access"] = if s.profile == Profile::Keycloak {
            json!({"other-api": {"roles": ["adviser"]}, "case-api.evil": {"roles": ["adviser"]}, "roles": ["adviser"]})
        } else {
            json!({"case-api": {"roles": ["adviser"]}, "roles": ["adviser"]})
        };
    }
    s.payload(&claims)
}

fn json_form(s: &Scene) -> String {
    let good = s.good();
    let parts: Vec<&str> = good.split('.').collect();
    json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).to_string()
}
