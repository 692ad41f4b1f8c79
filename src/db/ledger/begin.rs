//! How a deployment is opened: its identity, and the keys it was opened with.

use diesel::prelude::*;

use super::{Disclosures, Log};
use crate::db::error::{Error, Result};
use crate::db::schema::deployment;
use crate::db::stored::AnyId;
use crate::db::tx::Tx;
use crate::domain::time::Timestamp;

/// The public names of the keys a deployment is opened with.
#[derive(Clone, Debug)]
pub struct KeyNames {
    /// That of the blind indexes.
    pub index: String,
    /// That which signs the logs.
    pub log: String,
    /// That which signed them before, while both sign.
    pub old_log: Option<String>,
}

/// How a deployment is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// For the first time: its identity.
    Now(uuid::Uuid),
    /// As before.
    Before,
    /// With another key that signs, beside the one before: the logs must say so.
    Rotated,
}

/// Gives the deployment its identity, if it has none, and keeps the names of its keys. A deployment that was opened with other keys is corrupt: what
/// it holds could not be read, found or signed for. The key that signs may be another one only together with the one before.
///
/// It needs no permit: it runs once, at start-up, before anybody can call.
pub fn begin(tx: &mut Tx<'_>, keys: &KeyNames, now: Timestamp) -> Result<Begun> {
    tx.conn.lock(Disclosures::END)?;
    let named = |log: &str| format!("{} {log}", keys.index);
    let known: Option<String> = deployment::table.select(deployment::keys).first(tx.conn).optional()?;
    match known {
        Some(known) if known == named(&keys.log) => Ok(Begun::Before),
        Some(known) if keys.old_log.as_deref().is_some_and(|old| known == named(old)) => {
            diesel::update(deployment::table).set(deployment::keys.eq(named(&keys.log))).execute(tx.conn)?;
            Ok(Begun::Rotated)
        }
        Some(_) => Err(Error::Corrupt("key")),
        None => {
            let id = uuid::Uuid::now_v7();
            diesel::insert_into(deployment::table)
                .values((
                    deployment::singleton.eq(1),
                    deployment::id.eq(AnyId(id)),
                    deployment::keys.eq(named(&keys.log)),
                    deployment::created_at.eq(now),
                ))
                .execute(tx.conn)?;
            Ok(Begun::Now(id))
        }
    }
}
