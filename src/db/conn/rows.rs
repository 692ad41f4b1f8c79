//! Many rows, written or removed by one statement: what a server is asked costs a way there and back.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Text};

use super::{Conn, Engine};
use crate::db::stored::{AnyId, DbJson, DbTs, DbUuid, Json};
use crate::domain::ids::{CaseId, EntryId, SarId, SarPartId};
use crate::domain::time::Timestamp;

impl Conn {
    /// Adds entries of a log and their leaves, from this index on, by a statement for each table. False in the embedded database, where a statement
    /// for each row is as quick.
    pub fn add_entries(
        &mut self,
        (entry, leaf): (&str, &str),
        first: i64,
        bodies: impl Iterator<Item = impl AsRef<str>>,
        leaves: impl Iterator<Item = impl AsRef<[u8]>>,
    ) -> QueryResult<bool> {
        let Self::Pg(conn) = self else { return Ok(false) };
        let rows = |table: &str, column: &str| {
            format!(
                "INSERT INTO {table} (idx, {column}) SELECT $1 + n - 1, value FROM unnest($2) WITH ORDINALITY AS new (value, n) ORDER BY n"
            )
        };
        let (bodies, leaves): (Vec<_>, Vec<_>) = (bodies.collect(), leaves.collect());
        let bodies: Vec<&str> = bodies.iter().map(AsRef::as_ref).collect();
        let leaves: Vec<&[u8]> = leaves.iter().map(AsRef::as_ref).collect();
        diesel::sql_query(rows(entry, "body")).bind::<BigInt, _>(first).bind::<Array<Text>, _>(bodies).execute(conn)?;
        diesel::sql_query(rows(leaf, "h")).bind::<BigInt, _>(first).bind::<Array<Binary>, _>(leaves).execute(conn)?;
        Ok(true)
    }

    /// Has entries wait on a server by one statement: the id of each, as it is written, and its cases.
    pub fn add_pending(&mut self, rows: Vec<(EntryId, String, Json<Vec<CaseId>>)>) -> QueryResult<()> {
        let Self::Pg(conn) = self else { return Ok(()) };
        let (mut ids, mut bodies, mut cases) = (Vec::new(), Vec::new(), Vec::new());
        for (id, body, about) in rows {
            ids.push(id);
            bodies.push(body);
            cases.push(about);
        }
        diesel::sql_query("INSERT INTO access_pending (id, body, cases) SELECT * FROM unnest($1, $2, $3)")
            .bind::<Array<DbUuid>, _>(ids)
            .bind::<Array<Text>, _>(bodies)
            .bind::<Array<DbJson>, _>(cases)
            .execute(conn)?;
        Ok(())
    }

    /// Whether an entry waits for longer than this, by the clock of the server. In the embedded database none ever does.
    pub fn is_stuck(&mut self, patience: &str) -> QueryResult<bool> {
        let Self::Pg(conn) = self else { return Ok(false) };
        let waiting = "SELECT FROM access_pending WHERE since < clock_timestamp() - $1::interval LIMIT 1";
        Ok(diesel::sql_query(waiting).bind::<Text, _>(patience).execute(conn)? > 0)
    }

    /// Files entries under their cases, as far as those are on record, by one statement. False in the embedded database.
    pub fn add_lookups(&mut self, table: &str, cases: &[CaseId], indexes: &[i64]) -> QueryResult<bool> {
        let Self::Pg(conn) = self else { return Ok(false) };
        let rows = format!(
            "INSERT INTO {table} (case_id, idx) SELECT case_file.id, new.idx FROM unnest($1, $2) AS new (id, idx) JOIN case_file USING (id)"
        );
        diesel::sql_query(rows).bind::<Array<DbUuid>, _>(cases).bind::<Array<BigInt>, _>(indexes).execute(conn)?;
        Ok(true)
    }

    /// Removes these rows of a table from a server by one statement.
    pub fn remove_rows(&mut self, table: &str, ids: &[EntryId]) -> QueryResult<()> {
        let Self::Pg(conn) = self else { return Ok(()) };
        diesel::sql_query(format!("DELETE FROM {table} WHERE id = ANY ($1)")).bind::<Array<DbUuid>, _>(ids).execute(conn)?;
        Ok(())
    }

    /// Puts these sealed values into rows of a table by one statement.
    pub fn put_sealed(&mut self, table: &str, rows: Vec<(AnyId, Vec<u8>)>) -> QueryResult<()> {
        let Some(values) = places(rows.len(), 2) else { return Ok(()) };
        let put = format!("UPDATE {table} SET sealed = new.column2 FROM (VALUES {values}) AS new WHERE id = new.column1");
        let mut put = diesel::sql_query(put).into_boxed::<Engine>();
        for (id, sealed) in rows {
            put = put.bind::<DbUuid, _>(id).bind::<Binary, _>(sealed);
        }
        put.execute(self).map(drop)
    }

    /// Adds parts of a subject access request by one statement: the id, the case, and what is sealed of each.
    pub fn add_parts(&mut self, request: SarId, rows: Vec<(SarPartId, CaseId, Vec<u8>)>, now: Timestamp) -> QueryResult<()> {
        let Some(values) = places(rows.len(), 5) else { return Ok(()) };
        let add = format!("INSERT INTO subject_access_part (id, sar_id, case_id, sealed, created_at) VALUES {values}");
        let mut add = diesel::sql_query(add).into_boxed::<Engine>();
        for (id, case, sealed) in rows {
            add =
                add.bind::<DbUuid, _>(id).bind::<DbUuid, _>(request).bind::<DbUuid, _>(case).bind::<Binary, _>(sealed).bind::<DbTs, _>(now);
        }
        add.execute(self).map(drop)
    }
}

/// The places of so many rows of values, as a statement names them; none, if there is no row.
fn places(rows: usize, columns: usize) -> Option<String> {
    let row = |row: usize| {
        let columns: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({})", columns.join(", "))
    };
    (rows > 0).then(|| (0..rows).map(row).collect::<Vec<_>>().join(", "))
}
