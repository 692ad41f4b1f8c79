//! Tokens that the service's own commands would never make, signed with its own key.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sendiass::clock::Clock;
use serde_json::{Value, json};

use crate::harness::TestApp;

/// A token of the development key with these claims changed; `null` removes one.
pub fn token(app: &TestApp, change: &Value) -> String {
    let pem = std::fs::read(app.folder().join(sendiass::keys::DEVELOPMENT_KEY)).unwrap();
    let now = Clock::real().utc().timestamp();
    let mut claims = json!({"iss": sendiass::authz::devkey::ISSUER, "aud": sendiass::authz::devkey::AUDIENCE, "sub": "forged", "name": "Forged",
        "jti": uuid::Uuid::new_v4(), "client_id": "sendiass-command", "roles": ["adviser"], "iat": now, "exp": now + 600});
    for (name, value) in change.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    let good = app.token(&[sendiass::domain::vocabulary::Role::Adviser], "any");
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = jsonwebtoken::decode_header(good.as_bytes()).unwrap().kid;
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ec_pem(&pem).unwrap()).unwrap()
}
