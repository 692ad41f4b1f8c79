//! Makes tokens, good and bad, with keys of its own and without the library under test.

use std::path::Path;
use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::authz::issuers::{Issuer, IssuerConfig, Issuers, Profile};
use crate::authz::token::{TokenFault, Verified, verify};
use crate::domain::time::Timestamp;

pub const NOW: i64 = 1_789_376_400;
pub const TENANT: &str = "6f1c1d9e-0d52-4d6b-9a1f-3f6f0a4b7c21";

pub fn now() -> Timestamp {
    Timestamp::from_micros(NOW * 1_000_000).unwrap()
}

pub fn b64(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub enum Signer {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding, &'static str),
}

/// Three keys of one kind: ours, a stranger's, and the other issuer's.
pub struct Keys {
    pub ours: Signer,
    pub stranger: Signer,
    pub others: Signer,
}

impl Keys {
    fn new(make: fn() -> Signer) -> Self {
        Self { ours: make(), stranger: make(), others: make() }
    }
}

pub static ES256: LazyLock<Keys> =
    LazyLock::new(|| Keys::new(|| Signer::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())));
pub static EDDSA: LazyLock<Keys> = LazyLock::new(|| Keys::new(|| Signer::Ed(Ed25519KeyPair::generate().unwrap())));
pub static RS256: LazyLock<Keys> = LazyLock::new(|| Keys::new(|| rsa(&RSA_PKCS1_SHA256, "RS256")));
pub static PS256: LazyLock<Keys> = LazyLock::new(|| Keys::new(|| rsa(&RSA_PSS_SHA256, "PS256")));

fn rsa(encoding: &'static dyn RsaEncoding, name: &'static str) -> Signer {
    Signer::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap(), encoding, name)
}

impl Signer {
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair, encoding, _) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The public key as a JWK without `kid`.
    pub fn jwk(&self) -> Value {
        match self {
            Self::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y)})
            }
            Self::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key())}),
            Self::Rsa(pair, ..) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                json!({"kty": "RSA", "n": b64(n.big_endian_without_leading_zero()), "e": b64(e.big_endian_without_leading_zero())})
            }
        }
    }

    pub fn der(&self) -> Vec<u8> {
        match self {
            Self::Ec(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec(),
            Self::Rsa(pair, ..) => AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap().as_ref().to_vec(),
        }
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
            Self::Rsa(_, _, name) => name,
        }
    }
}

pub fn with_kid(mut jwk: Value, kid: &str) -> Value {
    jwk["kid"] = json!(kid);
    jwk
}

/// An issuer of one profile with one kind of key, another issuer beside it, and the good token that each attack changes.
pub struct Scene {
    pub profile: Profile,
    pub keys: &'static Keys,
    pub header: Value,
    pub claims: Value,
    pub issuers: Issuers,
}

pub fn role_map() -> Value {
    json!({
        "adviser": "adviser", "manager": "service_manager", "auditor": "auditor", "analyst": "analyst", "administrator": "administrator",
        "intake": "machine_intake", "statistics": "machine_statistics", "audit": "machine_audit",
    })
}

pub fn config(profile: Profile, keys: &[Value], algorithms: &[&str]) -> Value {
    let (name, issuer) = match profile {
        Profile::Entra => ("entra", format!("https://login.microsoftonline.com/{TENANT}/v2.0")),
        Profile::Keycloak => ("keycloak", "https://id.example/realms/council".to_owned()),
        Profile::Rfc9068 => ("rfc9068", "https://as.example".to_owned()),
        Profile::Development => ("development", "sendiass-development".to_owned()),
    };
    let mut config = json!({
        "profile": name, "issuer": issuer, "audience": "case-api", "algorithms": algorithms, "roles": role_map(),
        "clients": ["intranet"], "machineClients": ["importer"], "keys": {"inline": {"keys": keys}},
    });
    if profile == Profile::Rfc9068 {
        config["rolesClaim"] = json!("entitlements");
    }
    config
}

pub fn issuer(config: &Value) -> Issuer {
    let config: IssuerConfig = serde_json::from_value(config.clone()).unwrap();
    Issuer::new(config, Path::new("")).unwrap()
}

