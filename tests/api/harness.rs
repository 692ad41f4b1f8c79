//! The service as its users meet it: a real server on a free port, a database of its own, tokens of the development key, a clock that stands.
//! Over 350 lines because it is the one place that knows how a test meets the service.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use clap::Parser;
use diesel::RunQueryDsl;
use sendiass::authz::devkey::{DevKey, Minting};
use sendiass::clock::Clock;
use sendiass::config::{Config, Profile};
use sendiass::db::conn::{Conn, Demands, Place};
use sendiass::domain::time::Timestamp;
use sendiass::domain::vocabulary::Role;
use sendiass::{keys, startup};
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::{HeaderMap, Method, Request};

#[allow(dead_code, reason = "each test binary uses another part of it, and one all but one")]
#[path = "../support/cluster.rs"]
pub mod cluster;

#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    config: Config,
}

/// A running service: one, or one of several replicas before the same database.
pub struct TestApp {
    /// Ends before its database goes.
    server: Arc<Server>,
    pub base: String,
    /// Where the operator reads.
    pub admin: String,
    /// The clock of the domain: 2026-06-01 10:00 in London, until a test sets it.
    pub clock: Clock,
    pub key: DevKey,
    agent: Agent,
    config: Config,
    folder: Arc<TempDir>,
    /// The database on PostgreSQL, in the half of a test that runs there.
    pub scratch: Option<Arc<cluster::Scratch>>,
    /// How often it said 503, where that is answered by the same request once more, as a client does.
    pub turned_away: Option<Arc<AtomicUsize>>,
}

/// A server in a thread of its own.
struct Server {
    base: String,
    admin: String,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(config: Config, clock: Clock) -> Self {
        let (ready, started) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let service = startup::build(config, clock).await.unwrap();
                let app = service.app.clone();
                let running = service.listen().unwrap();
                ready.send((running.address, running.admin.unwrap(), running.server.handle())).unwrap();
                running.server.await.unwrap();
                // Whoever looks at the database afterwards finds everything in its place, if that can be.
                drop(app.sequence_now().await);
            });
        });
        let (address, admin, handle) = started.recv().expect("the service starts");
        Self { base: format!("http://{address}"), admin: format!("http://{admin}"), handle, thread: Some(thread) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        System::new().block_on(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // A panic of the server has been shown already.
            drop(thread.join());
        }
    }
}

/// An instant, written as RFC 3339.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

impl TestApp {
    pub fn spawn() -> Self {
        Self::spawn_as(Profile::Demo)
    }

    pub fn spawn_as(profile: Profile) -> Self {
        Self::spawn_with(|config| config.profile = profile)
    }

    /// With these settings changed.
    pub fn spawn_with(change: impl FnOnce(&mut Config)) -> Self {
        cluster::on_postgres_too();
        Self::spawn_on(tempfile::tempdir().unwrap(), scratch(), change)
    }

    /// On the keys and the database that are there.
    pub fn spawn_on(folder: TempDir, scratch: Option<cluster::Scratch>, change: impl FnOnce(&mut Config)) -> Self {
        let clock = Clock::frozen(at("2026-06-01T09:00:00Z"));
        let mut config = config(folder.path(), scratch.as_ref());
        change(&mut config);
        let server = Arc::new(Server::start(config.clone(), clock.clone()));
        Self::join(server, clock, config, Arc::new(folder), scratch.map(Arc::new))
    }

    /// Two that start at once on a database where nothing is; on the embedded one, which is one process's alone, one and the same.
    #[allow(dead_code, reason = "each test binary uses another part of it, and one all")]
    pub fn spawn_two_at_once() -> (Self, Self) {
        cluster::on_postgres_too();
        let clock = Clock::frozen(at("2026-06-01T09:00:00Z"));
        let (folder, scratch) =
            (Arc::new(tempfile::tempdir().unwrap()), cluster::is_postgres().then(|| Arc::new(cluster::Scratch::empty())));
        let mut config = config(folder.path(), scratch.as_deref());
        // The schema is its owner's to make.
        config.database.url = scratch.as_ref().map(|scratch| scratch.owner_url().into());
        let start = || Arc::new(Server::start(config.clone(), clock.clone()));
        let (one, other) = std::thread::scope(|scope| {
            let other = cluster::is_postgres().then(|| scope.spawn(start));
            let one = start();
            let other = other.map_or_else(|| one.clone(), |other| other.join().unwrap());
            (one, other)
        });
        let join = |server| Self::join(server, clock.clone(), config.clone(), folder.clone(), scratch.clone());
        (join(one), join(other))
    }

