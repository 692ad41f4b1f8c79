//! Proofs, pages and exports of a filled log.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt::System;
use sendiass::db::ledger::{self, Accesses, Disclosures, Log, proofs};
use sendiass::db::{Error, Tx};
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::leaf;
use sendiass::ledger::verify::Stack;

use crate::{Bench, Times, line, rate};

const NOBODY: &str = "01a09f30-a93a-7160-8999-50d836f675cc";

/// Numbers below a bound, spread evenly and without a pattern that a cache would like.
pub(crate) fn spread(times: i64, below: i64) -> impl Iterator<Item = i64> {
    (1..=times).map(move |n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()).rem_euclid(below))
}

/// A log as it is reached over HTTP, with the filters its pages are asked for with.
struct Reached<'a> {
    bench: &'a Bench,
    auditor: String,
    path: &'static str,
    size: i64,
    filters: Vec<(&'static str, String)>,
}

pub(crate) fn disclosures(bench: &Bench) {
    let reached = Reached::new::<Disclosures>(bench, "disclosure-log");
    let size = reached.size;
    // What was appended by a run before is at the end, and of one kind.
    let body = reached.body(&format!("kind=disclosure_made&indexTo={}", size / 2));
    let (recipient, actor) = (body["recipient"].as_str().unwrap(), body["actor"].as_str().unwrap());
    let filters = [
        ("no filter", String::new()),
        ("recipient", format!("&recipient={recipient}")),
        ("basis", "&basis=permission".to_owned()),
        ("rare basis", "&basis=data_subject_right".to_owned()),
        ("two bases", "&basis=safeguarding,anonymised".to_owned()),
        ("actor", format!("&actor={actor}")),
        ("recipient, basis and purpose", format!("&recipient={recipient}&basis=permission&purpose=mediation")),
        ("a year, recipient", format!("&from=2024-01-01T00:00:00.000Z&to=2025-01-01T00:00:00.000Z&recipient={recipient}")),
        ("kind", "&kind=decided_not_to_share".to_owned()),
        ("kind that is not there", "&kind=period_sealed".to_owned()),
        ("decidedBy", format!("&decidedBy={actor}")),
        ("decidedBy nobody", format!("&decidedBy={NOBODY}")),
        ("purpose", "&purpose=tribunal".to_owned()),
        ("channel", "&channel=phone".to_owned()),
        ("condition that is not there", "&condition=vital_interests".to_owned()),
        ("not identified", "&identified=false".to_owned()),
        ("copied", "&copied=true".to_owned()),
        ("case", format!("&caseId={}", bench.cases()[0])),
        ("oldest first", "&order=asc".to_owned()),
    ];
    Reached { filters: filters.into(), ..reached }.measure::<Disclosures>();
}

pub(crate) fn accesses(bench: &Bench) {
    let reached = Reached::new::<Accesses>(bench, "access-log");
    let body = reached.body(&format!("kind=refused&indexTo={}", reached.size / 2));
    let (actor, operation) = (body["actor"].as_str().unwrap(), body["operation"].as_str().unwrap());
    let filters = [
        ("no filter", String::new()),
        ("actor", format!("&actor={actor}")),
        ("actor, nobody", format!("&actor={NOBODY}")),
        ("role", "&role=analyst".to_owned()),
        ("role that is not there", "&role=machine_audit".to_owned()),
        ("kind", "&kind=read".to_owned()),
        ("kind that is not there", "&kind=exported".to_owned()),
        ("operation", format!("&operation={operation}")),
        ("operation of somebody", format!("&operation={operation}&actor={actor}&outcome=refused")),
        ("refused", "&kind=refused".to_owned()),
        ("case", format!("&caseId={}", bench.cases()[0])),
        ("oldest first", "&order=asc".to_owned()),
    ];
    Reached { filters: filters.into(), ..reached }.measure::<Accesses>();
}

impl<'a> Reached<'a> {
    fn new<L: Log>(bench: &'a Bench, path: &'static str) -> Self {
        let size = System::new().block_on(bench.db.read(ledger::size::<L>)).unwrap();
        Self { bench, auditor: bench.token(Role::Auditor), path, size, filters: Vec::new() }
    }

    fn get(&self, query: &str) -> serde_json::Value {
        self.bench.get(&self.auditor, &format!("/{}{query}", self.path))
    }

    /// The newest entry of these.
    fn body(&self, filter: &str) -> serde_json::Value {
        self.get(&format!("?limit=1&{filter}"))["items"][0]["body"].clone()
    }

    fn line(&self, what: &str, measured: impl std::fmt::Display) {
        line(&format!("{}: {what}", self.path), measured);
    }

