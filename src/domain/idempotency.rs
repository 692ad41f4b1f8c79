//! A request that may be sent again (`Idempotency-Key`).

/// What tells a repeated request from a new one. It is kept 24 hours, together with the change, and belongs to one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The operation and its path.
    pub route: String,
    /// The client's key.
    pub key: String,
    /// A keyed digest of the body, so that a key is not used for two requests.
    pub fingerprint: [u8; 32],
}

/// Something that was made, now or by an earlier request with the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created<T> {
    /// What was made, as it is now.
    pub value: T,
    /// Whether an earlier request made it.
    pub replayed: bool,
}
