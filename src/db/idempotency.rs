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
    let place = idempotency::table.find((permit.staff(), request.route.as_str(), request.key.as_str()));
    diesel::delete(place.filter(idempotency::created_at.lt(a_day_before(now)))).execute(tx.conn).map_err(Error::from)?;
    let kept = place.select((idempotency::fingerprint, idempotency::resource_id)).first::<(Vec<u8>, AnyId)>(tx.conn);
    let kept = kept.optional().map_err(Error::from)?;
    if let Some((fingerprint, id)) = kept {
        if fingerprint != request.fingerprint {
            return Err(Error::KeyReused.into());
        }
        tx.repeats();
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
            idempotency::about_id.eq(about(&request.route)),
            idempotency::created_at.eq(now),
        ))
        .execute(tx.conn)
        .map_err(Error::from)?;
    Ok(Created { value: made, replayed: false })
}

/// The record whose path a request was sent to, if it names one.
fn about(route: &str) -> Option<AnyId> {
    route.split('/').find_map(|part| part.parse().ok()).map(AnyId)
}

fn a_day_before(now: Timestamp) -> Timestamp {
    now.utc().checked_sub_days(Days::new(1)).map_or(now, Timestamp::new)
}

/// Forgets requests that made one of these, or were sent to the path of one.
pub(super) fn forget_those_of(tx: &mut Tx<'_>, ids: &[AnyId]) -> Result<()> {
    diesel::delete(idempotency::table.filter(idempotency::resource_id.eq_any(ids.to_vec()))).execute(tx.conn)?;
    diesel::delete(idempotency::table.filter(idempotency::about_id.eq_any(ids.to_vec()))).execute(tx.conn)?;
    Ok(())
}

/// Forgets the keys that no longer count, of everybody; it needs no permit, as it shows and changes nothing of the record. A request forgets
/// its own alone: where several write at once, they would wait for each other to forget the same.
pub fn forget(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    diesel::delete(idempotency::table.filter(idempotency::created_at.lt(a_day_before(now)))).execute(tx.conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::act;
    use crate::db::testing::{Scratch, now, permit};
    use crate::domain::ids::PersonId;

    #[test]
    fn what_is_older_than_a_day_is_forgotten_whosever_it_is() {
        let scratch = Scratch::new();
        for (name, hours) in [("Jo Ashdown", 25), ("Kim Birch", 23)] {
            let leave = permit::<act::PersonCreate>(&scratch.adviser(name));
            let request = Idempotency { route: "POST /people".to_owned(), key: "any-key-of-theirs".to_owned(), fingerprint: [1; 32] };
            let then = Timestamp::from_micros(now().micros() - hours * 3_600_000_000).unwrap();
            scratch
                .write(move |tx| once(tx, &leave, Some(&request), then, |_| Ok::<_, Error>(PersonId::mint())).map(|made| made.replayed))
                .unwrap();
        }
        let left = scratch
            .write(|tx| {
                forget(tx, now())?;
                Ok(idempotency::table.select(idempotency::created_at).load::<Timestamp>(tx.conn)?)
            })
            .unwrap();
        assert_eq!(left.into_iter().map(|at| now().micros() - at.micros()).collect::<Vec<_>>(), [23 * 3_600_000_000]);
    }
}
