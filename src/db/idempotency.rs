//! Repeated requests: the result of the first is remembered in the transaction of its change.

use chrono::Days;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::conn::Lock;
use super::error::{Error, Result};
use super::schema::idempotency;
use super::stored::AnyId;
use super::tx::Tx;
use crate::authz::{Act, Permit};
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::Identifier;
use crate::domain::time::Timestamp;

/// Makes something once: a repeated request with the same key and body gets the id that the first one got.
///
/// `now` is the time of the system: the 24 hours of a key are the client's, not those of a clock that was set.
pub fn once<I: Identifier, E: From<Error>>(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    request: Option<&Idempotency>,
    now: Timestamp,
    create: impl FnOnce(&mut Tx<'_>) -> std::result::Result<I, E>,
) -> std::result::Result<Created<I>, E> {
    let Some(request) = request else { return Ok(Created { value: create(tx)?, replayed: false }) };
    let mut place = Sha256::new();
    for part in [permit.staff().0.as_bytes().as_slice(), request.route.as_bytes(), request.key.as_bytes()] {
        place.update(part.len().to_be_bytes());
        place.update(part);
    }
    let [a, b, c, d, ..] = <[u8; 32]>::from(place.finalize());
    tx.conn.lock(Lock::Request(i32::from_be_bytes([a, b, c, d]))).map_err(|error| match error {
        Error::Busy => Error::InProgress,
        other => other,
    })?;
    let yesterday = now.utc().checked_sub_days(Days::new(1)).map_or(now, Timestamp::new);
    let place = (permit.staff(), request.route.as_str(), request.key.as_str());
    let kept: Option<(Vec<u8>, AnyId)> = forget(tx, yesterday).and_then(|()| {
        Ok(idempotency::table.find(place).select((idempotency::fingerprint, idempotency::resource_id)).first(tx.conn).optional()?)
    })?;
    if let Some((fingerprint, id)) = kept {
        if fingerprint != request.fingerprint {
            return Err(Error::KeyReused.into());
        }
        return Ok(Created { value: I::from_uuid(id.0), replayed: true });
    }
    let made = create(tx)?;
    diesel::insert_into(idempotency::table)
        .values((
            idempotency::actor_id.eq(permit.staff()),
            idempotency::route.eq(&request.route),
            idempotency::key.eq(&request.key),
            idempotency::fingerprint.eq(&request.fingerprint[..]),
            idempotency::resource_id.eq(AnyId(made.uuid())),
            idempotency::created_at.eq(now),
        ))
        .execute(tx.conn)
        .map_err(Error::from)?;
    Ok(Created { value: made, replayed: false })
}

fn forget(tx: &mut Tx<'_>, before: Timestamp) -> Result<()> {
    diesel::delete(idempotency::table.filter(idempotency::created_at.lt(before))).execute(tx.conn)?;
    Ok(())
}
