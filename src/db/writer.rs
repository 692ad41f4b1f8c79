//! The thread that writes the embedded database, and the commits it shares between those that wait.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;

use super::conn::Conn;
use super::health::Tally;
use super::pool::Begin;

/// So many writes share a commit at most, the largest size that is counted ([`super::health::SIZES`]),
const BATCH: usize = 64;
/// and for so long are more of them taken in.
const GATHERING: Duration = Duration::from_millis(3);

/// Tells whoever asked, once it is known whether the batch was committed.
pub(super) type Answer = Box<dyn FnOnce(bool)>;
/// A write. What it does is kept or undone by itself.
pub(super) type Job = Box<dyn FnOnce(&mut Conn) -> Done + Send>;

/// What came of a job within its batch.
pub(super) struct Done {
    /// Whether it is to be committed.
    pub(super) keep: bool,
    /// Whom to tell.
    pub(super) answer: Answer,
}

/// Writes what comes, in batches that share a commit.
pub(super) fn run(mut conn: Conn, jobs: &Receiver<Job>, tally: &Tally) {
    while let Ok(first) = jobs.recv() {
        let (answers, committed) = batch(&mut conn, first, jobs);
        if committed {
            tally.shared(answers.len() as u64);
        }
        for answer in answers {
            answer(committed);
        }
    }
}

/// One commit for the first job and those that wait already. Whether it was made, and whom to tell.
fn batch(conn: &mut Conn, first: Job, jobs: &Receiver<Job>) -> (Vec<Answer>, bool) {
    let mut whole = conn.batch_execute(Begin::Writing.sql(conn)).is_ok();
    let (mut answers, begun) = (Vec::new(), Instant::now());
    let mut next = Some(first);
    while let Some(job) = next {
        whole = whole && conn.batch_execute("SAVEPOINT job").is_ok();
        if whole {
            let done = job(conn);
            answers.push(done.answer);
            // A full disk makes the database undo the whole transaction: then there is no savepoint to go back to, and no job was kept.
            let end = if done.keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
            whole = conn.batch_execute(end).is_ok();
        }
        if !whole {
            break;
        }
        next = if answers.len() < BATCH && begun.elapsed() < GATHERING { jobs.try_recv().ok() } else { None };
    }
    let committed = whole && conn.batch_execute("COMMIT").is_ok();
    if !committed {
        // The transaction may be over already; then there is nothing left to undo.
        drop(conn.batch_execute("ROLLBACK"));
    }
    (answers, committed)
}

#[cfg(test)]
mod tests;
