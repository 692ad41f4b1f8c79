//! Who calls: the service itself, and those who come with a token.

use std::time::Instant;

use super::{App, Result};
use crate::authz::Caller;
use crate::authz::token::Verified;
use crate::clock::Clock;
use crate::db::staff::SERVICE;
use crate::db::{self, Tx, idempotency, staff};
use crate::domain::ids::{RequestId, StaffId};

/// The service's own place among the staff, for what it does by itself.
pub(super) fn service(tx: &mut Tx<'_>) -> db::Result<StaffId> {
    staff::enter(tx, SERVICE, "service", "The service", staff::CameAs::of(&[]), Clock::real())?;
    staff::service(tx)
}

impl App {
    /// Forgets what is kept for a day, or an hour, only.
    pub async fn tidy(&self) -> Result<()> {
        self.reading.forget(Instant::now());
        self.db.write(|tx| Ok(idempotency::forget(tx, Clock::real())?)).await.map(drop)
    }

    /// Gives entries of the access log that wait on a server their places, as soon as some do.
    pub async fn sequence(&self) -> Result<()> {
        self.db.entry_waits().await;
        Ok(self.db.sequence().await?)
    }

    /// The same now.
    pub async fn sequence_now(&self) -> Result<()> {
        Ok(self.db.sequence().await?)
    }

    /// The caller behind a valid token; nobody, if they are disabled, or the token was revoked. A row is made at the first token.
    pub async fn admit(&self, token: Verified) -> Result<Option<Caller>> {
        let (name, came_as) = (token.display_name.0.clone(), staff::CameAs::of(&token.roles));
        let (issuer, subject, id) = (token.issuer.clone(), token.subject.clone(), token.token_id.clone());
        let mut standing = self.db.read(move |tx| staff::standing(tx, &issuer, &subject, &id)).await?;
        if standing.as_ref().is_none_or(|known| known.display_name != name || known.came_as != came_as) {
            let (issuer, subject, id) = (token.issuer.clone(), token.subject.clone(), token.token_id.clone());
            let (entered, _) = self
                .db
                .write(move |tx| {
                    staff::enter(tx, &issuer, &subject, &name, came_as, Clock::real())?;
                    staff::standing(tx, &issuer, &subject, &id)
                })
                .await?;
            standing = entered;
        }
        Ok(standing.filter(|known| !known.disabled && !known.revoked && known.not_before.is_none_or(|from| token.issued_at >= from)).map(
            |known| Caller {
                staff: known.id,
                display_name: known.display_name,
                roles: token.roles,
                access_reason: None,
                request: RequestId::mint(),
                operation: "".into(),
                token_expires_at: token.expires_at,
            },
        ))
    }
}
