//! A change to a record by merge (RFC 7396): it needs the record as it is, so it runs inside the transaction that writes it.

use super::fault::Fault;

/// From what a client may write of a record as it is now, to what it shall be; or what is wrong with that.
pub type Merge<T> = Box<dyn FnOnce(&T) -> Result<T, Vec<Fault>> + Send>;