    /// Another replica before the same database, with the same keys and the same clock; on the embedded database, which is one process's
    /// alone, the same service once more.
    #[allow(dead_code, reason = "each test binary uses another part of it, and one all")]
    pub fn replica(&self) -> Self {
        let server = match self.scratch {
            Some(_) => Arc::new(Server::start(self.config.clone(), self.clock.clone())),
            None => self.server.clone(),
        };
        Self::join(server, self.clock.clone(), self.config.clone(), self.folder.clone(), self.scratch.clone())
    }

    fn join(server: Arc<Server>, clock: Clock, config: Config, folder: Arc<TempDir>, scratch: Option<Arc<cluster::Scratch>>) -> Self {
        Self {
            base: server.base.clone(),
            admin: server.admin.clone(),
            clock,
            key: keys::development_key(folder.path()).unwrap(),
            agent: Agent::config_builder().http_status_as_error(false).build().into(),
            server,
            config,
            folder,
            scratch,
            turned_away: None,
        }
    }

    /// From now on what is turned away is asked again: a 503 says that it is not known whether it was done, and never that it was.
    #[allow(dead_code, reason = "each test binary uses another part of it, and one all")]
    pub fn patient(self) -> Self {
        Self { turned_away: Some(Arc::default()), ..self }
    }

    /// Stops it, and leaves what it kept.
    #[allow(dead_code, reason = "each test binary uses another part of it, and one all")]
    pub fn stopped(self) -> (TempDir, Option<cluster::Scratch>) {
        let Self { server, folder, scratch, .. } = self;
        drop(server);
        (Arc::try_unwrap(folder).unwrap(), scratch.map(|scratch| Arc::try_unwrap(scratch).unwrap_or_else(|_| panic!("no replica runs"))))
    }

    /// Where the keys are, and the embedded database.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything in the database on PostgreSQL, where it is there.
    pub fn dump(&self) -> Option<Vec<u8>> {
        self.scratch.as_ref().map(|scratch| scratch.dump())
    }

    /// A second connection to the database, as its owner, for what the API forbids.
    pub fn sabotage(&self) -> Conn {
        connect(self.folder(), self.scratch.as_deref())
    }

    pub fn token(&self, roles: &[Role], subject: &str) -> String {
        self.key.mint(&Minting { roles, subject, minutes: 60, name: subject }, Clock::real()).unwrap()
    }

    /// The one member of staff that stands for a role.
    pub fn as_role(&self, role: Role) -> Session<'_> {
        self.as_staff(role, &format!("{role:?}"))
    }

    pub fn as_staff(&self, role: Role, subject: &str) -> Session<'_> {
        self.with_token(Some(self.token(&[role], subject)))
    }

    pub fn adviser(&self) -> Session<'_> {
        self.as_role(Role::Adviser)
    }

    pub fn manager(&self) -> Session<'_> {
        self.as_role(Role::ServiceManager)
    }

    pub fn with_token(&self, token: Option<String>) -> Session<'_> {
        Session { app: self, token, headers: Vec::new() }
    }
}

/// The settings of a service with its keys in this folder.
pub fn config(folder: &Path, scratch: Option<&cluster::Scratch>) -> Config {
    let mut config = Config {
        profile: Profile::Demo,
        bind: "127.0.0.1:0".parse().unwrap(),
        admin_bind: Some("127.0.0.1:0".parse().unwrap()),
        workers: 2,
        // Tests are quicker than people. Those of the limits set their own.
        caller_requests_per_minute: 0,
        client_requests_per_minute: 0,
        // What a test counts is not to be disturbed.
        checkpoint_seconds: 0,
        caller_cases_per_hour: 0,
        // The witness that tests know.
        witnesses: vec!["witness.example.org/w1+f7055ace+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK".to_owned()],
        ..Defaults::try_parse_from(["test"]).unwrap().config
    };
    folder.clone_into(&mut config.database.data_dir);
    config.database.url = scratch.map(|scratch| scratch.url().into());
    config.database.unsafe_server = true;
    config
}

const DEMANDS: Demands = Demands { encrypted: false, unsafe_server: true };

/// A connection to the database at this address.
#[allow(dead_code, reason = "each test binary uses another part of it, and one all")]
pub fn connect_to(url: &str) -> Conn {
    Place::Server(url.to_owned()).connect(DEMANDS).unwrap()
}

/// A database on PostgreSQL for the half of a test that runs there.
pub fn scratch() -> Option<cluster::Scratch> {
    let migrate = |url: &str| drop(Place::Server(url.to_owned()).connect(DEMANDS).unwrap().migrate().unwrap());
    cluster::is_postgres().then(|| cluster::Scratch::migrated(migrate))
}

