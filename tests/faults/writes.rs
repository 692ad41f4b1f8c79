//! Those who write: people, notes and disclosures, each with a key of its own, and those who look; and what must be on record afterwards.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sendiass::clock::Clock;
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;
use serde_json::{Value, json};
use ureq::Agent;

use crate::process::{Process, agent};
use crate::record::{count, ids, nothing_is_half_written, plain, requests_logged, root_of_the_log};

/// How many write at once.
pub const WRITERS: usize = 16;

/// What came back, and when it was asked.
pub struct Answer {
    pub asked: Instant,
    pub took: Duration,
    pub status: u16,
    /// The id of what was made, or the code of the problem.
    pub told: String,
    pub retry_after: bool,
}

/// One write, sent until it is acknowledged; or a look, which the access log tells of.
pub struct Write {
    table: &'static str,
    path: String,
    body: String,
    key: String,
    pub answers: Vec<Answer>,
}

impl Answer {
    /// It was made or shown.
    pub fn is_done(&self) -> bool {
        [200, 201].contains(&self.status)
    }
}

impl Write {
    /// What it made, once it was acknowledged.
    pub fn made(&self) -> Option<&str> {
        self.answers.iter().find(|answer| answer.is_done()).map(|answer| answer.told.as_str())
    }

    fn looks(&self) -> bool {
        self.table == LOOK
    }

    /// Sends it, and tells whether an answer came.
    fn send(&mut self, writes: &Writes, agent: &Agent, api: &str) -> bool {
        let asked = Instant::now();
        let (url, authorization) = (format!("{api}/api/v1{}", self.path), format!("Bearer {}", writes.adviser));
        let sent = if self.looks() {
            agent.get(url).header("authorization", authorization).call()
        } else {
            let request = agent.post(url).header("authorization", authorization).header("content-type", "application/json");
            request.header("idempotency-key", &self.key).send(&self.body)
        };
        let Ok(mut response) = sent else { return false };
        let request = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let (status, retry_after) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
        let Ok(text) = response.body_mut().read_to_string() else { return false };
        let body: Value = serde_json::from_str(&text).unwrap();
        let told = match status {
            200 => request,
            201 => body["id"].as_str().unwrap().to_owned(),
            _ => body["code"].as_str().unwrap_or(&text).to_owned(),
        };
        self.answers.push(Answer { asked, took: asked.elapsed(), status, told, retry_after });
        true
    }

