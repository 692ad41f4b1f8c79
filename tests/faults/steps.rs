//! The service is killed at each step of what keeps its last checkpoint outside the database: what was signed before is kept, or what comes next, and
//! the log goes on from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sendiass::domain::vocabulary::Role;
use tempfile::TempDir;

use crate::kill::is_sound;
use crate::process::{Process, agent};
use crate::writes::Writes;
use crate::{random, times};

const LOGS: [&str; 2] = ["disclosure", "access"];

/// What is done with the file of one log, `{}`, in this order: what it holds is read, and again under the lock, and it is replaced.
const STEPS: [&str; 10] = [
    "open {}.checkpoint",
    "read {}.checkpoint",
    "open {}.lock",
    "flock {}.lock",
    "open {}.draft",
    "write {}.draft",
    "fsync {}.draft",
    "rename {}.draft",
    "open checkpoints",
    "fsync checkpoints",
];

/// What ends the service before one of its steps.
struct End(TempDir);

impl End {
    fn made() -> Self {
        let end = Self(tempfile::tempdir().unwrap());
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/steps.c");
        let mut compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
        let made = compiler.args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(end.file("steps.so")).arg(source).status();
        assert!(made.expect("a C compiler").success());
        end
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The service that it ends.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendiass"));
        command.env("LD_PRELOAD", self.file("steps.so")).env("STEPS_IN", "/checkpoints");
        command.env("STEPS_NOTED", self.file("noted")).env("STEPS_END", self.file("end"));
        command
    }

    /// From now on it ends before this step.
    fn before(&self, step: &str) {
        fs::write(self.file("draft"), format!("{step}\n")).unwrap();
        fs::rename(self.file("draft"), self.file("end")).unwrap();
    }

    /// It goes on.
    fn never(&self) {
        fs::remove_file(self.file("end")).unwrap();
    }

    /// What was done with files of the folder.
    fn noted(&self) -> Vec<String> {
        fs::read_to_string(self.file("noted")).unwrap().lines().map(str::to_owned).collect()
    }
}

#[test]
fn t40_killed_at_a_step_of_what_is_kept_outside_the_log_goes_on_from_what_is_there() {
    let end = End::made();
    let mut service = Process::started_by(end.command(), &[]);
    let writes = Writes::prepare(&service, &mut service.database());
    let all: BTreeSet<String> = LOGS.iter().flat_map(|log| STEPS.map(|step| step.replace("{}", log))).collect();
    let mut steps: Vec<&String> = all.iter().collect();
    // Others each time, so that all have their turn; first the one at which two checkpoints are there.
    steps.rotate_left(usize::try_from(random(all.len() as u64)).unwrap());
    steps.sort_by_key(|step| *step != "rename disclosure.draft");
    let mut sent = Vec::new();
    for step in steps.into_iter().take(times("SENDIASS_STEPS", 4)) {
        let mut killed = false;
        let mut round = writes.until_killed(&service, || {
            std::thread::sleep(Duration::from_millis(100));
            end.before(step);
            let (signing, token) = (agent(), service.token(Role::Auditor, "Auditor"));
            let checkpoint = format!("{}/api/v1/disclosure-log/checkpoint", service.api);
            let (sign, since) = (|| signing.get(&checkpoint).header("authorization", format!("Bearer {token}")).call(), Instant::now());
            while !killed && since.elapsed() < Duration::from_secs(10) {
                killed = sign().is_err();
            }
            service.signal(Signal::KILL);
        });
        assert!(killed, "there is no step `{step}`");
        if let Some((call, file)) = step.split_once(' ').filter(|(call, file)| file.ends_with("draft") && *call != "open") {
            let there = |ending| fs::read(service.folder.path().join("checkpoints").join(file).with_extension(ending)).unwrap();
            let (draft, kept) = (there("draft"), there("checkpoint"));
            assert!(draft.is_empty() == (call == "write") && draft != kept, "{step}");
        }
        end.never();
        service = service.again_by(end.command());
        assert_eq!(service.readiness(), 200, "{step}");
        writes.repeat(&service, &mut round);
        sent.append(&mut round);
        writes.are_kept(&service, &mut service.database(), &sent);
    }
    is_sound(service);
    // There is no step of which this does not know, and nothing takes the place of the last one before it is on disk.
    let noted = end.noted();
    assert_eq!(BTreeSet::from_iter(noted.clone()), all);
    for log in LOGS {
        let drafts: Vec<&String> = noted.iter().filter(|step| step.ends_with(&format!("{log}.draft"))).collect();
        assert!(drafts.windows(2).all(|of| of[0].starts_with("fsync") || !of[1].starts_with("rename")), "{drafts:?}");
    }
}
