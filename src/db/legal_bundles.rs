//! The files of extracts for legal proceedings (C15), sealed like what they hold. A row says that they were asked for; whether those in it are of the
//! extract as it is now, the digest in it tells. So no restart and no change of the items leaves wrong ones behind. A file that is of the extract is
//! never made again: it may be the one that left.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::RowLock;
use super::error::Result;
use super::legal_extracts::{self, Draft};
use super::schema::legal_bundle;
use super::sealed::{Cell, Owner};
use super::tx::Tx;
use crate::authz::{Act, Permit, act};
use crate::domain::ids::{CaseId, DisclosureId, PersonId};
use crate::domain::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = legal_bundle)]
struct Row {
    id: DisclosureId,
    case_id: CaseId,
    sealed: Vec<u8>,
    created_at: Timestamp,
}

/// What came of making the files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Made {
    /// The digest of the extract they were made of.
    pub of: [u8; 32],
    /// Those that are there: that of the officer, and, once it was sent, one with each copy.
    pub files: Vec<File>,
    /// Whether those that are not there could not be made.
    pub failed: bool,
}

impl Made {
    /// The file of the officer, or that of somebody's copy.
    #[must_use]
    pub fn file(&self, copy_to: Option<PersonId>) -> Option<&File> {
        self.files.iter().find(|file| file.copy_to == copy_to)
    }
}

/// One file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct File {
    /// Whose copy it is; nobody's, if it is that of the officer.
    pub copy_to: Option<PersonId>,
    /// The file, in Base64.
    pub bytes: String,
}

/// The files of an extract, as they were asked for.
#[derive(Debug)]
pub struct Bundle {
    /// When they were first asked for.
    pub asked_at: Timestamp,
    /// What came of it, if something did.
    pub made: Option<Made>,
}

fn cell(id: DisclosureId, case_id: CaseId) -> Cell {
    Cell::of("legal_bundle", id.0, Owner::Case(case_id))
}

/// The files of this extract, if they were asked for. Whoever has the extract has found its case in scope.
pub fn of(tx: &mut Tx<'_>, _permit: &Permit<impl Act>, extract: &Draft) -> Result<Option<Bundle>> {
    let row: Option<Row> = legal_bundle::table.find(extract.id).first(tx.conn).optional()?;
    let Some(Row { id, case_id, sealed, created_at }) = row else { return Ok(None) };
    Ok(Some(Bundle { asked_at: created_at, made: tx.open(cell(id, case_id), &sealed)? }))
}

/// Notes that the files of this extract are asked for. What could not be made is tried again.
pub fn ask(tx: &mut Tx<'_>, permit: &Permit<act::LegalRequestBundle>, extract: &Draft, now: Timestamp) -> Result<()> {
    // Two ask one after the other.
    tx.hold(RowLock::Case, extract.case_id.0)?;
    match of(tx, permit, extract)? {
        None => {
            let sealed = tx.seal(cell(extract.id, extract.case_id), &None::<Made>)?;
            let row = Row { id: extract.id, case_id: extract.case_id, sealed, created_at: now };
            diesel::insert_into(legal_bundle::table).values(row).execute(tx.conn)?;
            Ok(())
        }
        Some(Bundle { made: Some(made), .. }) if made.failed => {
            put(tx, (extract.id, extract.case_id), Some(&Made { failed: false, ..made }))
        }
        Some(_) => Ok(()),
    }
}

/// Keeps what came of making them beside what there is, unless it is of something that the extract is not any more.
pub fn keep(tx: &mut Tx<'_>, permit: &Permit<act::LegalRequestBundle>, (id, case_id): (DisclosureId, CaseId), made: Made) -> Result<()> {
    // The extract stays as it is until this is kept.
    tx.hold(RowLock::Case, case_id.0)?;
    let Some(extract) = legal_extracts::by_id(tx, permit, id)? else { return Ok(()) };
    let Some(bundle) = of(tx, permit, &extract)? else { return Ok(()) };
    if extract.digest()? != made.of {
        return Ok(());
    }
    let mut files = bundle.made.filter(|there| there.of == made.of).map(|there| there.files).unwrap_or_default();
    let new: Vec<File> = made.files.into_iter().filter(|new| files.iter().all(|there| there.copy_to != new.copy_to)).collect();
    files.extend(new);
    put(tx, (id, case_id), Some(&Made { files, ..made }))
}

/// Leaves nothing of the files of an extract but that they were asked for.
pub(super) fn empty(tx: &mut Tx<'_>, id: DisclosureId, case_id: CaseId) -> Result<()> {
    put(tx, (id, case_id), None)
}

fn put(tx: &mut Tx<'_>, (id, case_id): (DisclosureId, CaseId), made: Option<&Made>) -> Result<()> {
    let sealed = tx.seal(cell(id, case_id), &made)?;
    diesel::update(legal_bundle::table.find(id)).set(legal_bundle::sealed.eq(sealed)).execute(tx.conn)?;
    Ok(())
}