impl Scene {
    pub fn new(profile: Profile, keys: &'static Keys) -> Self {
        let algorithm = keys.ours.algorithm();
        let ours = config(profile, &[with_kid(keys.ours.jwk(), "key-1")], &[algorithm]);
        let mut others =
            config(Profile::Rfc9068, &[with_kid(keys.others.jwk(), "key-1"), with_kid(keys.others.jwk(), "key-of-others")], &[algorithm]);
        others["issuer"] = json!("https://other.example");
        let mut claims = json!({
            "iss": ours["issuer"], "aud": "case-api", "iat": NOW - 60, "exp": NOW + 3000, "sub": "subject-1", "name": "Jo Ashdown",
        });
        let kind = match profile {
            Profile::Entra => json!({"ver": "2.0", "tid": TENANT, "oid": "object-1", "uti": "token-1", "azp": "intranet", "scp": "access"}),
            Profile::Keycloak => {
                json!({"jti": "token-1", "azp": "intranet", "typ": "Bearer", "realm_access": {"roles": ["offline_access"]}})
            }
            Profile::Rfc9068 | Profile::Development => json!({"jti": "token-1", "client_id": "intranet"}),
        };
        claims.as_object_mut().unwrap().append(&mut kind.as_object().unwrap().clone());
        let typ = if matches!(profile, Profile::Entra | Profile::Keycloak) { "JWT" } else { "at+jwt" };
        let mut scene = Self {
            profile,
            keys,
            header: json!({"alg": algorithm, "typ": typ, "kid": "key-1"}),
            claims,
            issuers: Issuers::new(vec![issuer(&ours), issuer(&others)]).unwrap(),
        };
        scene.claims = scene.with_roles(&json!(["adviser", "value-without-meaning"]));
        scene
    }

    /// Every profile with every kind of key.
    pub fn all() -> Vec<Self> {
        [Profile::Entra, Profile::Keycloak, Profile::Rfc9068, Profile::Development]
            .into_iter()
            .flat_map(|profile| [&ES256, &EDDSA, &RS256].map(|keys| Self::new(profile, keys)))
            .collect()
    }

    pub fn label(&self) -> String {
        format!("{:?} with {}", self.profile, self.keys.ours.algorithm())
    }

    /// The claims with these roles where the profile has them.
    pub fn with_roles(&self, roles: &Value) -> Value {
        let mut claims = self.claims.clone();
        match self.profile {
            Profile::Entra | Profile::Development => claims["roles"] = roles.clone(),
            Profile::Keycloak => claims["resource_access"] = json!({"case-api": {"roles": roles}, "other-api": {"roles": ["auditor"]}}),
            Profile::Rfc9068 => claims["entitlements"] = roles.clone(),
        }
        claims
    }

    /// The name of the claim that holds the actor.
    pub fn subject_claim(&self) -> &'static str {
        if self.profile == Profile::Entra { "oid" } else { "sub" }
    }

    pub fn token_id_claim(&self) -> &'static str {
        if self.profile == Profile::Entra { "uti" } else { "jti" }
    }

    pub fn client_claim(&self) -> &'static str {
        if matches!(self.profile, Profile::Entra | Profile::Keycloak) { "azp" } else { "client_id" }
    }

    /// The claims of a machine's token.
    pub fn machine(&self, roles: &Value) -> Value {
        let mut claims = self.with_roles(roles);
        claims[self.client_claim()] = json!("importer");
        claims.as_object_mut().unwrap().remove("scp");
        claims
    }

    /// A token of these very texts, signed with our key.
    pub fn raw(&self, header: &str, payload: &str) -> String {
        signed(&self.keys.ours, header, payload)
    }

    pub fn good(&self) -> String {
        self.raw(&self.header.to_string(), &self.claims.to_string())
    }

    /// The good token with one header parameter set, or removed if it is given as nothing.
    pub fn header(&self, name: &str, value: impl Into<Option<Value>>) -> String {
        self.raw(&set(&self.header, name, value.into()).to_string(), &self.claims.to_string())
    }

    /// The good token with one claim set, or removed.
    pub fn claim(&self, name: &str, value: impl Into<Option<Value>>) -> String {
        self.payload(&set(&self.claims, name, value.into()))
    }

    /// The good token with other claims.
    pub fn payload(&self, claims: &Value) -> String {
        self.raw(&self.header.to_string(), &claims.to_string())
    }

    /// The good token with other roles.
    pub fn roles(&self, roles: &Value) -> String {
        self.payload(&self.with_roles(roles))
    }

    /// The good token with its signature made anew from these parts.
    pub fn with_signature(&self, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
        let good = self.good();
        let (message, signature) = good.rsplit_once('.').unwrap();
        format!("{message}.{}", b64(change(URL_SAFE_NO_PAD.decode(signature).unwrap())))
    }

    pub fn verify(&self, token: &str) -> Result<Verified, TokenFault> {
        self.authorise(format!("Bearer {token}").as_bytes())
    }

    pub fn authorise(&self, value: &[u8]) -> Result<Verified, TokenFault> {
        verify([value], &self.issuers, now())
    }
}

pub fn signed(signer: &Signer, header: &str, payload: &str) -> String {
    let message = format!("{}.{}", b64(header), b64(payload));
    let signature = signer.sign(message.as_bytes());
    format!("{message}.{}", b64(signature))
}

fn set(object: &Value, name: &str, value: Option<Value>) -> Value {
    let mut object = object.clone();
    let members = object.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    object
}
