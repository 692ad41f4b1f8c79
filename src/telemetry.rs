//! What the operator reads: one line an event on standard error, without anything personal.

use tracing::Level;
use tracing_subscriber::EnvFilter;

/// Starts the log at this level, of this service's own events: a library could quote a value. A panic is one event without its message,
/// which could do so, too.
pub fn start(level: Level) {
    let filter = EnvFilter::new(format!("sendiass={level}"));
    // A second start in the same process, as tests do, keeps the first.
    drop(tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).try_init());
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic was caught");
    }));
}
