//! Proofs, pages and exports of a filled log.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt::System;
use sendiass::db::ledger::{self, Disclosures, proofs};
use sendiass::db::{Error, Tx};
use sendiass::domain::vocabulary::Role;
use sendiass::ledger::leaf;
use sendiass::ledger::verify::Stack;

use crate::{Bench, Times, line, rate};

/// Numbers below a bound, spread evenly and without a pattern that a cache would like.
pub(crate) fn spread(times: i64, below: i64) -> impl Iterator<Item = i64> {
    (1..=times).map(move |n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()).rem_euclid(below))
}

pub(crate) fn measure(bench: &Bench) {
    let system = System::new();
    let size = system.block_on(bench.db.read(ledger::size::<Disclosures>)).unwrap();
    let read = |f: fn(&mut Tx<'_>, i64, i64) -> Result<(), Error>, place: i64| {
        let since = Instant::now();
        system.block_on(bench.db.read(move |tx| f(tx, place, size))).unwrap();
        since.elapsed()
    };
    let inclusion =
        spread(3000, size).map(|place| read(|tx, place, size| proofs::inclusion::<Disclosures>(tx, place, size).map(drop), place));
    line("inclusion proof, at the database", Times::collect(inclusion));
    let consistency =
        spread(3000, size).map(|place| read(|tx, place, size| proofs::consistency::<Disclosures>(tx, place, size).map(drop), place));
    line("consistency proof, at the database", Times::collect(consistency));
    let auditor = bench.token(Role::Auditor);
    let ask = |path: String| {
        let since = Instant::now();
        bench.get(&auditor, &path);
        since.elapsed()
    };
    let inclusion = spread(1000, size).map(|index| ask(format!("/disclosure-log/proofs/inclusion?index={index}")));
    line("inclusion proof, over HTTP", Times::collect(inclusion));
    let consistency = spread(1000, size).map(|from| ask(format!("/disclosure-log/proofs/consistency?fromSize={from}")));
    line("consistency proof, over HTTP", Times::collect(consistency));
    pages(bench, &auditor, size);
    verify(bench, &auditor, size);
    for (form, most) in [("ndjson", size), ("csv", size.min(500_000))] {
        export(bench, &auditor, form, size - most, size);
    }
}

fn pages(bench: &Bench, auditor: &str, size: i64) {
    // What was appended by a run before is at the end, and of one kind.
    let some = bench.get(auditor, &format!("/disclosure-log?kind=disclosure_made&limit=1&indexTo={}", size / 2));
    let body = &some["items"][0]["body"];
    let (recipient, actor) = (&body["recipient"].as_str().unwrap(), &body["actor"].as_str().unwrap());
    let case = bench.get(&bench.token(Role::Adviser), "/cases?limit=1")["items"][0]["id"].as_str().unwrap().to_owned();
    let nobody = "01a09f30-a93a-7160-8999-50d836f675cc";
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
        ("decidedBy nobody", format!("&decidedBy={nobody}")),
        ("purpose", "&purpose=tribunal".to_owned()),
        ("channel", "&channel=phone".to_owned()),
        ("condition that is not there", "&condition=vital_interests".to_owned()),
        ("not identified", "&identified=false".to_owned()),
        ("copied", "&copied=true".to_owned()),
        ("case", format!("&caseId={case}")),
        ("oldest first", "&order=asc".to_owned()),
    ];
    let mut worst: Option<Times> = None;
    for (name, filter) in filters {
        let times = spread(60, size).flat_map(|depth| {
            let page = |query: &str| {
                let since = Instant::now();
                let page = bench.get(auditor, &format!("/disclosure-log?limit=100{query}"));
                (since.elapsed(), page)
            };
            let (first, shown) = page(&format!("{filter}&indexTo={}", depth + 1));
            let next =
                shown["page"]["nextCursor"].as_str().map(|cursor| page(&format!("{filter}&indexTo={}&cursor={cursor}", depth + 1)).0);
            [Some(first), next].into_iter().flatten()
        });
        let times = Times::collect(times);
        line(&format!("page of 100 at any depth, over HTTP: {name}"), &times);
        if worst.as_ref().is_none_or(|worst| times.percentile(99) > worst.percentile(99)) {
            worst = Some(times);
        }
    }
    line("page of 100 at any depth, over HTTP: the worst of these", worst.unwrap());
}

/// The entries of a part of the log, as an export hands them out.
fn part(bench: &Bench, auditor: &str, from: i64, to: i64, form: &str) -> impl Read {
    let path = format!("{}/disclosure-log/export?format={form}&indexFrom={from}&indexTo={to}", bench.base);
    let answer = bench.agent.get(path).header("Authorization", auditor).call().unwrap();
    assert_eq!(answer.status(), 200);
    answer.into_body().into_with_config().limit(u64::MAX).reader()
}

fn verify(bench: &Bench, auditor: &str, size: i64) {
    let mut text = String::new();
    part(bench, auditor, size - size.min(200_000), size, "ndjson").read_to_string(&mut text).unwrap();
    let since = Instant::now();
    let mut tree = Stack::default();
    assert!(text.lines().all(|line| tree.push(0, leaf::leaf_hash(line.as_bytes()))));
    line("offline: leaves hashed into the tree, one core", rate(usize::try_from(tree.size()).unwrap(), since));
    let since = Instant::now();
    let read = text.lines().filter(|line| leaf::read(line.as_bytes()).is_ok() && tree.push(0, leaf::leaf_hash(line.as_bytes()))).count();
    line("offline: entries read strictly and hashed, one core", rate(read, since));
}

/// Bytes of memory in use by this process, which is the service and its client.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

fn export(bench: &Bench, auditor: &str, form: &str, from: i64, to: i64) {
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
        let bytes = std::io::copy(&mut part(bench, auditor, from, to, form), &mut std::io::sink()).unwrap();
        done.store(true, Ordering::Relaxed);
        bytes
    });
    let pace = rate(usize::try_from(to - from).unwrap(), since);
    let mib = |bytes: u64| bytes / (1024 * 1024);
    let memory = format!("{} MiB resident, {} before", mib(most.load(Ordering::Relaxed)), mib(before));
    line(&format!("export over HTTP, {form}"), format!("{pace}, {} entries, {} MiB; {memory}", to - from, mib(bytes)));
}
