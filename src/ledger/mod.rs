//! The tamper-evident log, pure: no database, no HTTP, no clock.
