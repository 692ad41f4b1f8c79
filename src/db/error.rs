//! What can go wrong in the database, as far as those above must tell it apart.

/// A stored value that does not read as what it should be. It names the kind of value, never the value.
#[derive(Debug)]
pub struct Unreadable(pub &'static str);

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a stored {} cannot be read", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// A failure of the database.
#[derive(Debug)]
pub enum Error {
    /// No such record, or outside the caller's scope: the two are not told apart.
    NotFound,
    /// The case is restricted, and a service manager gave no reason for opening it (C4).
    AccessReasonRequired,
    /// The record has another version by now.
    Stale {
        /// The version it has.
        current: i32,
    },
    /// A unique key or a guard was in the way; the whole transaction may be tried again.
    Conflict,
    /// The key was used for another request.
    KeyReused,
    /// Too much waits already.
    Busy,
    /// A stored value, ciphertext or key is not what was written.
    Corrupt(&'static str),
    /// The database does not answer.
    Unavailable,
    /// A use case panicked; nothing was written.
    Panicked,
    /// Anything else; for the operator's log only.
    Other(diesel::result::Error),
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as E};
        match error {
            E::NotFound => Self::NotFound,
            E::DatabaseError(DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::SerializationFailure, _) => Self::Conflict,
            E::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _) => Self::Unavailable,
            E::DeserializationError(_) => Self::Corrupt("column"),
            other => Self::Other(other),
        }
    }
}

/// The error of a use case that talks to the database.
pub type Result<T> = std::result::Result<T, Error>;