/// A connection to the database of a service, as its owner. What was logged on a server has its place in the log by then, if it is given one at all.
pub fn connect(folder: &Path, scratch: Option<&cluster::Scratch>) -> Conn {
    let place = match scratch {
        None => Place::File(folder.join("sendiass.db")),
        Some(scratch) => Place::Server(scratch.owner_url()),
    };
    let mut conn = place.connect(DEMANDS).unwrap();
    let since = Instant::now();
    while scratch.is_some() && waits(&mut conn) && since.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(5));
    }
    conn
}

/// Whether an entry of the access log has no place yet.
pub fn waits(conn: &mut Conn) -> bool {
    diesel::sql_query("SELECT 1 FROM access_pending LIMIT 1").execute(conn).is_ok_and(|waiting| waiting > 0)
}

/// Somebody who calls.
#[derive(Clone)]
pub struct Session<'a> {
    app: &'a TestApp,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

impl Session<'_> {
    /// With one more header on every request.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut session = self.clone();
        session.headers.push((name.to_owned(), value.to_owned()));
        session
    }

    pub fn if_match(&self, version: impl std::fmt::Display) -> Self {
        self.with("If-Match", &format!("\"{version}\""))
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send(&Method::GET, path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        // Where a key is required, each request is a new one, unless the test says otherwise.
        let keyed = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"));
        let session = if keyed { self.clone() } else { self.with("Idempotency-Key", &uuid::Uuid::new_v4().to_string()) };
        session.send(&Method::POST, path, Some(body.to_string()))
    }

    pub fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(&Method::PATCH, path, Some(body.to_string()))
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(&Method::PUT, path, Some(body.to_string()))
    }

    /// Any request: a path below the base path, or one that begins with `//` from the root.
    #[expect(clippy::needless_pass_by_value, reason = "each caller has made it for this")]
    pub fn send(&self, method: &Method, path: &str, body: Option<String>) -> Reply {
        loop {
            let reply = self.send_once(method, path, body.as_deref());
            let waits = reply.status == 503 || reply.body["code"] == "idempotency-in-progress";
            let Some(turned_away) = self.app.turned_away.as_ref().filter(|_| waits) else { return reply };
            assert!(!reply.header("retry-after").is_empty(), "{}", reply.text);
            turned_away.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn send_once(&self, method: &Method, path: &str, body: Option<&str>) -> Reply {
        let url = match path.strip_prefix("//") {
            Some(rest) => format!("{}/{rest}", self.app.base),
            None => format!("{}/api/v1{path}", self.app.base),
        };
        let mut request = Request::builder().method(method.clone()).uri(&url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if body.is_some() && !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            request = request.header("Content-Type", "application/json");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let sent = match body {
            Some(body) => self.app.agent.run(request.body(body).unwrap()),
            None => self.app.agent.run(request.body(()).unwrap()),
        };
        let mut response = sent.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let bytes = response.body_mut().with_config().limit(u64::MAX).read_to_vec().unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Reply {
            what: format!("{method} {path}"),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
            bytes,
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    what: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    /// It succeeded with this status.
    #[track_caller]
    pub fn ok(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self
    }

    /// It failed with a problem of this code, which has the form every problem has.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}: {}", self.what, self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.what);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.header("x-request-id"), self.body["requestId"].as_str().unwrap());
        self
    }

    /// One of the errors names this rule.
    #[track_caller]
    pub fn rule(self, rule: &str) -> Self {
        assert!(self.rules().contains(&rule.to_owned()), "{}: {rule} is not in {}", self.what, self.text);
        self
    }

    /// One of the errors names this rule at this place.
    #[track_caller]
    pub fn rule_at(self, pointer: &str, rule: &str) -> Self {
        let found = self.body["errors"].as_array().is_some_and(|errors| {
            errors.iter().any(|error| {
                error["rule"] == rule && [&error["pointer"], &error["parameter"], &error["header"]].iter().any(|place| **place == pointer)
            })
        });
        assert!(found, "{}: no {rule} at {pointer} in {}", self.what, self.text);
        self
    }

    pub fn rules(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array();
        errors.into_iter().flatten().filter_map(|error| error["rule"].as_str()).map(str::to_owned).collect()
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }

    pub fn id(&self) -> String {
        self.str("id")
    }

    pub fn str(&self, key: &str) -> String {
        self.body[key].as_str().unwrap_or_default().to_owned()
    }

    pub fn version(&self) -> i64 {
        self.body["version"].as_i64().unwrap()
    }
}