    /// Sends it again with the same key, until it is acknowledged as what it made already, if it made something.
    fn insist(&mut self, writes: &Writes, agent: &Agent, api: &str) {
        let (before, since) = (self.made().map(str::to_owned), Instant::now());
        loop {
            assert!(self.send(writes, agent, api), "{}: no answer", self.path);
            let last = self.answers.last().unwrap();
            if last.is_done() {
                assert!(self.looks() || before.is_none_or(|id| id == last.told), "the same key made another {}", self.table);
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(10), "{}: {} {}", self.path, last.status, last.told);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A family on record, about which is written.
pub struct Writes {
    adviser: String,
    manager: String,
    case: String,
    mia: String,
    ana: String,
    school: String,
    note: String,
    next: AtomicUsize,
    /// What was there before.
    before: Vec<(&'static str, BTreeSet<String>)>,
    requests_before: i64,
}

const TABLES: [&str; 3] = ["person", "note", "disclosure"];
const LOOK: &str = "look";

impl Writes {
    /// Puts the family on record.
    pub fn prepare(service: &Process, database: &mut Conn) -> Self {
        let now = Clock::real();
        let day = |days: i64| (now.utc() + chrono::Duration::days(days)).format("%Y-%m-%d").to_string();
        let mut writes = Self {
            adviser: service.token(Role::Adviser, "Adviser"),
            manager: service.token(Role::ServiceManager, "Manager"),
            case: String::new(),
            mia: String::new(),
            ana: String::new(),
            school: String::new(),
            note: String::new(),
            next: AtomicUsize::new(0),
            before: Vec::new(),
            requests_before: 0,
        };
        let post = |token: &str, path: &str, body: &Value| {
            let key = uuid::Uuid::new_v4().to_string();
            let request = agent().post(format!("{}/api/v1{path}", service.api)).header("authorization", format!("Bearer {token}"));
            let mut response =
                request.header("content-type", "application/json").header("idempotency-key", key).send(body.to_string()).unwrap();
            let text = response.body_mut().read_to_string().unwrap();
            assert_eq!(response.status(), 201, "{path}: {text}");
            serde_json::from_str::<Value>(&text).unwrap()["id"].as_str().unwrap().to_owned()
        };
        let adviser = writes.adviser.clone();
        let adviser = |path: &str, body: &Value| post(&adviser, path, body);
        writes.ana = adviser("/people", &json!({"kind":"child","fullName":"Ana Marsh","pseudonymous":false,"dateOfBirth":day(-9 * 365)}));
        writes.mia =
            adviser("/people", &json!({"kind":"parent_carer","fullName":"Mia Marsh","pseudonymous":false,"dateOfBirth":"1985-05-05"}));
        let participants = json!([
            {"personId":writes.ana,"role":"subject","relation":"self","servedSeparately":false},
            {"personId":writes.mia,"role":"service_user","relation":"parent","servedSeparately":false,
                "parentalResponsibility":[{"childId":writes.ana,"value":"yes","evidence":"self_declared"}]}]);
        writes.case = adviser(
            "/cases",
            &json!({"interventionLevel":"l2","referralSource":"self_parent","reasonsForContact":[{"reason":"draft_plan","primary":true}],
            "senNeeds":[{"type":"slcn","rank":1}],"senProvision":"k","setting":"mainstream","appealTypes":[],"participants":participants}),
        );
        let school = json!({"bodyType":"school","name":"Larkbeck Primary","teams":[],"safeguardingFunction":false});
        writes.school = post(&writes.manager, "/recipients", &school);
        let (path, body) = writes.a_note();
        writes.note = adviser(&path, &body);
        let permission = json!({"decision":"given","granterId":writes.mia,"subjectIds":[writes.ana, writes.mia],
            "recipients":[{"recipientId":writes.school}],"purposes":["liaison"],"directions":["outbound"],
            "informationCategories":["school_provision"],"noteIds":[],"conditions":[],"method":"written_signed",
            "evidence":{"noticeVersion":"leaflet-3","language":"en"},"decidedAt":format!("{}T10:00:00.000Z", day(-2)),"expiresOn":day(90)});
        adviser(&format!("/cases/{}/consents", writes.case), &permission);
        writes.before = TABLES.iter().map(|table| (*table, ids(database, table))).collect();
        writes.requests_before = count(database, "SELECT count(*) FROM idempotency");
        writes
    }

    fn a_note(&self) -> (String, Value) {
        let body = json!({"kind":"discussion","channel":"phone","occurredAt":"2026-05-20T10:00:00.000Z","fromPersonId":self.mia,
            "aboutPersonIds":[self.ana],"namesOthers":false,"informationCategories":["school_provision"],"concern":"Speech therapy has stopped.",
            "actionTaken":"Explained section F.","factOrOpinion":"opinion","sensitivity":"ordinary","keepConfidential":false});
        (format!("/cases/{}/notes", self.case), body)
    }

    /// The next thing to be written: of each kind in turn.
    pub fn next(&self) -> Write {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let table = TABLES.get(n % 4).copied().unwrap_or(LOOK);
        let (path, body) = match table {
            LOOK => (format!("/cases/{}", self.case), Value::Null),
            "person" => (
                "/people".to_owned(),
                json!({"kind":"parent_carer","fullName":format!("Person {n}"),"pseudonymous":false,"dateOfBirth":"1985-05-05"}),
            ),
            "note" => self.a_note(),
            _ => (
                format!("/cases/{}/disclosures", self.case),
                json!({"basis":"permission","purpose":"liaison","direction":"outbound","channel":"secure_email",
                    "recipient":{"recipientId":self.school},"subjectIds":[],"noteIds":[self.note],"informationCategories":[],
                    "summary":"The note of May.","toldSubject":"yes","copies":[]}),
            ),
        };
        Write { table, path, body: body.to_string(), key: uuid::Uuid::new_v4().to_string(), answers: Vec::new() }
    }

    /// Writes from many sides at once until the service is gone, and tells what was sent.
    pub fn until_killed(&self, service: &Process, kill: impl FnOnce()) -> Vec<Write> {
        let write = || {
            let (agent, mut sent) = (agent(), Vec::new());
            loop {
                let mut write = self.next();
                let answered = write.send(self, &agent, &service.api);
                sent.push(write);
                if !answered {
                    return sent;
                }
            }
        };
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
            kill();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        })
    }

    /// Sends all of it again, with the same keys, until each is acknowledged.
    pub fn repeat(&self, service: &Process, sent: &mut [Write]) {
        let share = sent.len().div_ceil(WRITERS).max(1);
        std::thread::scope(|scope| {
            for share in sent.chunks_mut(share) {
                scope.spawn(|| {
                    let agent = agent();
                    for write in share {
                        write.insist(self, &agent, &service.api);
                    }
                });
            }
        });
    }

    /// Writes from many sides at once while something happens; what is refused is sent again until it is acknowledged. `seen` is shown each
    /// answer as it comes.
    pub fn throughout(&self, service: &Process, seen: impl Fn(&Answer) + Sync, happens: impl FnOnce()) -> Vec<Write> {
        let (stop, given_up) = (AtomicBool::new(false), AtomicBool::new(false));
        let write = || {
            let (agent, mut sent) = (agent(), Vec::new());
            while !stop.load(Ordering::SeqCst) {
                let (mut write, since) = (self.next(), Instant::now());
                while write.made().is_none() && !given_up.load(Ordering::SeqCst) {
                    assert!(write.send(self, &agent, &service.api), "{}: no answer", write.path);
                    seen(write.answers.last().unwrap());
                    assert!(since.elapsed() < Duration::from_mins(1), "{}: refused for a minute", write.path);
                    if write.made().is_none() {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                }
                sent.push(write);
            }
            sent
        };
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
            let happened = catch_unwind(AssertUnwindSafe(happens));
            stop.store(true, Ordering::SeqCst);
            if let Err(failed) = happened {
                given_up.store(true, Ordering::SeqCst);
                resume_unwind(failed);
            }
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        })
    }

    /// Everything that was acknowledged is on record, once and whole, and nothing else; and the log is intact.
    pub fn are_kept(&self, service: &Process, database: &mut Conn, sent: &[Write]) {
        for (table, before) in &self.before {
            let made: Vec<String> = sent.iter().filter(|write| write.table == *table).map(|write| plain(write.made().unwrap())).collect();
            let expected: BTreeSet<String> = made.iter().cloned().collect();
            assert_eq!(expected.len(), made.len(), "two keys made the same {table}");
            let there: BTreeSet<String> = ids(database, table).difference(before).cloned().collect();
            let lost: Vec<_> = expected.difference(&there).collect();
            let more: Vec<_> = there.difference(&expected).collect();
            assert!(lost.is_empty() && more.is_empty(), "{table}: lost {lost:?}, too many {more:?}");
        }
        let requests = count(database, "SELECT count(*) FROM idempotency") - self.requests_before;
        assert_eq!(usize::try_from(requests).unwrap(), sent.iter().filter(|write| !write.looks()).count(), "keys on record");
        // Whoever was shown the case stands in the access log, once for each answer.
        let shown: Vec<&str> =
            sent.iter().flat_map(|write| &write.answers).filter(|answer| answer.status == 200).map(|answer| &*answer.told).collect();
        let logged = requests_logged(database);
        for request in shown {
            assert_eq!(logged.get(request), Some(&1), "a look in the access log");
        }
        nothing_is_half_written(database);
        assert_eq!(self.served_root(service), root_of_the_log(database));
    }

    /// The root of the log, as the service tells it.
    fn served_root(&self, service: &Process) -> String {
        let mut served = agent()
            .get(format!("{}/api/v1/disclosure-log?limit=1", service.api))
            .header("authorization", format!("Bearer {}", self.manager))
            .call()
            .unwrap();
        let served: Value = serde_json::from_str(&served.body_mut().read_to_string().unwrap()).unwrap();
        served["rootHash"].as_str().unwrap().to_owned()
    }
}
