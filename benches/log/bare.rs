//! What the database does by itself, with the settings of the service and nothing of the log: rows of the size of an entry, written and read.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use sendiass::db::conn::{Conn, Demands, Place};

use crate::{Bench, Times, line, rate};

const WHILE: Duration = Duration::from_secs(2);

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    body: String,
}

fn insert(conn: &mut Conn, number: usize) {
    let body = "x".repeat(570);
    diesel::sql_query(format!("INSERT INTO bare (id, body) VALUES ({number}, '{body}')")).execute(conn).unwrap();
}

pub(crate) fn measure(bench: &Bench) {
    let file = bench.folder.join("bare.db");
    let place = if bench.is_server() { bench.place.clone() } else { Place::File(file) };
    let mut conn = place.connect(Demands::default()).unwrap();
    conn.batch_execute("DROP TABLE IF EXISTS bare; CREATE TABLE bare (id bigint PRIMARY KEY, body text NOT NULL)").unwrap();
    let (since, mut number) = (Instant::now(), 0);
    while since.elapsed() < WHILE {
        insert(&mut conn, number);
        number += 1;
    }
    line("bare database: rows written, one a commit", rate(number, since));
    let (since, before) = (Instant::now(), number);
    while since.elapsed() < WHILE {
        conn.batch_execute("BEGIN").unwrap();
        for _ in 0..64 {
            insert(&mut conn, number);
            number += 1;
        }
        conn.batch_execute("COMMIT").unwrap();
    }
    line("bare database: rows written, 64 a commit", rate(number - before, since));
    let mut place = 0;
    let read = Times::of(2000, || {
        place = (place + 7919) % number;
        let row: Row = diesel::sql_query(format!("SELECT body FROM bare WHERE id = {place}")).get_result(&mut conn).unwrap();
        assert_eq!(row.body.len(), 570);
    });
    line("bare database: one row read by its key", read);
    conn.batch_execute("DROP TABLE bare").unwrap();
}
