//! An answer waits for the disk: the end of a process does not show that, because the system keeps what was written; the end of a machine does.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::disk::embedded;
use crate::process::Process;
use crate::writes::Writes;

#[test]
fn the_embedded_database_syncs_between_a_write_and_its_answer() {
    let service = Process::on(Command::new(env!("CARGO_BIN_EXE_sendiass")), &[], tempfile::tempdir().unwrap(), None);
    let writes = Writes::prepare(&service, &mut embedded(service.folder.path()));
    let trace = service.folder.path().join("trace");
    let watcher = Command::new("strace")
        .args(["-f", "-s", "40", "-e", "trace=fsync,fdatasync,read,recvfrom,write,writev,sendto", "-o"])
        .arg(&trace)
        .args(["-p", &service.pid().as_raw_nonzero().to_string()])
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut watcher) = watcher else {
        return crate::not_tested("WHETHER AN ANSWER WAITS FOR THE DISK WAS", "install strace");
    };
    let mut told = BufReader::new(watcher.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    let attached = line.contains("attached");
    if attached {
        let mut sent = [writes.next()];
        writes.repeat(&service, &mut sent);
    }
    // It may have ended by itself.
    let _ended = kill_process(Pid::from_child(&watcher), Signal::INT);
    watcher.wait().unwrap();
    if !attached {
        return crate::not_tested("WHETHER AN ANSWER WAITS FOR THE DISK WAS", line.trim());
    }
    let trace = std::fs::read_to_string(trace).unwrap();
    let lines: Vec<&str> = trace.lines().collect();
    let asked = lines.iter().position(|line| line.contains("POST /api/v1/people")).unwrap();
    let answered = lines.iter().position(|line| line.contains("HTTP/1.1 201")).unwrap();
    let syncs = lines[asked..answered].iter().filter(|line| line.contains("sync") && line.ends_with("= 0")).count();
    assert!(syncs > 0, "nothing was synced between these:\n{}", lines[asked..=answered].join("\n"));
}
