//! The pace of the logs: how long a proof, a page and an export take of a log of a given length, and how many entries it takes a second.
//! It prints a table, with what the machine and the bare database do by themselves beside it. Nothing is compared with anything: that is for whoever
//! reads it.
//!
//! ```text
//! cargo bench --bench log
//! SENDIASS_BENCH_ENTRIES=10000000 SENDIASS_BENCH_FOLDER=/var/tmp/bench cargo bench --bench log
//! SENDIASS_BENCH_ACCESSES=1000000 cargo bench --bench log
//! SENDIASS_BENCH_DATABASE=postgres://OWNER:PASSWORD@HOST/EMPTY cargo bench --bench log
//! ```
//!
//! The disclosure log is filled as by `sendiass demo --entries`, the access log by looks and refusals up to the number given; in a folder that was given
//! both stay, and are measured again by the next run. With `SENDIASS_BENCH_FILL_ONLY` nothing is measured.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a measurement that cannot go on fails")]

mod appends;
mod bare;
mod reads;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use actix_web::rt::System;
use clap::Parser;
use sendiass::app::App;
use sendiass::authz::devkey::{DevKey, Minting};
use sendiass::cli::demo;
use sendiass::clock::Clock;
use sendiass::config::{Config, Named, Profile, SidecarSettings};
use sendiass::db::Db;
use sendiass::db::conn::{Demands, Place};
use sendiass::db::keyring::Keyring;
use sendiass::domain::ids::CaseId;
use sendiass::domain::vocabulary::Role;
use sendiass::keys::{self, Secrets};
use sendiass::startup;
use sendiass::startup::database::Found;
use ureq::Agent;

#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    config: Config,
}

/// A filled log, the service before it, and a way to each.
pub(crate) struct Bench {
    pub(crate) app: App,
    /// The database beside the service.
    pub(crate) db: Db,
    pub(crate) place: Place,
    pub(crate) folder: PathBuf,
    pub(crate) base: String,
    pub(crate) key: DevKey,
    pub(crate) agent: Agent,
}

/// How long something took, each time.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn of(times: usize, mut work: impl FnMut()) -> Self {
        Self::collect((0..times).map(|_| {
            let since = Instant::now();
            work();
            since.elapsed()
        }))
    }

    pub(crate) fn collect(times: impl Iterator<Item = Duration>) -> Self {
        let mut times: Vec<Duration> = times.collect();
        times.sort_unstable();
        Self(times)
    }

    /// In milliseconds, below which so many of a hundred lie.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)].as_secs_f64() * 1000.0
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.2} ms, p99 {:.2} ms", self.percentile(50), self.percentile(99))
    }
}

/// A line of the table.
pub(crate) fn line(what: &str, measured: impl std::fmt::Display) {
    println!("| {what} | {measured} |");
}

/// So many a second.
pub(crate) fn rate(count: usize, since: Instant) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is shown to a whole number")]
    let rate = count as f64 / since.elapsed().as_secs_f64();
    format!("{rate:.0}/s")
}

fn main() {
    // `cargo test --benches` asks what tests there are, and there are none.
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return;
    }
    let given = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
    let entries: u64 = given("SENDIASS_BENCH_ENTRIES").map_or(20_000, |entries| entries.parse().expect("a number of entries"));
    let accesses: Option<i64> = given("SENDIASS_BENCH_ACCESSES").map(|entries| entries.parse().expect("a number of entries"));
    let temporary = tempfile::tempdir().unwrap();
    let folder = given("SENDIASS_BENCH_FOLDER").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let mut config = Config {
        profile: Profile::Demo,
        bind: "127.0.0.1:0".parse().unwrap(),
        admin_bind: None,
        caller_requests_per_minute: 0,
        client_requests_per_minute: 0,
        caller_cases_per_hour: 0,
        ..Defaults::parse_from(["bench"]).config
    };
    config.database.data_dir.clone_from(&folder);
    config.database.url = given("SENDIASS_BENCH_DATABASE").map(Into::into);
    config.sidecar = SidecarSettings { folder: None, url: None, url_file: None };
    let bench = Bench::start(config, entries);
    if let Some(accesses) = accesses {
        appends::fill_accesses(&bench, accesses);
    }
    if given("SENDIASS_BENCH_FILL_ONLY").is_some() {
        return;
    }
    println!("\n| {} | {} entries |\n|---|---|", if bench.is_server() { "PostgreSQL" } else { "SQLite" }, entries);
    line("load average, cores", format!("{}, {}", load(), std::thread::available_parallelism().unwrap()));
    line("fsync of 4 KiB", synced(&folder));
    bare::measure(&bench);
    reads::disclosures(&bench);
    if accesses.is_some() {
        reads::accesses(&bench);
    }
    appends::measure(&bench);
    line("load average", load());
}

impl Bench {
    fn start(config: Config, entries: u64) -> Self {
        let folder = config.database.data_dir.clone();
        std::fs::create_dir_all(&folder).unwrap();
        let place = match config.database.named().unwrap() {
            Named::File(path) => Place::File(path),
            Named::Server(url) => Place::Server(url.expose().to_owned()),
        };
        let given = config.keys.given();
        let (ready, started) = mpsc::channel();
        std::thread::spawn(move || {
            System::new().block_on(async move {
                let filled = Found::new(&config.database, Profile::Demo).unwrap().standing().unwrap().is_begun();
                let since = Instant::now();
                let service =
                    if filled { startup::build(config, Clock::system()).await } else { demo::begun(config, entries).await }.unwrap();
                if !filled {
                    eprintln!("filled: {}", rate(usize::try_from(entries).unwrap(), since));
                }
                service.app.clock.set(Clock::real(), false);
                let app = service.app.clone();
                let running = service.listen().unwrap();
                ready.send((app, running.address)).unwrap();
                running.server.await.unwrap();
            });
        });
        let (app, address) = started.recv().expect("the service starts");
        let secrets = Secrets::gather(&given, &folder, false).unwrap();
        let keyring = Keyring::new(keys::fingerprint(&secrets.key_encryption), &secrets.key_encryption, &secrets.index);
        let db = Db::open(&place, Demands::default(), keyring, 8).unwrap();
        let key = keys::development_key(&folder).unwrap();
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { app, db, place, folder, base: format!("http://{address}/api/v1"), key, agent }
    }

    pub(crate) fn is_server(&self) -> bool {
        matches!(self.place, Place::Server(_))
    }

    pub(crate) fn token(&self, role: Role) -> String {
        let minting = Minting { roles: &[role], subject: "bench", minutes: 60, name: "Bench" };
        format!("Bearer {}", self.key.mint(&minting, Clock::real()).unwrap())
    }

    /// The newest cases.
    pub(crate) fn cases(&self) -> Vec<CaseId> {
        let cases = self.get(&self.token(Role::Adviser), "/cases?limit=50");
        cases["items"].as_array().unwrap().iter().map(|case| CaseId(case["id"].as_str().unwrap().parse().unwrap())).collect()
    }

    /// What an answer holds, which must be a success.
    pub(crate) fn get(&self, token: &str, path: &str) -> serde_json::Value {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).header("Authorization", token).call().unwrap();
        let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string().unwrap();
        assert_eq!(answer.status(), 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap().split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn synced(folder: &Path) -> Times {
    let path = folder.join("synced");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let times = Times::of(300, || {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
    });
    std::fs::remove_file(path).unwrap();
    times
}
