//! A server of PostgreSQL of one test's own, which it may set, stop, pause and fill.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use rustix::process::{Pid, Signal, kill_process};

use super::{binaries, initdb, missing, private_folder, unprivileged, wait_for};

/// A server that listens on a socket. It ends with the test.
pub struct Own {
    folder: PathBuf,
    binaries: PathBuf,
    settings: Vec<String>,
    postmaster: Child,
}

impl Own {
    /// Started with these settings, such as `fsync=off`. None where there are no binaries of a server, which is said loudly.
    pub fn start(settings: &[&str]) -> Option<Self> {
        let folder = env::temp_dir().join(format!("sendiass-own-{}", uuid::Uuid::new_v4().simple()));
        Self::start_in(folder, &[], settings, |_| ())
    }

    /// Started in this folder. Its data, below `data`, are made with these options of `initdb`, and `prepare` is shown the folder before the
    /// start.
    pub fn start_in(folder: PathBuf, options: &[&str], settings: &[&str], prepare: impl FnOnce(&Path)) -> Option<Self> {
        let Some(binaries) = binaries() else {
            missing("install a PostgreSQL server (Debian: postgresql): its binaries are needed");
            return None;
        };
        private_folder(&folder);
        initdb(&binaries, &folder.join("data"), options);
        prepare(&folder);
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let postmaster = postmaster(&binaries, &folder, &settings);
        let own = Self { folder, binaries, settings, postmaster };
        own.answers();
        Some(own)
    }

    fn answers(&self) {
        drop(wait_for(&self.url("postgres", "postgres")));
    }

    /// How a role reaches a database of it; `postgres` is a superuser.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres:///{database}?host={}&user={role}", self.folder.display())
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// As a superuser.
    pub fn execute(&self, database: &str, sql: &str) {
        PgConnection::establish(&self.url("postgres", database)).unwrap().batch_execute(sql).unwrap();
    }

    /// A new database with the roles of the service; `migrate` makes its schema, as its owner. `options` are those of CREATE DATABASE.
    pub fn database(&self, name: &str, options: &str, migrate: impl FnOnce(&str)) {
        self.execute("postgres", &format!("CREATE DATABASE {name} {options}"));
        self.execute(name, include_str!("../../docs/postgresql-roles.sql"));
        migrate(&self.url("sendiass_owner", name));
    }

    pub fn runs(&mut self) -> bool {
        self.postmaster.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// INT stops it fast, QUIT at once.
    pub fn stop(&mut self, how: Signal) {
        kill_process(Pid::from_child(&self.postmaster), how).unwrap();
        self.postmaster.wait().unwrap();
    }

    /// Starts it if it does not run, as whoever looks after services does, and waits until it answers.
    pub fn start_again(&mut self) {
        if !self.runs() {
            self.postmaster = postmaster(&self.binaries, &self.folder, &self.settings);
        }
        self.answers();
    }

    /// STOP holds all its processes, CONT lets them go on.
    pub fn signal_all(&self, signal: Signal) {
        let pid = self.postmaster.id();
        // The postmaster first, so that it makes no more of them.
        kill_process(Pid::from_child(&self.postmaster), signal).unwrap();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        for child in children.split_whitespace() {
            // One may have ended by itself.
            let _gone = kill_process(Pid::from_raw(child.parse().unwrap()).unwrap(), signal);
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if self.runs() {
            self.signal_all(Signal::CONT);
            self.stop(Signal::QUIT);
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn postmaster(binaries: &Path, folder: &Path, settings: &[String]) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("server.log")).unwrap();
    let usual = ["listen_addresses=", "shared_buffers=32MB", "autovacuum=off"];
    let settings = usual.into_iter().chain(settings.iter().map(String::as_str)).flat_map(|setting| ["-c", setting]);
    unprivileged(&binaries.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(settings)
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}
