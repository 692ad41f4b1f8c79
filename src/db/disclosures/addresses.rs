//! Where a disclosure and its copies went, of those who take part, as it was then: a contact may be changed or taken away afterwards. Each address is of the
//! case in which it is known, and shown to those who see that (C1).

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::authz::{Act, Permit};
use crate::db::error::Result;
use crate::db::schema::disclosure_address;
use crate::db::sealed::{Cell, Owner};
use crate::db::tx::Tx;
use crate::db::{people, scope};
use crate::domain::disclosure::{DisclosureContent, SentTo};
use crate::domain::ids::{AddressId, CaseId, ContactId, DisclosureId};

#[derive(Queryable, Insertable)]
#[diesel(table_name = disclosure_address)]
struct Row {
    id: AddressId,
    disclosure_id: DisclosureId,
    case_id: CaseId,
    sealed: Vec<u8>,
}

fn cell(id: AddressId, case: CaseId) -> Cell {
    Cell::of("disclosure_address", id.0, Owner::Case(case))
}

/// Keeps where it goes: to this contact of the recipient, if it is known to which; and each copy to the one that it names.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    permit: &Permit<impl Act>,
    (disclosure_id, case_id): (DisclosureId, CaseId),
    content: &DisclosureContent,
    to: Option<ContactId>,
) -> Result<()> {
    let copies = content.copies.iter().map(|copy| (copy.person_id, Some(copy.contact_id)));
    let sent: Vec<_> = content.recipient.person_id.map(|person| (person, to)).into_iter().chain(copies).collect();
    let mut known_in: BTreeMap<CaseId, Vec<SentTo>> = BTreeMap::new();
    for (case, sent_to) in people::addresses(tx, permit.scope(), case_id, &sent, content.channel)? {
        known_in.entry(case).or_default().push(sent_to);
    }
    tx.fetch_keys(known_in.keys().copied().map(Owner::Case))?;
    for (case_id, addresses) in known_in {
        let id = AddressId::mint();
        let row = Row { id, disclosure_id, case_id, sealed: tx.seal(cell(id, case_id), &addresses)? };
        diesel::insert_into(disclosure_address::table).values(row).execute(tx.conn)?;
    }
    Ok(())
}

/// Where it went, as far as that is known in a case in scope.
pub(super) fn of(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: DisclosureId) -> Result<Vec<SentTo>> {
    let known = disclosure_address::table.filter(disclosure_address::disclosure_id.eq(id));
    let known = known.filter(disclosure_address::case_id.eq_any(scope::cases(permit.scope()))).order(disclosure_address::id.asc());
    let rows: Vec<Row> = known.load(tx.conn)?;
    tx.shows(rows.iter().map(|row| row.case_id));
    let mut all = Vec::new();
    for row in rows {
        all.extend(tx.open::<Vec<SentTo>>(cell(row.id, row.case_id), &row.sealed)?);
    }
    Ok(all)
}
