//! The disk is full, or fails, while many write; and is well again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use rustix::process::{Resource, Rlimit};
use sendiass::db::conn::{Conn, Demands, Place};

use crate::harness::cluster;
use crate::harness::cluster::own::Own;
use crate::outage::{DATABASE, Outage, Seen, UNSYNCED, connect, migrate, serve};
use crate::process::Process;
use crate::writes::Writes;

/// A small disk of memory, where the tests may have one.
struct Disk(PathBuf);

impl Disk {
    fn of(megabytes: u32) -> Option<Self> {
        let path = std::env::temp_dir().join(format!("sendiass-disk-{}", uuid::Uuid::new_v4().simple()));
        cluster::private_folder(&path);
        let size = format!("size={megabytes}m,mode=0777");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(path));
        }
        fs::remove_dir(&path).unwrap();
        crate::not_tested("A FULL DISK WAS", "only root may mount a small one");
        None
    }

    /// Leaves no byte of it.
    fn fill(&self) {
        let mut filler = File::create(self.0.join("filler")).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
        drop(fs::remove_dir(&self.0));
    }
}

/// A connection to the embedded database in this folder.
pub fn embedded(folder: &Path) -> Conn {
    Place::File(folder.join("sendiass.db")).connect(Demands::default()).unwrap()
}

#[test]
fn on_a_full_disk_the_embedded_database_refuses_and_heals_by_itself() {
    let Some(disk) = Disk::of(16) else { return };
    let service = Process::on(Command::new(env!("CARGO_BIN_EXE_sendiass")), &[], tempfile::tempdir_in(&disk.0).unwrap(), None);
    let writes = Writes::prepare(&service, &mut embedded(service.folder.path()));
    let mut seen = Seen::default();
    let outage = Outage { name: "embedded, full", lasts: Duration::from_secs(2), total: false };
    outage.happens(&service, &writes, &mut seen, || disk.fill(), || disk.empty());
    writes.are_kept(&service, &mut embedded(service.folder.path()), &seen.sent);
    seen.told();
}

#[test]
fn on_a_disk_that_fails_the_embedded_database_refuses_and_heals_by_itself() {
    let mut shell = Command::new("sh");
    // What is written beyond the limit is an error then, and not the end of the process.
    shell.args(["-c", "trap '' XFSZ && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sendiass")]);
    let service = Process::on(shell, &[], tempfile::tempdir().unwrap(), None);
    let writes = Writes::prepare(&service, &mut embedded(service.folder.path()));
    let mut seen = Seen::default();
    let limit = |current| {
        rustix::process::prlimit(Some(service.pid()), Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    };
    let outage = Outage { name: "embedded, failing", lasts: Duration::from_secs(2), total: true };
    outage.happens(&service, &writes, &mut seen, || limit(Some(0)), || limit(None));
    writes.are_kept(&service, &mut embedded(service.folder.path()), &seen.sent);
    seen.told();
}

#[test]
fn on_a_full_disk_postgresql_refuses_and_heals_by_itself() {
    let Some(disk) = Disk::of(24) else { return };
    let Some(own) = Own::start(UNSYNCED) else { return };
    let place = disk.0.join("tables");
    cluster::private_folder(&place);
    own.execute("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", place.display()));
    own.database(DATABASE, "TABLESPACE small", migrate);
    let service = serve(own.url("sendiass_app", DATABASE));
    let writes = Writes::prepare(&service, &mut connect(&own));
    let mut seen = Seen::default();
    let outage = Outage { name: "PostgreSQL, full", lasts: Duration::from_secs(3), total: false };
    outage.happens(&service, &writes, &mut seen, || disk.fill(), || disk.empty());
    writes.are_kept(&service, &mut connect(&own), &seen.sent);
    seen.told();
}

#[test]
fn where_the_log_of_postgresql_is_on_a_full_disk_it_ends_and_the_service_goes_on_when_it_is_started_again() {
    let Some(disk) = Disk::of(160) else { return };
    // Its log goes on to a new file every megabyte.
    let Some(own) = Own::start_in(disk.0.join("server"), &["--wal-segsize=1"], UNSYNCED, |_| ()) else { return };
    own.database(DATABASE, "", migrate);
    let service = serve(own.url("sendiass_app", DATABASE));
    let writes = Writes::prepare(&service, &mut connect(&own));
    let own = Mutex::new(own);
    let mut seen = Seen::default();
    let outage = Outage { name: "PostgreSQL, its log full", lasts: Duration::from_secs(2), total: true };
    let begin = || {
        disk.fill();
        // What was made in advance is used up, too.
        let own = own.lock().unwrap();
        let mut admin = PgConnection::establish(&own.url("postgres", DATABASE)).unwrap();
        while admin.batch_execute("SELECT pg_logical_emit_message(true, '', 'x'); SELECT pg_switch_wal()").is_ok() {}
    };
    let end = || {
        let mut own = own.lock().unwrap();
        let told = fs::read_to_string(own.folder().join("server.log")).unwrap();
        assert!(!own.runs() && told.contains("PANIC:  could not write"), "it bore that:\n{told}");
        disk.empty();
        own.start_again();
    };
    outage.happens(&service, &writes, &mut seen, begin, end);
    writes.are_kept(&service, &mut connect(&own.lock().unwrap()), &seen.sent);
    seen.told();
}
