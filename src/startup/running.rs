//! A service that answers: its two ports, what they bear, and how it stops.

use std::fs::File;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::{HttpServer, rt, web};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Gatekeeper, Ready};
use crate::app::App;
use crate::http::admin::{self, Health};
use crate::http::limits::{Allowed, Limits};
use crate::http::openapi::Service;
use crate::http::{self, Edge, connection};
use crate::metrics::Metrics;

/// How long the head of a first request may take; and for how long an idle connection is kept.
const HEAD: Duration = Duration::from_secs(5);
/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;
/// How many connections there may be: each takes two descriptors.
const CONNECTIONS: u64 = 12_000;
/// Descriptors for everything else: the database, the program, the operator.
const DESCRIPTORS: u64 = 256;
/// How long a request that is being served may take once the service stops, in seconds.
const FINISH: u64 = 30;
/// How often what is kept for a day is looked through.
const TIDYING: Duration = Duration::from_hours(1);
/// How often those are forgotten who ask no more.
const FORGETTING: Duration = Duration::from_mins(1);
/// For how long entries of the access log gather before they are given their places together,
const GATHERING: Duration = Duration::from_millis(20);
/// and after how long it is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long the database may take for what it had begun.
const SETTLE: Duration = Duration::from_secs(10);

/// A service that answers.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for the operator.
    pub admin: Option<SocketAddr>,
    /// Runs until it is stopped.
    pub server: Server,
    signals: Signals,
    health: Arc<Health>,
    app: App,
    drain: Duration,
    /// Held as long as it runs.
    _lock: Option<File>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Running({})", self.address)
    }
}

impl Ready {
    /// Listens. Port 0 takes a free one. It belongs into a runtime, which also answers the operator as long as it lives.
    pub fn listen(self) -> Result<Running, String> {
        let metered = self.app.clone();
        let metrics = Arc::new(Metrics::new(move || metered.load()));
        let tried = self.app.clone();
        let health = Health::watch(async move || tried.can_work().await);
        rt::spawn(tidy(self.app.clone()));
        let index = &self.app.keys().index;
        let limits = Arc::new(Limits::new(&Allowed {
            by_caller: NonZeroU32::new(self.config.caller_requests_per_minute),
            by_client: NonZeroU32::new(self.config.client_requests_per_minute),
            trusted_proxies: self.config.trusted_proxies.clone(),
        }));
        rt::spawn(forget(limits.clone()));
        rt::spawn(sequence(self.app.clone()));
        if self.config.checkpoint_seconds > 0 {
            rt::spawn(sign(self.app.clone(), Duration::from_secs(self.config.checkpoint_seconds)));
        }
        let edge = web::Data::new(Edge {
            limits,
            authenticate: Arc::new(Gatekeeper { issuers: self.issuers.clone(), app: self.app.clone() }),
            metrics: metrics.clone(),
            cursor_key: *index.derive("cursor"),
            idempotency_key: *index.derive("idempotency"),
            public_url: self.config.public_url.clone(),
            allowed_origins: self.config.cors_origins.clone(),
        });
        let service = Arc::new(Service::build(http::operations()).map_err(|faults| faults.join("\n"))?);
        let app = web::Data::new(self.app.clone());
        let workers = usize::from(self.config.workers);
        let server = HttpServer::new(move || http::app(&service, &edge).app_data(app.clone()))
            .workers(workers)
            .backlog(BACKLOG)
            .max_connections(connections().div_ceil(workers))
            .client_request_timeout(HEAD)
            .keep_alive(HEAD)
            .shutdown_timeout(FINISH)
            .disable_signals()
            .on_connect(connection::watch)
            .bind(self.config.bind)
            .map_err(taken(self.config.bind, "--bind"))?;
        let address = server.addrs().first().copied().unwrap_or(self.config.bind);
        let admin = self.config.admin_bind.map(|bind| operator(bind, health.clone(), metrics)).transpose()?;
        let signals = Signals::new().map_err(|error| format!("The signals to stop cannot be heard: {error}."))?;
        let drain = Duration::from_secs(self.config.drain_seconds());
        Ok(Running { address, admin, server: server.run(), signals, health, app: self.app, drain, _lock: self.lock })
    }
}

