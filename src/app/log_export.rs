//! A log as a file, for those who keep it or check it with tools of their own (C3, C10, C13).

use std::sync::Arc;

use super::checkpoints::Kept;
use super::disclosure_log::covered;
use super::log_proofs::OnLog;
use super::{App, Result};
use crate::authz::{Permit, act};
use crate::db::ledger::{self, access, checkpoints, proofs};
use crate::db::{self, Db, Tx};
use crate::domain::access_log::AccessFilter;
use crate::domain::log::{LogFilter, LogRange, LogRow, LogSpan};
use crate::domain::log_proof::CheckpointRow;
use crate::domain::page::{After, Page, PageRequest};
use crate::ledger::bundle::Head;

/// So many entries are read at a time.
const BATCH: u32 = 1000;

type Read = dyn Fn(&mut Tx<'_>, i64, &PageRequest) -> db::Result<Page<LogRow>> + Send + Sync;

/// A log that is being exported, oldest entry first, as it was at one size.
pub struct LogExport {
    /// What it covers.
    pub range: LogRange,
    /// Of a bundle: what comes before its entries.
    pub head: Option<Vec<u8>>,
    /// Of a bundle: the index that must come next, for none of its range may be missing.
    due: Option<i64>,
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
        if let Some(due) = &mut self.due {
            let gap = page.items.iter().any(|row| row.index != std::mem::replace(due, row.index + 1));
            if gap || (page.next.is_none() && *due != self.range.index_to) {
                return Err(db::Error::Corrupt("log entry").into());
            }
        }
        Ok(Some(page.items))
    }
}

/// These indexes, oldest first.
fn exactly(range: &LogRange) -> LogSpan {
    LogSpan { index_from: Some(range.index_from), index_to: Some(range.index_to), ascending: true, ..LogSpan::default() }
}

fn batch(after: Option<After>) -> PageRequest {
    PageRequest { limit: BATCH, after, include_total: false }
}

impl App {
    /// The entries of the log that the filter asks for.
    pub async fn export_log(&self, permit: Permit<act::DisclosureLogExport>, filter: LogFilter) -> Result<LogExport> {
        let span = filter.span.clone();
        self.export(permit, span, move |tx, permit, size, page| ledger::list(tx, permit, &filter, size, page)).await
    }

    /// The entries of the access log that the filter asks for. This request comes after them.
    pub async fn export_access_log(&self, permit: Permit<act::AccessLogExport>, filter: AccessFilter) -> Result<LogExport> {
        let span = filter.span.clone();
        self.export(permit, span, move |tx, permit, size, page| access::list(tx, permit, &filter, size, page)).await
    }

    /// The access log tells of it before the first entry is handed out. Each batch is looked for as a page of the list is: in the caller's scope.
    async fn export<A: OnLog>(
        &self,
        permit: Permit<A>,
        span: LogSpan,
        read: impl Fn(&mut Tx<'_>, &Permit<A>, i64, &PageRequest) -> db::Result<Page<LogRow>> + Send + Sync + 'static,
    ) -> Result<LogExport> {
        let kept = permit.clone();
        let read: Arc<Read> = Arc::new(move |tx, size, page| read(tx, &kept, size, page));
        let first = read.clone();
        let begin = move |tx: &mut Tx<'_>, _: &Permit<A>| {
            let range = covered::<A::Of>(tx, &span, None)?;
            let ready = first(tx, range.tree_size, &batch(None))?;
            Ok((range, ready))
        };
        let (range, ready) = self.look(permit, begin).await?;
        Ok(LogExport { range, head: None, due: None, db: self.db.clone(), read, ready: Some(ready), after: None })
    }

    /// A part of the log as it was last signed, which is now, with what it takes to check it without the service.
    pub async fn bundle_log(&self, permit: Permit<act::DisclosureLogExport>, span: LogSpan) -> Result<LogExport> {
        let list = |tx: &mut Tx<'_>, permit: &_, span: &LogSpan, size, page: &PageRequest| {
            ledger::list(tx, permit, &LogFilter { span: span.clone(), ..LogFilter::default() }, size, page)
        };
        self.bundle(permit, span, list).await
    }

    /// The same of the access log.
    pub async fn bundle_access_log(&self, permit: Permit<act::AccessLogExport>, span: LogSpan) -> Result<LogExport> {
        let list = |tx: &mut Tx<'_>, permit: &_, span: &LogSpan, size, page: &PageRequest| {
            access::list(tx, permit, &AccessFilter { span: span.clone(), ..AccessFilter::default() }, size, page)
        };
        self.bundle(permit, span, list).await
    }

    async fn bundle<A: OnLog<Of: Kept>>(
        &self,
        permit: Permit<A>,
        span: LogSpan,
        list: impl Fn(&mut Tx<'_>, &Permit<A>, &LogSpan, i64, &PageRequest) -> db::Result<Page<LogRow>> + Copy + Send + Sync + 'static,
    ) -> Result<LogExport> {
        self.sign_now().await?;
        let kept = permit.clone();
        let begin = move |tx: &mut Tx<'_>, permit: &Permit<A>| {
            let newest = checkpoints::newest::<A::Of>(tx)?.ok_or(db::Error::NotFound)?;
            let CheckpointRow { size, note, .. } = checkpoints::rows::<A::Of>(tx, vec![newest])?.pop().ok_or(db::Error::NotFound)?;
            let asked = covered::<A::Of>(tx, &span, Some(size))?;
            // The neighbours of a period show by their times that nothing of it is missing at its ends.
            let index_from = asked.index_from - i64::from(span.from.is_some() && asked.index_from > 0);
            let index_to = asked.index_to + i64::from(span.to.is_some() && asked.index_to < size);
            let range = LogRange { index_from, index_to, ..asked };
            let natural = |number: i64| u64::try_from(number).map_err(|_| db::Error::Corrupt("log index"));
            let proof = proofs::range::<A::Of>(tx, index_from, index_to, size)?;
            let head =
                Head { note: note.into_bytes(), from: natural(index_from)?, to: natural(index_to)?, size: natural(size)?, proof }.write();
            let ready = list(tx, permit, &exactly(&range), size, &batch(None))?;
            Ok((range, head, ready))
        };
        let (range, head, ready) = self.look(permit, begin).await?;
        let span = exactly(&range);
        let read: Arc<Read> = Arc::new(move |tx, size, page| list(tx, &kept, &span, size, page));
        let due = Some(range.index_from);
        Ok(LogExport { range, head: Some(head), due, db: self.db.clone(), read, ready: Some(ready), after: None })
    }
}
