//! How the service fares, for the operator.

use std::time::Duration;

use super::App;
use crate::clock::Clock;
use crate::db::{self, Load, health};

impl App {
    /// Whether the service could do its work now: the log can be read, and a commit reaches the disk. It takes as long as the database does.
    /// Keys and migrations were checked before anything could be asked, and this fails without their tables.
    pub async fn can_work(&self) -> bool {
        let tried = self.db.write(|tx| health::probe(tx, Clock::real())).await;
        let tried: db::Result<_> = tried.inspect_err(|error| tracing::warn!(cause = ?error, "the database cannot be used"));
        tried.is_ok() && self.db.takes_entries()
    }

    /// What the database has to do.
    #[must_use]
    pub fn load(&self) -> Load {
        self.db.load()
    }

    /// Returns when no write waits or runs any more: whoever asked for one may have gone away, but what was begun is finished.
    pub async fn settled(&self) {
        while self.load().writes > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
