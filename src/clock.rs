//! The clock. Time is an argument everywhere below; this is where it comes from.

use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::time::Timestamp;

#[derive(Clone, Copy, Debug)]
enum Setting {
    System,
    /// Runs on from here, so many microseconds away from the system clock.
    Shifted(i64),
    Frozen(Timestamp),
}

/// The clock of the domain: the system's, unless the demonstration set it. Tokens and idempotency keep to the system clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Setting>>);

impl Clock {
    /// The system clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Mutex::new(Setting::System)))
    }

    /// A clock that stands still.
    #[must_use]
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Setting::Frozen(at))))
    }

    /// The time of the domain.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let setting = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match setting {
            Setting::System => Self::real(),
            Setting::Shifted(by) => Timestamp::from_micros(Self::real().micros().saturating_add(by)).unwrap_or_else(Self::real),
            Setting::Frozen(at) => at,
        }
    }

    /// The time of the system, which tokens are judged by.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the system clock is read")]
    pub fn real() -> Timestamp {
        Timestamp::new(chrono::Utc::now())
    }

    /// Sets the clock; it then stands still or runs on.
    pub fn set(&self, now: Timestamp, frozen: bool) {
        let setting = if frozen { Setting::Frozen(now) } else { Setting::Shifted(now.micros() - Self::real().micros()) };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = setting;
    }
}
