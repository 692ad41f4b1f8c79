//! PostgreSQL goes away while many write, and comes back.

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sendiass::db::conn::{Conn, Demands, Place};

use crate::harness::cluster::own::Own;
use crate::process::{Process, agent};
use crate::proxy::{Proxy, Way};
use crate::writes::{Write, Writes};
use crate::{grace, times};

/// Every request is answered within this.
const ANSWERED_WITHIN: Duration = Duration::from_millis(2500);
/// An outage is told within this,
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// and is over this long after the database has come back.
const WHOLE_WITHIN: Duration = Duration::from_secs(5);

pub const DATABASE: &str = "sendiass";

/// The server syncs nothing, but keeps what it acknowledged as long as the machine runs.
pub const UNSYNCED: &[&str] = &["fsync=off"];

const DEMANDS: Demands = Demands { encrypted: false, unsafe_server: true };

/// A connection to the database, as its owner.
pub fn connect(own: &Own) -> Conn {
    Place::Server(own.url("sendiass_owner", DATABASE)).connect(DEMANDS).unwrap()
}

pub fn migrate(url: &str) {
    drop(Place::Server(url.to_owned()).connect(DEMANDS).unwrap().migrate().unwrap());
}

fn prepared() -> Option<Own> {
    let own = Own::start(UNSYNCED)?;
    own.database(DATABASE, "", migrate);
    Some(own)
}

/// The service on the database at this address.
pub fn serve(url: String) -> Process {
    Process::on(Command::new(env!("CARGO_BIN_EXE_sendiass")), &[], tempfile::tempdir().unwrap(), Some(url))
}

/// What the outages of a test came to.
#[derive(Default)]
pub struct Seen {
    pub sent: Vec<Write>,
    outages: usize,
    refused: usize,
    slowest: Duration,
    told_after: Duration,
    whole_after: Duration,
}

/// One outage under load: `begin` brings it about, `end` ends it.
pub struct Outage<'a> {
    pub name: &'a str,
    pub lasts: Duration,
    /// Nothing can be done meanwhile, and so the service is not ready.
    pub total: bool,
}

impl Outage<'_> {
    pub fn happens(&self, service: &Process, writes: &Writes, seen: &mut Seen, begin: impl FnOnce(), end: impl FnOnce()) {
        let name = self.name;
        let last_refused = Mutex::new(None::<Instant>);
        let look = |answer: &crate::writes::Answer| {
            let known = match (answer.status, answer.told.as_str()) {
                (200 | 201, _) => true,
                (503, "unavailable") | (409, "idempotency-in-progress") => answer.retry_after,
                _ => false,
            };
            assert!(known, "{name}: {} {}", answer.status, answer.told);
            assert!(answer.took < ANSWERED_WITHIN + grace(), "{name}: {} after {:?}", answer.status, answer.took);
            if !answer.is_done() {
                let mut last = last_refused.lock().unwrap();
                *last = (*last).max(Some(answer.asked + answer.took));
            }
        };
        let (mut told_after, mut whole_after) = (Duration::ZERO, Duration::ZERO);
        let sent = writes.throughout(service, look, || {
            std::thread::sleep(Duration::from_millis(300));
            assert_eq!(service.readiness(), 200, "{name}: it was not ready before");
            let gone = Instant::now();
            begin();
            if self.total {
                let unready = || service.readiness() == 503;
                while !unready() {
                    assert!(gone.elapsed() < TOLD_WITHIN + grace(), "{name}: still ready after {:?}", gone.elapsed());
                }
                told_after = gone.elapsed();
                assert!(told_after < TOLD_WITHIN + grace(), "{name}: unready after {told_after:?}");
            }
            while gone.elapsed() < self.lasts {
                let asked = Instant::now();
                assert_eq!(agent().get(format!("{}/livez", service.admin)).call().unwrap().status(), 200);
                assert!(asked.elapsed() < Duration::from_millis(500) + grace(), "{name}: livez after {:?}", asked.elapsed());
                assert!(!self.total || service.readiness() == 503, "{name}: ready during the outage");
                std::thread::sleep(Duration::from_millis(50));
            }
            end();
            let returned = Instant::now();
            // For a second nobody was refused: that is full service.
            loop {
                std::thread::sleep(Duration::from_millis(50));
                let ready = service.readiness() == 200;
                let last = last_refused.lock().unwrap().unwrap_or(returned).max(returned);
                if ready && last.elapsed() > Duration::from_secs(1) {
                    whole_after = last.duration_since(returned);
                    break;
                }
                assert!(last.duration_since(returned) < WHOLE_WITHIN && returned.elapsed() < WHOLE_WITHIN * 2, "{name}: no full service");
            }
        });
        let answers = || sent.iter().flat_map(|write| &write.answers);
        let slowest = answers().map(|answer| answer.took).max().unwrap();
        let refused = answers().filter(|answer| !answer.is_done()).count();
        println!(
            "{name}: {} written, {refused} refused, slowest answer {slowest:?}, unready after {told_after:?}, full service after {whole_after:?}",
            sent.len()
        );
        seen.outages += 1;
        seen.refused += refused;
        seen.slowest = seen.slowest.max(slowest);
        seen.told_after = seen.told_after.max(told_after);
        seen.whole_after = seen.whole_after.max(whole_after);
        seen.sent.extend(sent);
    }
}

