//! What the operator's monitoring reads: counts and durations in the text format of Prometheus (0.0.4).
//!
//! Every label is a word of the program: a method of HTTP, the template of a route, a status, a code, a rule. Nothing that anybody sent or
//! stored becomes one, so that nothing personal is shown and the number of series is bounded.

use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::db::Load;

/// The media type of what is shown.
pub const MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The upper bounds of the durations, in seconds.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Rule {
    rule: &'static str,
}

/// The figures of one service.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<Answer, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    refusals: Family<Refusal, Counter>,
    rules: Family<Rule, Counter>,
}

/// A request that was not answered yet, until this is dropped.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// The figures of a service whose database has this to do.
    pub fn new(load: impl Fn() -> Load + Send + Sync + 'static) -> Self {
        let seconds = Family::new_with_constructor((|| Histogram::new(SECONDS)) as fn() -> Histogram);
        let (answers, in_flight, refusals, rules) = (Family::default(), Gauge::default(), Family::default(), Family::default());
        let mut registry = Registry::default();
        registry.register("sendiass_build", "The program.", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("sendiass_requests", "Requests that were answered.", answers.clone());
        registry.register("sendiass_request_seconds", "How long their answers took.", seconds.clone());
        registry.register("sendiass_requests_in_flight", "Requests not answered yet.", in_flight.clone());
        registry.register("sendiass_problems", "Problems answered, by code.", refusals.clone());
        registry.register("sendiass_disclosures_refused", "Disclosures refused, by each rule that failed.", rules.clone());
        registry.register_collector(Box::new(AtScrape(Box::new(load))));
        Self { registry, answers, seconds, in_flight, refusals, rules }
    }

    /// A request came in.
    #[must_use]
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// It was answered. `route` is a template, never a path.
    pub fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.answers.get_or_create(&Answer { method, route: route.clone(), status }).inc();
        self.seconds.get_or_create(&Route { method, route }).observe(took.as_secs_f64());
    }

    /// It was answered by a problem of this code; a disclosure, by these rules.
    pub fn refused(&self, code: &'static str, rules: impl IntoIterator<Item = &'static str>) {
        self.refusals.get_or_create(&Refusal { code }).inc();
        for rule in rules {
            self.rules.get_or_create(&Rule { rule }).inc();
        }
    }

    /// All of it, as Prometheus reads it.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

/// What is looked up when it is asked for.
struct AtScrape(Box<dyn Fn() -> Load + Send + Sync>);

impl std::fmt::Debug for AtScrape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AtScrape")
    }
}

impl Collector for AtScrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let load = (self.0)();
        let gauges = [
            ("sendiass_database_reading", "Connections at work.", Some(load.reading)),
            ("sendiass_database_idle", "Connections that could be.", Some(load.idle)),
            ("sendiass_database_reads_waiting", "Transactions that wait for a connection.", Some(load.reads_waiting)),
            ("sendiass_database_writes", "Writes that wait or run.", Some(load.writes)),
            ("sendiass_log_entries_waiting", "Entries of the access log that wait for a transaction to share.", Some(load.entries_waiting)),
            ("process_resident_memory_bytes", "Resident memory.", resident()),
            ("process_open_fds", "Open files and sockets.", open_files()),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
            }
        }
        let counters = [
            ("sendiass_database_turned_away", "Requests turned away because too much waited already.", load.turned_away),
            ("sendiass_database_timed_out", "Transactions that waited in vain for a connection or its answer.", load.timed_out),
            ("sendiass_log_failures", "Transactions undone because their log entries could not be written.", load.not_logged),
            ("sendiass_log_clock_back", "Times a clock was more than five seconds behind the log.", load.went_back),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let sizes = load.batches.map(|(size, count)| (f64::from(size), count));
        let buckets: Vec<(f64, u64)> = sizes.into_iter().chain([(f64::INFINITY, 0)]).collect();
        let commits = sizes.iter().map(|(_, count)| count).sum();
        let help = "Writes that shared a commit of the embedded database.";
        let mut histogram = encoder.encode_descriptor("sendiass_database_batch_writes", help, None, MetricType::Histogram)?;
        #[expect(clippy::cast_precision_loss, reason = "exact for more writes than there will be")]
        histogram.encode_histogram::<NoLabelSet>(load.batched as f64, commits, &buckets, None)
    }
}

/// Bytes of memory in use, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?;
    Some(kibibytes * 1024)
}

/// Open files, where the system tells, without the one that is opened to count them.
fn open_files() -> Option<u64> {
    let files = std::fs::read_dir("/proc/self/fd").ok()?;
    u64::try_from(files.count().saturating_sub(1)).ok()
}
