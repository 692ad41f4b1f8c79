//! The files of extracts for legal proceedings (C15), sealed like what they hold. A row says that they were asked for; whether those in it are of the
//! extract as it is now, the digest in it tells. So no restart and no change of the items leaves wrong ones behind.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::conn::RowLock;
use super::error::Result;
use super::legal_extracts::Draft;
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
    pub of: String,
    /// The files; none, if they could not be made.
    pub files: Option<Vec<File>>,
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
    let nothing = tx.seal(cell(extract.id, extract.case_id), &None::<Made>)?;
    match of(tx, permit, extract)? {
        None => {
            let row = Row { id: extract.id, case_id: extract.case_id, sealed: nothing, created_at: now };
            diesel::insert_into(legal_bundle::table).values(row).execute(tx.conn)?;
        }
        Some(Bundle { made: Some(Made { files: None, .. }), .. }) => {
            diesel::update(legal_bundle::table.find(extract.id)).set(legal_bundle::sealed.eq(nothing)).execute(tx.conn)?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// Keeps what came of making them.
pub fn keep(tx: &mut Tx<'_>, _permit: &Permit<act::LegalRequestBundle>, (id, case_id): (DisclosureId, CaseId), made: Made) -> Result<()> {
    let sealed = tx.seal(cell(id, case_id), &Some(made))?;
    diesel::update(legal_bundle::table.find(id)).set(legal_bundle::sealed.eq(sealed)).execute(tx.conn)?;
    Ok(())
}