impl Seen {
    pub fn told(&self) {
        println!(
            "{} outages: {} written, {} refused, slowest answer {:?}, unready after {:?} at most, full service after {:?} at most",
            self.outages,
            self.sent.len(),
            self.refused,
            self.slowest,
            self.told_after,
            self.whole_after
        );
        assert!(self.refused > 0, "no outage was noticed");
    }
}

#[test]
fn a_server_that_is_stopped_or_paused_and_comes_back_costs_nothing_that_was_acknowledged() {
    let Some(own) = prepared() else { return };
    let service = serve(own.url("sendiass_app", DATABASE));
    let writes = Writes::prepare(&service, &mut connect(&own));
    let own = Mutex::new(own);
    let mut seen = Seen::default();
    for _ in 0..times("SENDIASS_OUTAGES", 1) {
        for (name, how) in [("stopped fast", Signal::INT), ("stopped at once", Signal::QUIT)] {
            let outage = Outage { name, lasts: Duration::from_secs(1), total: true };
            outage.happens(&service, &writes, &mut seen, || own.lock().unwrap().stop(how), || own.lock().unwrap().start_again());
        }
        let outage = Outage { name: "paused", lasts: Duration::from_secs(4), total: true };
        let signal = |signal| own.lock().unwrap().signal_all(signal);
        outage.happens(&service, &writes, &mut seen, || signal(Signal::STOP), || signal(Signal::CONT));
    }
    writes.are_kept(&service, &mut connect(&own.lock().unwrap()), &seen.sent);
    seen.told();
}

#[test]
fn a_way_that_is_cut_and_opens_again_costs_nothing_that_was_acknowledged() {
    let Some(own) = prepared() else { return };
    let proxy = Proxy::to(&own.folder().join(".s.PGSQL.5432"));
    let service = serve(format!("postgres://sendiass_app@127.0.0.1:{}/{DATABASE}", proxy.port));
    let writes = Writes::prepare(&service, &mut connect(&own));
    let mut seen = Seen::default();
    for _ in 0..times("SENDIASS_OUTAGES", 1) {
        for (name, way, lasts, total) in [
            ("refused", Way::Refusing, 1000, true),
            ("silent", Way::Silent, 4000, true),
            ("reset during COMMIT", Way::ResetAtCommit, 1000, false),
            ("slow", Way::Slow(Duration::from_millis(40)), 4000, false),
        ] {
            let outage = Outage { name, lasts: Duration::from_millis(lasts), total };
            outage.happens(&service, &writes, &mut seen, || proxy.becomes(way), || proxy.becomes(Way::Open));
        }
        let outage = Outage { name: "reset in the middle", lasts: Duration::ZERO, total: false };
        let resets = || {
            for _ in 0..20 {
                proxy.reset();
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        outage.happens(&service, &writes, &mut seen, resets, || ());
    }
    writes.are_kept(&service, &mut connect(&own), &seen.sent);
    seen.told();
}
