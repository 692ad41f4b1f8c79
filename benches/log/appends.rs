//! How many entries the logs take a second, by the code of the use cases.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt::{self, System};
use sendiass::authz::{Action, Caller, Permit, act, check};
use sendiass::clock::Clock;
use sendiass::db::ledger::{self, Accesses};
use sendiass::db::{Db, Error, Tx};
use sendiass::domain::ids::{CaseId, EntryId, PersonId, RecipientId, RequestId, StaffId};
use sendiass::domain::vocabulary::{Art9Condition, Basis, Channel, Direction, DisclosureLogKind, LawfulBasis, Purpose, Role};
use sendiass::ledger::DisclosureEntry;

use crate::{Bench, Times, line, rate};

const WHILE: Duration = Duration::from_secs(4);

/// How long each of those took that so many clients did one after the other for a while. What the service turns away, because the machine does not
/// keep up, is told and not counted.
async fn at_once<F: Future<Output = bool> + 'static>(clients: usize, work: impl Fn() -> F + 'static) -> (Times, Instant) {
    let (work, times, since) = (Rc::new(work), Rc::new(RefCell::new(Vec::new())), Instant::now());
    let turned_away = Rc::new(Cell::new(0));
    let clients = (0..clients).map(|_| {
        let (work, times, turned_away) = (work.clone(), times.clone(), turned_away.clone());
        rt::spawn(async move {
            while since.elapsed() < WHILE {
                let begun = Instant::now();
                if work().await {
                    times.borrow_mut().push(begun.elapsed());
                } else {
                    turned_away.set(turned_away.get() + 1);
                }
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    if turned_away.get() > 0 {
        line("turned away of the next", turned_away.get());
    }
    let times = times.take();
    (Times::collect(times.into_iter()), since)
}

fn caller(bench: &Bench, role: Role) -> Caller {
    let id = bench.get(&bench.token(role), "/me")["id"].as_str().unwrap().parse().unwrap();
    Caller {
        staff: StaffId(id),
        display_name: "Bench".to_owned(),
        roles: vec![role],
        access_reason: None,
        request: RequestId::mint(),
        operation: "getCase".into(),
        token_expires_at: Clock::real(),
    }
}

/// Adds to the access log until it has so many entries, as staff do who work at once: most are refusals of twelve people in three roles, and in each
/// hundred some look at a case.
pub(crate) fn fill_accesses(bench: &Bench, until: i64) {
    let adviser = caller(bench, Role::Adviser);
    let cases = bench.cases();
    let somebody = |n: usize| Caller {
        staff: StaffId::mint(),
        roles: vec![[Role::Analyst, Role::Administrator, Role::MachineStatistics][n % 3]],
        operation: ["getCase", "listNotes", "createNote", "listDisclosures", "searchPeople"][n % 5].into(),
        ..adviser.clone()
    };
    let staff: Vec<Caller> = (0..12).map(somebody).collect();
    System::new().block_on(async {
        let since = Instant::now();
        let before = entries(bench).await;
        let left = Rc::new(Cell::new(until - before));
        let clients = (0..64_usize).map(|client| {
            let (app, mine, case, left) = (bench.app.clone(), staff[client % 12].clone(), cases[client % cases.len()], left.clone());
            let leave = check::<act::CaseRead>(&adviser).unwrap();
            rt::spawn(async move {
                while left.replace(left.get() - 1) > 0 {
                    if left.get() % 20 == 0 {
                        app.read_case(leave.clone(), case).await.unwrap();
                    } else {
                        app.turn_away(&mine, Action::CaseRead).await.unwrap();
                    }
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        while entries(bench).await < until {
            rt::time::sleep(Duration::from_millis(50)).await;
        }
        eprintln!("access log filled: {}", rate(usize::try_from((until - before).max(0)).unwrap(), since));
    });
}

pub(crate) fn measure(bench: &Bench) {
    let adviser = caller(bench, Role::Adviser);
    let case = bench.cases()[0];
    // To a server there are as many connections as are usual, and a few wait for each.
    let many = if bench.is_server() { 16 } else { 64 };
    System::new().block_on(async {
        for clients in [1, many] {
            let (db, leave) = (bench.db.clone(), check::<act::DisclosureRecord>(&adviser).unwrap());
            let (times, since) = at_once(clients, move || {
                let (db, leave) = (db.clone(), leave.clone());
                async move { append(&db, leave, case).await }
            })
            .await;
            line(&format!("entries appended to the disclosure log, {clients} at once"), format!("{}; {times}", rate(times.0.len(), since)));
        }
        // What waits for the access log takes nobody's connection.
        for clients in [1, 16, 64] {
            let (app, somebody) = (bench.app.clone(), adviser.clone());
            let before = entries(bench).await;
            let (times, since) = at_once(clients, move || {
                let (app, somebody) = (app.clone(), somebody.clone());
                async move { app.turn_away(&somebody, Action::CaseRead).await.is_ok() }
            })
            .await;
            let told = format!("{}; {times}", rate(times.0.len(), since));
            let due = before + i64::try_from(times.0.len()).unwrap();
            while entries(bench).await < due && since.elapsed() < 10 * WHILE {
                rt::time::sleep(Duration::from_millis(2)).await;
            }
            line(&format!("refusals in the access log, {clients} at once"), format!("{told}; in the tree {}", rate(times.0.len(), since)));
        }
        for clients in [1, 32] {
            let (app, leave) = (bench.app.clone(), check::<act::CaseRead>(&adviser).unwrap());
            let (times, since) = at_once(clients, move || {
                let (app, leave) = (app.clone(), leave.clone());
                async move { app.read_case(leave, case).await.is_ok() }
            })
            .await;
            line(&format!("cases looked at, {clients} at once"), format!("{}; {times}", rate(times.0.len(), since)));
        }
    });
}

/// One refusal, in a transaction of its own.
async fn append(db: &Db, leave: Permit<act::DisclosureRecord>, case: CaseId) -> bool {
    let mut entry = DisclosureEntry::new(EntryId::mint(), DisclosureLogKind::DisclosureRefused, leave.staff(), RequestId::mint());
    entry.decided_by = Some(leave.staff());
    entry.direction = Some(Direction::Outbound);
    entry.basis = Some(Basis::Permission);
    entry.lawful_basis = Some(LawfulBasis::PublicTask);
    entry.condition = Some(Art9Condition::SubstantialPublicInterest);
    entry.purpose = Some(Purpose::Liaison);
    entry.channel = Some(Channel::SecureEmail);
    entry.recipient = Some(RecipientId::mint());
    entry.subjects = vec![PersonId::mint()];
    let write = move |tx: &mut Tx<'_>| {
        ledger::append(tx, &leave, entry, case, None, Clock::real());
        Ok::<_, Error>(())
    };
    db.write(write).await.is_ok()
}

async fn entries(bench: &Bench) -> i64 {
    bench.db.read(ledger::size::<Accesses>).await.unwrap()
}
