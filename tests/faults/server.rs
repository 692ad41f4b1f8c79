//! A server of PostgreSQL that a test may stop, pause and fill.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use rustix::process::{Pid, Signal, kill_process};

use crate::harness::cluster;

/// A server of one test's own, which it may stop, pause and fill. It syncs nothing, but keeps what it acknowledged as long as the machine runs.
pub struct Server {
    folder: PathBuf,
    binaries: PathBuf,
    postmaster: Child,
}

impl Server {
    /// None where there are no binaries of a server, which is said loudly.
    pub fn new() -> Option<Self> {
        let Some(binaries) = cluster::binaries() else {
            cluster::missing("install a PostgreSQL server (Debian: postgresql): its binaries are needed");
            return None;
        };
        let folder = env::temp_dir().join(format!("sendiass-own-{}", uuid::Uuid::new_v4().simple()));
        cluster::private_folder(&folder);
        cluster::initdb(&binaries, &folder.join("data"));
        let postmaster = postmaster(&binaries, &folder);
        let server = Self { folder, binaries, postmaster };
        cluster::wait_for(&server.url("postgres", "postgres"));
        Some(server)
    }

    /// As a superuser.
    pub fn execute(&self, sql: &str) {
        self.execute_in("postgres", sql);
    }

    fn execute_in(&self, database: &str, sql: &str) {
        PgConnection::establish(&self.url("postgres", database)).unwrap().batch_execute(sql).unwrap();
    }

    /// A new database with the roles of the service; `migrate` makes its schema, as its owner. `options` are those of CREATE DATABASE.
    pub fn database(&self, name: &str, options: &str, migrate: impl FnOnce(&str)) {
        self.execute(&format!("CREATE DATABASE {name} {options}"));
        self.execute_in(name, include_str!("../../docs/postgresql-roles.sql"));
        migrate(&self.url("sendiass_owner", name));
    }

    /// How a role reaches a database of it.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres:///{database}?host={}&user={role}", self.folder.display())
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// INT stops it fast, QUIT at once.
    pub fn stop(&mut self, how: Signal) {
        kill_process(Pid::from_child(&self.postmaster), how).unwrap();
        self.postmaster.wait().unwrap();
    }

    /// Starts it after a stop, and waits until it answers.
    pub fn start(&mut self) {
        self.postmaster = postmaster(&self.binaries, &self.folder);
        cluster::wait_for(&self.url("postgres", "postgres"));
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

impl Drop for Server {
    fn drop(&mut self) {
        if self.postmaster.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal_all(Signal::CONT);
            self.stop(Signal::QUIT);
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn postmaster(binaries: &Path, folder: &Path) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("server.log")).unwrap();
    cluster::unprivileged(&binaries.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "autovacuum=off"])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}
