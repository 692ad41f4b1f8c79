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
    /// The first request with this key still runs.
    InProgress,
    /// Too much waits already.
    Busy,
    /// A stored value, ciphertext or key is not what was written.
    Corrupt(&'static str),
    /// The database does not answer.
    Unavailable,
    /// What was done cannot be logged, so it was not done.
    NotLogged(Box<Self>),
    /// A use case panicked; nothing was written.
    Panicked,
    /// Anything else; for the operator's log only.
    Other(diesel::result::Error),
}

/// Whether an error is the answer to what was asked, or a failure of the service itself.
pub trait Refusing {
    /// Somebody asked for what they do not get.
    fn is_refusal(&self) -> bool;
}

impl Refusing for Error {
    fn is_refusal(&self) -> bool {
        match self {
            Self::NotFound | Self::AccessReasonRequired | Self::Stale { .. } | Self::KeyReused => true,
            Self::Conflict
            | Self::InProgress
            | Self::Busy
            | Self::Corrupt(_)
            | Self::Unavailable
            | Self::NotLogged(_)
            | Self::Panicked
            | Self::Other(_) => false,
        }
    }
}

/// What a database says, in words alone, when somebody else was in the way. (`docs/postgresql-roles.sql` has the server say it in English.)
const HELD_UP: &[&str] = &["due to lock timeout", "due to statement timeout", "deadlock detected", "database is locked"];

/// What it says when it cannot write or be asked just now.
const GONE: &[&str] = &[
    "disk is full",
    "disk I/O error",
    "unable to open database file",
    "readonly database",
    "No space left on device",
    // As much as there was room for.
    "wrote only",
    "terminating connection",
    "shutting down",
    "starting up",
    "in recovery mode",
    "server closed the connection",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "SSL connection has been closed",
];

/// In the message or its details: that a file of the server could not be written stands in either.
fn says(told: &dyn diesel::result::DatabaseErrorInformation, any: &[&str]) -> bool {
    any.iter().any(|words| told.message().contains(words) || told.details().is_some_and(|details| details.contains(words)))
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as E};
        match error {
            E::NotFound => Self::NotFound,
            E::DatabaseError(DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::SerializationFailure, _) => Self::Conflict,
            // A server that only reads is about to take another's place, or to give up its own.
            E::DatabaseError(
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ReadOnlyTransaction,
                _,
            )
            | E::BrokenTransactionManager => Self::Unavailable,
            E::DatabaseError(DatabaseErrorKind::Unknown, told) if says(&*told, HELD_UP) => Self::Busy,
            E::DatabaseError(DatabaseErrorKind::Unknown, told) if says(&*told, GONE) => Self::Unavailable,
            E::DeserializationError(_) => Self::Corrupt("column"),
            other => Self::Other(other),
        }
    }
}

/// The error of a use case that talks to the database.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as E};

    use super::Error;

    /// What a server says, and the details of it.
    struct Told(&'static str, Option<&'static str>);

    impl DatabaseErrorInformation for Told {
        fn message(&self) -> &str {
            self.0
        }
        fn details(&self) -> Option<&str> {
            self.1
        }
        fn hint(&self) -> Option<&str> {
            None
        }
        fn table_name(&self) -> Option<&str> {
            None
        }
        fn column_name(&self) -> Option<&str> {
            None
        }
        fn constraint_name(&self) -> Option<&str> {
            None
        }
        fn statement_position(&self) -> Option<i32> {
            None
        }
    }

    #[test]
    fn a_server_that_cannot_write_is_away_in_whatever_words_it_says_so() {
        for (message, details) in [
            ("could not write to file \"pg_wal/xlogtemp.7\": No space left on device", None),
            ("could not extend file \"base/5/16384\": wrote only 4096 of 8192 bytes at block 7", None),
            (
                "could not access status of transaction 0",
                Some("Could not write to file \"pg_xact/0000\" at offset 0: No space left on device."),
            ),
        ] {
            let told = E::DatabaseError(DatabaseErrorKind::Unknown, Box::new(Told(message, details)));
            assert!(matches!(Error::from(told), Error::Unavailable), "{message}");
        }
        let other = E::DatabaseError(DatabaseErrorKind::Unknown, Box::new(Told("could not access status of transaction 0", None)));
        assert!(matches!(Error::from(other), Error::Other(_)), "what is damaged does not come back by waiting");
    }
}
