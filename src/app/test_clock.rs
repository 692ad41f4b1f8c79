//! The clock of a demonstration.

use super::{App, Error, Result};
use crate::authz::{Permit, act};
use crate::domain::service::TestClock;
use crate::domain::time::Timestamp;

impl App {
    /// Sets the clock of the domain, where the deployment is a demonstration. Tokens and idempotency keep the system clock, and the times
    /// of the logs never go back.
    pub fn set_clock(&self, _permit: &Permit<act::TestClockSet>, now: Timestamp, frozen: bool) -> Result<TestClock> {
        if !self.settings.test_clock {
            return Err(Error::Absent);
        }
        self.clock.set(now, frozen);
        Ok(TestClock { now, frozen })
    }
}
