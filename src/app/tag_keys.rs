//! Lending the tag key of a case to an auditor (C13), who then needs not believe the service which entries are about the case.

use super::{App, Error, Result};
use crate::authz::{Permit, act};
use crate::db::ledger::access::tag_key;
use crate::domain::tag_key::{NewTagKey, TagKey};

impl App {
    /// The tag key of a case in scope. The access log tells for which audit it was lent, before it is.
    pub async fn lend_tag_key(&self, permit: Permit<act::DisclosureLogLend>, asked: NewTagKey) -> Result<TagKey> {
        self.look(permit, move |tx, permit| {
            let key = tag_key(tx, permit, asked.case_id, &asked.audit_reference).map_err(Error::of_named_case)?;
            Ok(TagKey { case_id: asked.case_id, audit_reference: asked.audit_reference, tag_key: key.text().to_string() })
        })
        .await
    }
}
