//! When a task is due, where that changes with what happens.

use diesel::prelude::*;

use super::{NewTask, create};
use crate::authz::{Act, Permit};
use crate::db::error::Result;
use crate::db::schema::task;
use crate::db::stored::{AnyId, Day};
use crate::db::tx::Tx;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::TaskStatus;

/// Such a task about this record is on the list for this day: an open one for another day is moved; what was done for this day is done.
pub fn schedule(tx: &mut Tx<'_>, permit: &Permit<impl Act>, new: NewTask, now: Timestamp) -> Result<()> {
    let same = task::table.filter(task::about_id.eq(AnyId(new.about_id))).filter(task::kind.eq(new.kind));
    let there: Vec<(TaskStatus, Day)> = same.select((task::status, task::due_on)).load(tx.conn)?;
    let open = there.iter().any(|(status, _)| *status == TaskStatus::Open);
    if there.iter().any(|(status, due)| due.0 == new.due_on && (!open || *status == TaskStatus::Open)) {
        return Ok(());
    }
    reschedule(tx, permit, new, now)
}

/// The open task of this kind about this record is due as this one is; if there is none, this one is put on the list.
pub fn reschedule(tx: &mut Tx<'_>, permit: &Permit<impl Act>, new: NewTask, now: Timestamp) -> Result<()> {
    let open = task::table
        .filter(task::about_id.eq(AnyId(new.about_id)))
        .filter(task::kind.eq(new.kind))
        .filter(task::status.eq(TaskStatus::Open));
    let moved = diesel::update(open)
        .set((task::due_on.eq(Day(new.due_on)), task::from_on.eq(new.from_on.map(Day)), task::version.eq(task::version + 1)))
        .execute(tx.conn)?;
    if moved == 0 {
        create(tx, permit, new, now)?;
    }
    Ok(())
}