    fn measure<L: Log>(&self) {
        let (system, size) = (System::new(), self.size);
        self.line("entries", size);
        let read = |f: fn(&mut Tx<'_>, i64, i64) -> Result<(), Error>, place: i64| {
            let since = Instant::now();
            system.block_on(self.bench.db.read(move |tx| f(tx, place, size))).unwrap();
            since.elapsed()
        };
        let inclusion = spread(3000, size).map(|place| read(|tx, place, size| proofs::inclusion::<L>(tx, place, size).map(drop), place));
        self.line("inclusion proof, at the database", Times::collect(inclusion));
        let consistency =
            spread(3000, size).map(|place| read(|tx, place, size| proofs::consistency::<L>(tx, place, size).map(drop), place));
        self.line("consistency proof, at the database", Times::collect(consistency));
        let ask = |query: String| {
            let since = Instant::now();
            self.get(&query);
            since.elapsed()
        };
        let inclusion = spread(1000, size).map(|index| ask(format!("/proofs/inclusion?index={index}")));
        self.line("inclusion proof, over HTTP", Times::collect(inclusion));
        let consistency = spread(1000, size).map(|from| ask(format!("/proofs/consistency?fromSize={from}")));
        self.line("consistency proof, over HTTP", Times::collect(consistency));
        self.pages();
        self.verify();
        for (form, most) in [("ndjson", size), ("csv", size.min(500_000))] {
            self.export(form, size - most);
        }
    }

    fn pages(&self) {
        let mut worst: Option<Times> = None;
        for (name, filter) in &self.filters {
            let times = spread(60, self.size).flat_map(|depth| {
                let page = |query: &str| {
                    let since = Instant::now();
                    let page = self.get(&format!("?limit=100{query}"));
                    (since.elapsed(), page)
                };
                let (first, shown) = page(&format!("{filter}&indexTo={}", depth + 1));
                let next =
                    shown["page"]["nextCursor"].as_str().map(|cursor| page(&format!("{filter}&indexTo={}&cursor={cursor}", depth + 1)).0);
                [Some(first), next].into_iter().flatten()
            });
            let times = Times::collect(times);
            self.line(&format!("page of 100 at any depth, over HTTP: {name}"), &times);
            if worst.as_ref().is_none_or(|worst| times.percentile(99) > worst.percentile(99)) {
                worst = Some(times);
            }
        }
        self.line("page of 100 at any depth, over HTTP: the worst of these", worst.unwrap());
    }

    /// The entries from here on, as an export hands them out.
    fn part(&self, from: i64, form: &str) -> impl Read {
        let path = format!("{}/{}/export?format={form}&indexFrom={from}&indexTo={}", self.bench.base, self.path, self.size);
        let answer = self.bench.agent.get(path).header("Authorization", &self.auditor).call().unwrap();
        assert_eq!(answer.status(), 200);
        answer.into_body().into_with_config().limit(u64::MAX).reader()
    }

    fn verify(&self) {
        let mut text = String::new();
        self.part(self.size - self.size.min(200_000), "ndjson").read_to_string(&mut text).unwrap();
        let since = Instant::now();
        let mut tree = Stack::default();
        assert!(text.lines().all(|line| tree.push(0, leaf::leaf_hash(line.as_bytes()))));
        self.line("offline: leaves hashed into the tree, one core", rate(usize::try_from(tree.size()).unwrap(), since));
        let since = Instant::now();
        let strict = |line: &&str| leaf::read(line.as_bytes()).is_ok() && tree.push(0, leaf::leaf_hash(line.as_bytes()));
        let read = text.lines().filter(strict).count();
        self.line("offline: entries read strictly and hashed, one core", rate(read, since));
    }

    fn export(&self, form: &str, from: i64) {
        let (done, most) = (AtomicBool::new(false), AtomicU64::new(0));
        let before = resident();
        let since = Instant::now();
        let bytes = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    most.fetch_max(resident(), Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
            let bytes = std::io::copy(&mut self.part(from, form), &mut std::io::sink()).unwrap();
            done.store(true, Ordering::Relaxed);
            bytes
        });
        let pace = rate(usize::try_from(self.size - from).unwrap(), since);
        let mib = |bytes: u64| bytes / (1024 * 1024);
        let memory = format!("{} MiB resident, {} before", mib(most.load(Ordering::Relaxed)), mib(before));
        self.line(&format!("export over HTTP, {form}"), format!("{pace}, {} entries, {} MiB; {memory}", self.size - from, mib(bytes)));
    }
}

/// Bytes of memory in use by this process, which is the service and its client.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}
