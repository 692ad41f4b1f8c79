//! What was signed last, in a second database on PostgreSQL: a table with one row for each log, changed by whoever knows what it holds. So copies on
//! several hosts share it, and whoever puts back an older database does not put this back with it.

use std::sync::{Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Text};

use super::conn::{Conn, Demands, Place, Unfit};
use super::error::{Error, Result};

/// The row of one log.
pub struct SidecarRow {
    place: Place,
    demands: Demands,
    log: &'static str,
    /// The connection, once there is one that works.
    conn: Mutex<Option<Conn>>,
}

impl std::fmt::Debug for SidecarRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SidecarRow({})", self.log)
    }
}

/// Why a database cannot be the sidecar.
#[derive(Debug)]
pub enum NoSidecar {
    /// It cannot be reached, or is not safe.
    Unfit(Unfit),
    /// It is a database of the service, which would be put back together with what it should remember.
    Same,
    /// The table is not there, and this role may not make it.
    NoTable,
}

#[derive(QueryableByName)]
struct Note {
    #[diesel(sql_type = Binary)]
    note: Vec<u8>,
}

#[derive(QueryableByName)]
struct There {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    service: bool,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    sidecar: bool,
}

impl SidecarRow {
    /// The row of this log. The table is made where there is none.
    pub fn open(place: Place, demands: Demands, log: &'static str) -> std::result::Result<Self, NoSidecar> {
        let mut conn = place.connect(demands).map_err(NoSidecar::Unfit)?;
        let there = "SELECT to_regclass('deployment') IS NOT NULL AS service, to_regclass('log_sidecar') IS NOT NULL AS sidecar";
        let there: There = diesel::sql_query(there).get_result(&mut conn).map_err(|_| NoSidecar::NoTable)?;
        if there.service {
            return Err(NoSidecar::Same);
        }
        if !there.sidecar {
            let made = conn.batch_execute("CREATE TABLE IF NOT EXISTS log_sidecar (log text PRIMARY KEY, note bytea NOT NULL)");
            made.map_err(|_| NoSidecar::NoTable)?;
        }
        Ok(Self { place, demands, log, conn: Mutex::new(Some(conn)) })
    }

    /// On a connection that works; on a new one, if the one there was does not any more. What did not end well is not repeated.
    fn on<T>(&self, f: impl FnOnce(&mut Conn) -> QueryResult<T>) -> Result<T> {
        let mut held = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = held.take().map(|mut conn| conn.batch_execute("SELECT 1").map(|()| conn));
        let mut conn = match alive {
            Some(Ok(conn)) => conn,
            _ => self.place.connect(self.demands).map_err(|_| Error::Unavailable)?,
        };
        let done = f(&mut conn)?;
        *held = Some(conn);
        Ok(done)
    }

    /// What it holds.
    pub fn read(&self) -> Result<Option<Vec<u8>>> {
        let log = self.log;
        self.on(|conn| {
            let held = diesel::sql_query("SELECT note FROM log_sidecar WHERE log = $1").bind::<Text, _>(log);
            Ok(held.get_result::<Note>(conn).optional()?.map(|row| row.note))
        })
    }

    /// Replaces what it holds, on disk when this returns; false, if that is not `old` any more.
    pub fn replace(&self, old: Option<&[u8]>, new: &[u8]) -> Result<bool> {
        let log = self.log;
        self.on(|conn| {
            let changed = match old {
                Some(old) => diesel::sql_query("UPDATE log_sidecar SET note = $3 WHERE log = $1 AND note = $2")
                    .bind::<Text, _>(log)
                    .bind::<Binary, _>(old)
                    .bind::<Binary, _>(new)
                    .execute(conn)?,
                None => diesel::sql_query("INSERT INTO log_sidecar (log, note) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                    .bind::<Text, _>(log)
                    .bind::<Binary, _>(new)
                    .execute(conn)?,
            };
            Ok(changed == 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::cluster;

    const DEMANDS: Demands = Demands { encrypted: false, unsafe_server: true };

    #[test]
    fn a_row_is_replaced_by_whoever_knows_what_it_held() {
        cluster::on_postgres_too();
        if !cluster::is_postgres() {
            return;
        }
        let second = cluster::Scratch::empty();
        let open = |log| SidecarRow::open(Place::Server(second.owner_url()), DEMANDS, log).unwrap();
        let (one, two, other) = (open("access"), open("access"), open("disclosure"));
        assert_eq!(one.read().unwrap(), None);
        assert!(!one.replace(Some(b"old"), b"new").unwrap());
        assert!(one.replace(None, b"one").unwrap() && !two.replace(None, b"two").unwrap());
        assert!(!two.replace(Some(b"other"), b"two").unwrap() && two.replace(Some(b"one"), b"two").unwrap());
        assert_eq!((one.read().unwrap().as_deref(), other.read().unwrap()), (Some(&b"two"[..]), None));
        // Of many who replace at once each sees what the one before wrote.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let (row, mut done) = (open("disclosure"), 0);
                    while done < 10 {
                        let held = row.read().unwrap();
                        let longer = [held.as_deref().unwrap_or_default(), b"x"].concat();
                        done += usize::from(row.replace(held.as_deref(), &longer).unwrap());
                    }
                });
            }
        });
        assert_eq!(other.read().unwrap().map(|held| held.len()), Some(40));
        // A connection that was ended is made anew.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        Place::Server(second.admin_url()).connect(DEMANDS).unwrap().batch_execute(end).unwrap();
        assert_eq!(one.read().unwrap().as_deref(), Some(&b"two"[..]));
    }
}
