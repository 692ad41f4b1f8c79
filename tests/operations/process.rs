//! The program itself, run as an operator runs it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sendiass::authz::devkey::Minting;
use sendiass::clock::Clock;
use sendiass::db::conn::Conn;
use sendiass::domain::vocabulary::Role;
use sendiass::keys;
use tempfile::TempDir;
use ureq::Agent;

use crate::harness::{cluster, connect, scratch};

/// A running service, ended with the test.
pub struct Process {
    child: Child,
    pub api: String,
    pub admin: String,
    pub log: Arc<Mutex<String>>,
    pub folder: TempDir,
    scratch: Option<cluster::Scratch>,
    url: Option<String>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An agent that takes every status, and waits for no answer for ever.
pub fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into()
}

impl Process {
    pub fn start(settings: &[&str]) -> Self {
        Self::started_by(Command::new(env!("CARGO_BIN_EXE_sendiass")), settings)
    }

    /// Where the shell's `ulimit` was given this first.
    pub fn limited(ulimit: &str, settings: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit {ulimit} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_sendiass")]);
        Self::started_by(shell, settings)
    }

    pub fn started_by(command: Command, settings: &[&str]) -> Self {
        cluster::on_postgres_too();
        let scratch = scratch();
        let url = scratch.as_ref().map(cluster::Scratch::url);
        let mut process = Self::on(command, settings, tempfile::tempdir().unwrap(), url);
        process.scratch = scratch;
        process
    }

    /// On the database at this address, or an embedded one in this folder.
    pub fn on(mut command: Command, settings: &[&str], folder: TempDir, url: Option<String>) -> Self {
        if let Some(url) = &url {
            command.env("SENDIASS_DATABASE_URL", url).env("SENDIASS_UNSAFE_DATABASE", "true");
        }
        let mut child = command
            .args(["serve", "--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0", "--log", "info"])
            // Tests are quicker than people.
            .args(["--caller-requests-per-minute", "0", "--client-requests-per-minute", "0", "--data-dir"])
            .arg(folder.path())
            .args(settings)
            .env_remove("SENDIASS_PROFILE")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(" answers on ") {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it did not start");
        }
        let addresses: Vec<String> = line
            .split_whitespace()
            .filter(|word| word.starts_with("http://"))
            .map(|address| address.trim_end_matches(',').to_owned())
            .collect();
        let log = Arc::new(Mutex::new(String::new()));
        let kept = log.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut buffer) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        });
        Self { child, api: addresses[0].clone(), admin: addresses[1].clone(), log, folder, scratch: None, url }
    }

    /// Starts it again after its end, on the same database and with the same keys.
    pub fn again(self) -> Self {
        self.again_by(Command::new(env!("CARGO_BIN_EXE_sendiass")))
    }

    pub fn again_by(mut self, command: Command) -> Self {
        self.end();
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        let mut process = Self::on(command, &[], folder, self.url.clone());
        process.scratch = self.scratch.take();
        process
    }

    pub fn token(&self, role: Role, name: &str) -> String {
        let key = keys::development_key(self.folder.path()).unwrap();
        key.mint(&Minting { roles: &[role], subject: "somebody", minutes: 60, name }, Clock::real()).unwrap()
    }

    /// A second connection to its database, as its owner.
    pub fn database(&self) -> Conn {
        connect(self.folder.path(), self.scratch.as_ref())
    }

    /// Where its database is, if it is not the embedded one.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    pub fn readiness(&self) -> u16 {
        agent().get(format!("{}/readyz", self.admin)).call().unwrap().status().as_u16()
    }

    /// What the system lets it have, as `/proc` tells: soft and hard.
    pub fn open_files(&self) -> Vec<String> {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        line.split_whitespace().skip(3).take(2).map(str::to_owned).collect()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for its end: the exit code, and how long it took.
    pub fn end(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        (self.child.wait().unwrap().code(), began.elapsed())
    }
}
