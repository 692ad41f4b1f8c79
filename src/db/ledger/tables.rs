//! The tables of each log. They have one shape, so what is done to them is written once.

use diesel::prelude::*;

use crate::db::conn::{Conn, Engine, Lock};
use crate::db::schema::{
    access_checkpoint, access_cosignature, access_entry, access_leaf, access_prune, access_subtree, disclosure_checkpoint,
    disclosure_cosignature, disclosure_entry, disclosure_leaf, disclosure_prune, disclosure_subtree,
};
use crate::ledger::Written;

/// One log: its tables.
pub trait Log: Send + Sync + 'static {
    /// What is locked while something is added.
    const END: Lock;
    /// A choice of its entries.
    type Entries;

    /// The newest entry, and when it was written.
    fn last(conn: &mut Conn) -> QueryResult<Option<(i64, String)>>;
    /// The index of the newest leaf.
    fn last_leaf(conn: &mut Conn) -> QueryResult<Option<i64>>;
    /// Adds entries with their leaves, from this index on.
    fn add(conn: &mut Conn, first: i64, entries: &[Written]) -> QueryResult<()>;
    /// Adds the root of a full tile.
    fn add_subtree(conn: &mut Conn, level: i32, n: i64, hash: &[u8]) -> QueryResult<()>;
    /// The hashes of the rows `from` up to, but without, `to` of a level; level 0 is the leaves.
    fn hashes(conn: &mut Conn, level: i32, from: i64, to: i64) -> QueryResult<Vec<Vec<u8>>>;
    /// The first entry written at this instant or later.
    fn first_since(conn: &mut Conn, at: String) -> QueryResult<Option<i64>>;
    /// One entry.
    fn body(conn: &mut Conn, index: i64) -> QueryResult<String>;
    /// The newest checkpoint: its size, and the note.
    fn newest_checkpoint(conn: &mut Conn) -> QueryResult<Option<(i64, String)>>;
    /// Adds a checkpoint.
    fn add_checkpoint(conn: &mut Conn, size: i64, note: &str) -> QueryResult<()>;
    /// How many checkpoints there are.
    fn count_checkpoints(conn: &mut Conn) -> QueryResult<i64>;
    /// So many checkpoints, the newest first, of smaller sizes than this.
    fn checkpoints(conn: &mut Conn, below: Option<i64>, limit: i64) -> QueryResult<Vec<(i64, String)>>;
    /// The checkpoints of sizes above `over` up to `to`, the smallest first.
    fn checkpoints_between(conn: &mut Conn, over: i64, to: i64) -> QueryResult<Vec<(i64, String)>>;
    /// The checkpoint of this size.
    fn checkpoint(conn: &mut Conn, size: i64) -> QueryResult<Option<String>>;
    /// What witnesses say of the checkpoints of these sizes: the size, and the line.
    fn cosignatures(conn: &mut Conn, sizes: Vec<i64>) -> QueryResult<Vec<(i64, String)>>;
    /// Adds what a witness says, unless they said something of this size before.
    fn add_cosignature(conn: &mut Conn, size: i64, witness: &str, line: &str) -> QueryResult<()>;
    /// Up to which index entries were pruned.
    fn pruned(conn: &mut Conn) -> QueryResult<i64>;
    /// The leaves of these entries.
    fn leaves(conn: &mut Conn, indexes: Vec<i64>) -> QueryResult<Vec<(i64, Vec<u8>)>>;
    /// The entries of a kind, in their order.
    fn of_kind(conn: &mut Conn, kind: &'static str) -> QueryResult<Vec<(i64, String)>>;
    /// How many entries were chosen.
    fn count(conn: &mut Conn, chosen: Self::Entries) -> QueryResult<i64>;
    /// The indexes of the first of the entries chosen, so many at most, in the order in which they were chosen.
    fn places(conn: &mut Conn, chosen: Self::Entries, limit: i64) -> QueryResult<Vec<i64>>;
    /// The first of the entries chosen, so many at most, in the order in which they were chosen.
    fn page(conn: &mut Conn, chosen: Self::Entries, limit: i64) -> QueryResult<Vec<(i64, String)>>;
}

