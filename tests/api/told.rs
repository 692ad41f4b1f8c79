//! What this process tells of itself. One subscriber hears a whole process, so those tests that ask what is told share this one; with it they hear
//! what the tests beside them make the service tell, too, which is to name nobody either.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How many lines were told, by the service and by all that it is built upon.
pub static LINES: AtomicUsize = AtomicUsize::new(0);

/// The lines of anybody in which there is a canary.
pub static MARKED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// All that the service itself told.
pub static OURS: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Begins to listen to all that is traced, however much an operator would ask for. Another test of this process may have begun already; nobody else does.
pub fn listen() {
    drop(tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(Listeners).try_init());
}

struct Listeners;

impl MakeWriter<'_> for Listeners {
    type Writer = Listener;

    fn make_writer(&self) -> Listener {
        Listener { ours: false }
    }

    fn make_writer_for(&self, event: &Metadata<'_>) -> Listener {
        Listener { ours: event.target().starts_with("sendiass") }
    }
}

struct Listener {
    ours: bool,
}

impl Write for Listener {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LINES.fetch_add(1, Ordering::Relaxed);
        if !crate::canaries::finds(line, crate::canaries::MARK).is_empty() {
            MARKED.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
        }
        if self.ours {
            OURS.lock().unwrap().extend(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
