//! A log as a file, for those who keep it or check it with tools of their own (C3, C10, C13).

use std::sync::Arc;

use super::disclosure_log::covered;
use super::{App, Result};
use crate::authz::{Act, Permit, act};
use crate::db::ledger::{self, Accesses, Disclosures, Log, access};
use crate::db::{self, Db, Tx};
use crate::domain::access_log::AccessFilter;
use crate::domain::log::{LogFilter, LogRange, LogRow, LogSpan};
use crate::domain::page::{After, Page, PageRequest};

/// So many entries are read at a time.
const BATCH: u32 = 1000;

type Read = dyn Fn(&mut Tx<'_>, i64, &PageRequest) -> db::Result<Page<LogRow>> + Send + Sync;

/// A log that is being exported, oldest entry first, as it was at one size.
pub struct LogExport {
    /// What it covers.
    pub range: LogRange,
    db: Db,
    read: Arc<Read>,
    ready: Option<Page<LogRow>>,
    after: Option<After>,
}

impl std::fmt::Debug for LogExport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogExport({:?})", self.range)
    }
}

impl LogExport {
    /// The next entries; none after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<LogRow>>> {
        let page = match (self.ready.take(), self.after) {
            (Some(page), _) => page,
            (None, None) => return Ok(None),
            (None, after) => {
                let (read, size) = (self.read.clone(), self.range.tree_size);
                self.db.read(move |tx| read(tx, size, &batch(after))).await?
            }
        };
        self.after = page.next;
        Ok(Some(page.items))
    }
}

fn batch(after: Option<After>) -> PageRequest {
    PageRequest { limit: BATCH, after, include_total: false }
}

impl App {
    /// The entries of the log that the filter asks for.
    pub async fn export_log(&self, permit: Permit<act::DisclosureLogExport>, filter: LogFilter) -> Result<LogExport> {
        let span = filter.span.clone();
        self.export::<Disclosures, _>(permit, span, move |tx, permit, size, page| ledger::list(tx, permit, &filter, size, page)).await
    }

    /// The entries of the access log that the filter asks for. This request comes after them.
    pub async fn export_access_log(&self, permit: Permit<act::AccessLogExport>, filter: AccessFilter) -> Result<LogExport> {
        let span = filter.span.clone();
        self.export::<Accesses, _>(permit, span, move |tx, permit, size, page| access::list(tx, permit, &filter, size, page)).await
    }

    /// The access log tells of it before the first entry is handed out. Each batch is looked for as a page of the list is: in the caller's scope.
    async fn export<L: Log, A: Act>(
        &self,
        permit: Permit<A>,
        span: LogSpan,
        read: impl Fn(&mut Tx<'_>, &Permit<A>, i64, &PageRequest) -> db::Result<Page<LogRow>> + Send + Sync + 'static,
    ) -> Result<LogExport> {
        let kept = permit.clone();
        let read: Arc<Read> = Arc::new(move |tx, size, page| read(tx, &kept, size, page));
        let first = read.clone();
        let begin = move |tx: &mut Tx<'_>, _: &Permit<A>| {
            let range = covered::<L>(tx, &span, None)?;
            let ready = first(tx, range.tree_size, &batch(None))?;
            Ok((range, ready))
        };
        let (range, ready) = self.look(permit, begin).await?;
        Ok(LogExport { range, db: self.db.clone(), read, ready: Some(ready), after: None })
    }
}
