//! A client of the running service, as a front end would be: the demonstration goes through the front door.

use serde_json::Value;
use ureq::http::Response;
use ureq::typestate::WithBody;
use ureq::{Agent, RequestBuilder};

use crate::domain::vocabulary::{Role, Vocabulary};

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null where there is none.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// A text of the body, by JSON pointer; empty where there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The `id` of the body.
    #[must_use]
    pub fn id(&self) -> String {
        self.text("/id").to_owned()
    }
}

/// A client with a token for each role.
pub struct Client {
    agent: Agent,
    base: String,
    tokens: Vec<(Role, String)>,
}

impl Client {
    /// A client of the service at this address.
    #[must_use]
    pub fn new(base: String, tokens: Vec<(Role, String)>) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).build();
        Self { agent: config.into(), base, tokens }
    }

    /// Where the service is.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The tokens, by role.
    #[must_use]
    pub fn tokens(&self) -> &[(Role, String)] {
        &self.tokens
    }

    fn bearer(&self, role: Role) -> String {
        let token = self.tokens.iter().find(|(holder, _)| *holder == role).map_or("", |(_, token)| token.as_str());
        format!("Bearer {token}")
    }

    /// Reads.
    pub fn get(&self, role: Role, path: &str) -> Result<Answer, String> {
        let request = self.agent.get(format!("{}/api/v1{path}", self.base)).header("Authorization", self.bearer(role));
        answer(request.call(), path)
    }

    /// With a fresh `Idempotency-Key`.
    fn posting(&self, role: Role, path: &str) -> RequestBuilder<WithBody> {
        let request = self.agent.post(format!("{}/api/v1{path}", self.base)).header("Authorization", self.bearer(role));
        request.header("Idempotency-Key", uuid::Uuid::new_v4().to_string())
    }

    /// Sends a body.
    pub fn post(&self, role: Role, path: &str, body: &Value) -> Result<Answer, String> {
        answer(self.posting(role, path).send_json(body), path)
    }

    /// Sends a body about a record that has this version.
    pub fn post_at(&self, role: Role, path: &str, version: i32, body: &Value) -> Result<Answer, String> {
        answer(self.posting(role, path).header("If-Match", format!("\"{version}\"")).send_json(body), path)
    }

    /// Replaces something that has no version.
    pub fn put(&self, role: Role, path: &str, body: &Value) -> Result<Answer, String> {
        let request = self.agent.put(format!("{}/api/v1{path}", self.base)).header("Authorization", self.bearer(role));
        answer(request.send_json(body), path)
    }

    /// Sends a body that must be accepted.
    pub fn made(&self, role: Role, path: &str, body: &Value) -> Result<Answer, String> {
        let answer = self.post(role, path, body)?;
        if matches!(answer.status, 200 | 201) {
            Ok(answer)
        } else {
            Err(format!("POST {path} as {} answered {}: {}", role.as_str(), answer.status, answer.text))
        }
    }
}

fn answer(result: Result<Response<ureq::Body>, ureq::Error>, path: &str) -> Result<Answer, String> {
    let mut response = result.map_err(|error| format!("{path} was not answered: {error}"))?;
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().map_err(|error| format!("{path} was cut short: {error}"))?;
    Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or_default(), text })
}
