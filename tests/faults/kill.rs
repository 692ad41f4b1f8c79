//! The service is killed while many write.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process::Process;
use crate::writes::Writes;
use crate::{p99, random, times};

#[test]
fn what_was_acknowledged_is_kept_once_and_whole_however_often_the_service_is_killed() {
    let kills = times("SENDIASS_KILLS", 4);
    let mut service = Process::start(&[]);
    let writes = Writes::prepare(&service, &mut service.database());
    let (mut sent, mut starts, mut acknowledged) = (Vec::new(), Vec::new(), 0);
    for _ in 0..kills {
        let killed_after = Duration::from_micros(50_000 + random(600_000));
        let mut round = writes.until_killed(&service, || {
            std::thread::sleep(killed_after);
            service.signal(Signal::KILL);
        });
        acknowledged += round.iter().filter(|write| write.made().is_some()).count();
        for answer in round.iter().flat_map(|write| &write.answers) {
            assert!([201, 503].contains(&answer.status), "{} {}", answer.status, answer.told);
        }
        let began = Instant::now();
        service = service.again();
        while service.readiness() != 200 {
            assert!(began.elapsed() < Duration::from_secs(10), "it does not become ready");
        }
        starts.push(began.elapsed());
        writes.repeat(&service, &mut round);
        sent.append(&mut round);
        writes.are_kept(&service, &mut service.database(), &sent);
    }
    // Otherwise nothing was put to the test.
    assert!(acknowledged > 4 * kills && sent.len() > acknowledged, "{acknowledged} of {} were acknowledged", sent.len());
    println!("{kills} kills: {} writes, {acknowledged} acknowledged before; ready again in {:?} (p99)", sent.len(), p99(starts));
}