/// Forgets who asked a while ago, for as long as the service runs.
async fn forget(limits: Arc<Limits>) {
    let mut minutes = rt::time::interval(FORGETTING);
    loop {
        minutes.tick().await;
        limits.forget();
    }
}

/// Tidies up once in a while, for as long as the service runs.
async fn tidy(app: App) {
    let mut hours = rt::time::interval(TIDYING);
    loop {
        hours.tick().await;
        if app.tidy().await.is_err() {
            tracing::warn!("what is kept for a day could not be forgotten; it is tried again in an hour");
        }
    }
}

/// Gives entries of the access log their places, for as long as the service runs.
async fn sequence(app: App) {
    loop {
        // Whoever comes just now goes along.
        tokio::time::sleep(GATHERING).await;
        if app.sequence().await.is_err() {
            tracing::warn!("entries of the access log wait for their place; it is tried again");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Signs the logs as they grow, for as long as the service runs.
async fn sign(app: App, every: Duration) {
    let mut times = rt::time::interval(every);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = 0;
    loop {
        times.tick().await;
        let went_back = app.load().went_back;
        if std::mem::replace(&mut told, went_back) < went_back {
            tracing::warn!("a clock went back: entries of a log have the time of those before them");
        }
        if let Err(unsigned) = app.sign_logs().await {
            if unsigned.is_final() {
                tracing::error!(cause = %unsigned, "the logs are closed");
                return;
            }
            tracing::warn!(cause = %unsigned, "the logs were not signed; it is tried again");
        }
    }
}

fn taken(bind: SocketAddr, flag: &str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("The address {bind} cannot be used ({error}): choose another with {flag}.")
}

/// Answers the operator, in a thread of its own, a request a connection.
fn operator(bind: SocketAddr, health: Arc<Health>, metrics: Arc<Metrics>) -> Result<SocketAddr, String> {
    let server = HttpServer::new(move || admin::app(health.clone(), metrics.clone()))
        .workers(1)
        .max_connections(64)
        .client_request_timeout(HEAD)
        .keep_alive(KeepAlive::Disabled)
        .disable_signals()
        .bind(bind)
        .map_err(taken(bind, "--admin-bind"))?;
    let address = server.addrs().first().copied().unwrap_or(bind);
    rt::spawn(server.run());
    Ok(address)
}

/// How many connections the process can bear. It takes all the descriptors it may have, and keeps some for its files.
fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    let bearable = current.map_or(CONNECTIONS, |most| most.saturating_sub(DESCRIPTORS) / 2).clamp(16, CONNECTIONS);
    usize::try_from(bearable).unwrap_or(usize::MAX)
}

/// The signals that stop the service.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

impl Running {
    /// Serves until it is stopped: by its handle, or by SIGTERM or SIGINT. Then it is not ready any more, but goes on answering for the time
    /// of the drain, so that whoever sends it requests takes notice; finishes what it is doing; and lets the database finish. A second signal
    /// ends it at once, with an error: what was acknowledged is kept, what was not may be lost.
    pub async fn until_stopped(self) -> Result<(), String> {
        let Self { server, mut signals, health, app, drain, _lock, .. } = self;
        let handle = server.handle();
        let stopped = |ended: std::io::Result<()>| ended.map_err(|error| format!("The service stopped: {error}."));
        let mut server = std::pin::pin!(server);
        tokio::select! {
            ended = &mut server => return stopped(ended),
            () = signals.next() => {}
        }
        health.stop();
        tracing::info!(drain = drain.as_secs(), "stopping");
        let finish = async {
            tokio::select! {
                ended = &mut server => return stopped(ended),
                () = tokio::time::sleep(drain) => {}
            }
            drop(handle.stop(true));
            stopped(server.await)?;
            if app.sequence_now().await.is_err() {
                tracing::warn!("entries of the access log wait for their place");
            }
            // What was answered last is signed, too, if it can be.
            if let Err(unsigned) = app.sign_logs().await {
                tracing::warn!(cause = %unsigned, "the logs were not signed at the end");
            }
            let settled = tokio::time::timeout(SETTLE, app.settled()).await;
            settled.map_err(|_| "The database did not finish in time.".to_owned())
        };
        tokio::select! {
            done = finish => done,
            () = signals.next() => Err("Ended at once, by a second signal.".to_owned()),
        }
    }
}