macro_rules! log {
    ($(#[doc = $doc:literal])+ $name:ident, $lock:ident, $entry:ident, $leaf:ident, $subtree:ident, $checkpoint:ident, $cosignature:ident, $prune:ident) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Log for $name {
            const END: Lock = Lock::$lock;
            type Entries = $entry::BoxedQuery<'static, Engine>;

            fn last(conn: &mut Conn) -> QueryResult<Option<(i64, String)>> {
                $entry::table.order($entry::idx.desc()).select(($entry::idx, $entry::at)).first(conn).optional()
            }

            fn last_leaf(conn: &mut Conn) -> QueryResult<Option<i64>> {
                $leaf::table.select(diesel::dsl::max($leaf::idx)).first(conn)
            }

            fn add(conn: &mut Conn, first: i64, entries: &[Written]) -> QueryResult<()> {
                let (bodies, leaves) = (entries.iter().map(|entry| &entry.body), entries.iter().map(|entry| entry.leaf.0));
                let tables = (stringify!($entry), stringify!($leaf));
                if entries.len() > 1 && conn.add_entries(tables, first, bodies, leaves)? {
                    return Ok(());
                }
                for (entry, index) in entries.iter().zip(first..) {
                    diesel::insert_into($entry::table).values(($entry::idx.eq(index), $entry::body.eq(&entry.body))).execute(conn)?;
                    diesel::insert_into($leaf::table).values(($leaf::idx.eq(index), $leaf::h.eq(&entry.leaf.0[..]))).execute(conn)?;
                }
                Ok(())
            }

            fn add_subtree(conn: &mut Conn, level: i32, n: i64, hash: &[u8]) -> QueryResult<()> {
                let row = ($subtree::level.eq(level), $subtree::n.eq(n), $subtree::h.eq(hash));
                diesel::insert_into($subtree::table).values(row).execute(conn).map(drop)
            }

            fn hashes(conn: &mut Conn, level: i32, from: i64, to: i64) -> QueryResult<Vec<Vec<u8>>> {
                if level == 0 {
                    let leaves = $leaf::table.filter($leaf::idx.ge(from)).filter($leaf::idx.lt(to));
                    return leaves.order($leaf::idx.asc()).select($leaf::h).load(conn);
                }
                let subtrees = $subtree::table.filter($subtree::level.eq(level)).filter($subtree::n.ge(from)).filter($subtree::n.lt(to));
                subtrees.order($subtree::n.asc()).select($subtree::h).load(conn)
            }

            fn first_since(conn: &mut Conn, at: String) -> QueryResult<Option<i64>> {
                let since = $entry::table.filter($entry::at.ge(at)).order(($entry::at.asc(), $entry::idx.asc()));
                since.select($entry::idx).first(conn).optional()
            }

            fn body(conn: &mut Conn, index: i64) -> QueryResult<String> {
                $entry::table.find(index).select($entry::body).first(conn)
            }

            fn newest_checkpoint(conn: &mut Conn) -> QueryResult<Option<(i64, String)>> {
                $checkpoint::table.order($checkpoint::size.desc()).first(conn).optional()
            }

            fn add_checkpoint(conn: &mut Conn, size: i64, note: &str) -> QueryResult<()> {
                let row = ($checkpoint::size.eq(size), $checkpoint::note.eq(note));
                diesel::insert_into($checkpoint::table).values(row).execute(conn).map(drop)
            }

            fn count_checkpoints(conn: &mut Conn) -> QueryResult<i64> {
                $checkpoint::table.count().get_result(conn)
            }

            fn checkpoints(conn: &mut Conn, below: Option<i64>, limit: i64) -> QueryResult<Vec<(i64, String)>> {
                let below = below.unwrap_or(i64::MAX);
                $checkpoint::table.filter($checkpoint::size.lt(below)).order($checkpoint::size.desc()).limit(limit).load(conn)
            }

            fn checkpoints_between(conn: &mut Conn, over: i64, to: i64) -> QueryResult<Vec<(i64, String)>> {
                $checkpoint::table.filter($checkpoint::size.gt(over)).filter($checkpoint::size.le(to)).order($checkpoint::size.asc()).load(conn)
            }

            fn checkpoint(conn: &mut Conn, size: i64) -> QueryResult<Option<String>> {
                $checkpoint::table.find(size).select($checkpoint::note).first(conn).optional()
            }

            fn cosignatures(conn: &mut Conn, sizes: Vec<i64>) -> QueryResult<Vec<(i64, String)>> {
                let of = $cosignature::table.filter($cosignature::size.eq_any(sizes));
                of.order(($cosignature::size.asc(), $cosignature::witness.asc())).select(($cosignature::size, $cosignature::line)).load(conn)
            }

            fn add_cosignature(conn: &mut Conn, size: i64, witness: &str, line: &str) -> QueryResult<()> {
                let said = $cosignature::table.find((size, witness)).select($cosignature::size).first::<i64>(conn).optional()?;
                if said.is_none() {
                    let row = ($cosignature::size.eq(size), $cosignature::witness.eq(witness), $cosignature::line.eq(line));
                    diesel::insert_into($cosignature::table).values(row).execute(conn)?;
                }
                Ok(())
            }

            fn pruned(conn: &mut Conn) -> QueryResult<i64> {
                let upto: Option<i64> = $prune::table.select(diesel::dsl::max($prune::upto)).first(conn)?;
                Ok(upto.unwrap_or_default())
            }

            fn leaves(conn: &mut Conn, indexes: Vec<i64>) -> QueryResult<Vec<(i64, Vec<u8>)>> {
                $leaf::table.filter($leaf::idx.eq_any(indexes)).load(conn)
            }

            fn of_kind(conn: &mut Conn, kind: &'static str) -> QueryResult<Vec<(i64, String)>> {
                $entry::table.filter($entry::kind.eq(kind)).order($entry::idx.asc()).select(($entry::idx, $entry::body)).load(conn)
            }

            fn count(conn: &mut Conn, chosen: Self::Entries) -> QueryResult<i64> {
                chosen.count().get_result(conn)
            }

            fn places(conn: &mut Conn, chosen: Self::Entries, limit: i64) -> QueryResult<Vec<i64>> {
                chosen.limit(limit).select($entry::idx).load(conn)
            }

            fn page(conn: &mut Conn, chosen: Self::Entries, limit: i64) -> QueryResult<Vec<(i64, String)>> {
                chosen.limit(limit).select(($entry::idx, $entry::body)).load(conn)
            }
        }
    };
}

log! {
    /// Every time information left the service, or was refused.
    Disclosures, Log, disclosure_entry, disclosure_leaf, disclosure_subtree, disclosure_checkpoint, disclosure_cosignature, disclosure_prune
}

log! {
    /// Who saw and changed what.
    Accesses, AccessLog, access_entry, access_leaf, access_subtree, access_checkpoint, access_cosignature, access_prune
}
