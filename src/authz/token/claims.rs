//! What a payload says, typed, and how each profile names the actor, the token, the client and the roles.

use std::borrow::Cow;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::TokenFault;
use crate::authz::issuers::{Issuer, Profile};
use crate::authz::json::{Present, Text, if_there, texts_at};
use crate::domain::text::Name;

/// The longest subject and token id, in bytes (255 characters of ASCII in Connect Core 1.0, section 2).
pub const MAX_ID: usize = 255;
/// The longest name shown, in characters.
pub const MAX_NAME: usize = 200;

/// The issuer a payload claims, read before its signature for one purpose: to choose the configuration that is then enforced.
#[derive(Deserialize)]
pub(super) struct Claimed<'a> {
    #[serde(borrow)]
    pub(super) iss: Cow<'a, str>,
}

/// The claims that every profile has.
#[derive(Deserialize)]
pub(super) struct Common<'a> {
    #[serde(borrow)]
    pub(super) aud: Audience<'a>,
    pub(super) exp: i64,
    pub(super) iat: i64,
    #[serde(default, deserialize_with = "if_there")]
    pub(super) nbf: Option<i64>,
}

/// One audience, or several (RFC 7519 section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(#[serde(borrow)] Text<'a>),
    Several(#[serde(borrow)] Vec<Text<'a>>),
}

impl Audience<'_> {
    pub(super) fn contains(&self, ours: &str) -> bool {
        match self {
            Self::One(one) => one.0 == ours,
            Self::Several(several) => several.iter().any(|one| one.0 == ours),
        }
    }
}

/// Who a token is about.
pub(super) struct Identity {
    /// The actor, without the issuer.
    pub(super) subject: String,
    pub(super) token_id: String,
    pub(super) client: String,
    pub(super) machine: bool,
    pub(super) name: Option<Name>,
}

/// Version 2 access tokens of Entra ID.
#[derive(Deserialize)]
struct Entra<'a> {
    ver: Text<'a>,
    tid: Text<'a>,
    oid: Text<'a>,
    uti: Text<'a>,
    azp: Text<'a>,
    #[serde(default, deserialize_with = "if_there")]
    idtyp: Option<Text<'a>>,
    #[serde(default)]
    scp: Present,
    #[serde(default)]
    nonce: Present,
    #[serde(default, borrow)]
    name: Option<Cow<'a, str>>,
}

/// Access tokens of Keycloak.
#[derive(Deserialize)]
struct Keycloak<'a> {
    sub: Text<'a>,
    jti: Text<'a>,
    azp: Text<'a>,
    #[serde(default, deserialize_with = "if_there")]
    typ: Option<Text<'a>>,
    #[serde(default, borrow)]
    name: Option<Cow<'a, str>>,
}

/// Access tokens as RFC 9068 section 2.2 describes them, and those of this service's own key.
#[derive(Deserialize)]
struct Rfc9068<'a> {
    sub: Text<'a>,
    jti: Text<'a>,
    client_id: Text<'a>,
    #[serde(default, borrow)]
    name: Option<Cow<'a, str>>,
}

/// Who the token is about, as the profile of its issuer says; refuses tokens of another kind (ID, refresh, logout tokens, version 1).
pub(super) fn identity(payload: &[u8], header_typ: &str, issuer: &Issuer) -> Result<Identity, TokenFault> {
    match issuer.config.profile {
        Profile::Entra => entra(parse(payload)?, issuer),
        Profile::Keycloak => keycloak(&parse(payload)?, header_typ, issuer),
        Profile::Rfc9068 | Profile::Development => {
            let claims: Rfc9068 = parse(payload)?;
            about(&claims.sub, &claims.jti, &claims.client_id, is_machine(issuer, &claims.client_id), claims.name.as_deref())
        }
    }
}

fn entra(claims: Entra, issuer: &Issuer) -> Result<Identity, TokenFault> {
    if claims.ver.0 != "2.0" || claims.nonce.0 {
        return Err(TokenFault::Kind);
    }
    if Some(claims.tid.0.as_ref()) != issuer.tenant.as_deref() {
        return Err(TokenFault::Tenant);
    }
    let machine = !claims.scp.0 || claims.idtyp.is_some_and(|kind| kind.0 == "app");
    // Whoever may make an application in the tenant may have a token without `scp` for it: machines are named, as for the others.
    if machine && !is_machine(issuer, &claims.azp) {
        return Err(TokenFault::Client);
    }
    about(&claims.oid, &claims.uti, &claims.azp, machine, claims.name.as_deref())
}

fn keycloak(claims: &Keycloak, header_typ: &str, issuer: &Issuer) -> Result<Identity, TokenFault> {
    // Its ID, refresh and logout tokens have other body types; only a token with the header type of RFC 9068 may have none.
    let bearer = claims.typ.as_ref().map_or(header_typ == "at+jwt", |kind| kind.0 == "Bearer");
    if !bearer {
        return Err(TokenFault::Kind);
    }
    about(&claims.sub, &claims.jti, &claims.azp, is_machine(issuer, &claims.azp), claims.name.as_deref())
}

/// The values of the claim that, in this profile, lists the roles.
pub(super) fn role_values<'a>(payload: &'a [u8], issuer: &Issuer) -> Result<Vec<Text<'a>>, TokenFault> {
    let config = &issuer.config;
    match config.profile {
        Profile::Entra | Profile::Development => texts_at(payload, &["roles"]),
        Profile::Keycloak => texts_at(payload, &["resource_access", &config.audience, "roles"]),
        Profile::Rfc9068 => texts_at(payload, &[config.roles_claim.as_deref().unwrap_or_default()]),
    }
    .map_err(|_| TokenFault::Claims)
}

pub(super) fn parse<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, TokenFault> {
    serde_json::from_slice(payload).map_err(|_| TokenFault::Claims)
}

fn about(subject: &Text, token_id: &Text, client: &Text, machine: bool, name: Option<&str>) -> Result<Identity, TokenFault> {
    let id = |text: &Text, fault| {
        let fits = (1..=MAX_ID).contains(&text.0.len()) && !text.0.contains(char::is_control);
        if fits { Ok(text.0.clone().into_owned()) } else { Err(fault) }
    };
    Ok(Identity {
        subject: id(subject, TokenFault::Subject)?,
        token_id: id(token_id, TokenFault::TokenId)?,
        client: id(client, TokenFault::Client)?,
        machine,
        name: name.and_then(shown),
    })
}

fn is_machine(issuer: &Issuer, client: &Text) -> bool {
    issuer.config.machine_clients.iter().any(|machine| *machine == client.0)
}

/// A name fit to be shown: NFC, no control characters, at most 200 characters; none if nothing is left.
fn shown(name: &str) -> Option<Name> {
    let name: String = name.nfc().filter(|character| !character.is_control()).take(MAX_NAME).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| Name::from(name))
}
