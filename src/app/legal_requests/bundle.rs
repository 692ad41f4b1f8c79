//! The extract as a file to send (C15): asked for, made beside the request, and fetched. Only what was decided item by item becomes one.
//!
//! Nothing waits for it. Whether there is a file of the extract as it is now is found whenever somebody looks, and if there is none, that look has it
//! made: so a restart in the middle loses nothing, and items that are decided anew leave no stale file. What was made and sent is made no second time:
//! the copies, which are known then, get files beside it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{actions, wrong_state};
use crate::app::receipts::named_in;
use crate::app::{App, Error, Result, Settings, leave};
use crate::authz::{Act, Action, Permit, act};
use crate::db::legal_bundles::{self, Bundle, File, Made};
use crate::db::legal_extracts::{self, Draft};
use crate::db::{self, Tx, legal_requests, notes, recipients};
use crate::domain::disclosure::RefusalRule;
use crate::domain::idempotency::{Created, Idempotency};
use crate::domain::ids::{CaseId, DisclosureId, LegalRequestId, PersonId};
use crate::domain::legal_bundle::{Enclosed, ExtractLetter, LegalBundle};
use crate::domain::legal_request::LegalRequest;
use crate::domain::receipt::Service;
use crate::domain::text::Name;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{BundleStatus, LegalItemDecision, LegalRequestStatus};

/// The extracts of which this process is making files.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Making(Arc<Mutex<BTreeSet<DisclosureId>>>);

/// That one is being made; it ends when this is dropped.
#[derive(Debug)]
struct Claim(Making, DisclosureId);

impl Making {
    fn claim(&self, id: DisclosureId) -> Option<Claim> {
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        new.then(|| Claim(self.clone(), id))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

/// A file to make.
#[derive(Debug)]
pub struct BundleToMake {
    permit: Permit<act::LegalRequestBundle>,
    of: (DisclosureId, CaseId),
    digest: [u8; 32],
    letters: Vec<ExtractLetter>,
    _claim: Claim,
}

impl BundleToMake {
    /// What the letters are to say that are not there yet: that to the officer first, then those with the copies.
    #[must_use]
    pub fn letters(&self) -> &[ExtractLetter] {
        &self.letters
    }
}

/// A request, and its extract as it was decided.
struct Decided {
    request: LegalRequest,
    extract: Draft,
    digest: [u8; 32],
}

/// The extract of a request about a case in scope, once the service manager decided about its items, and unless what it rests on has ended.
fn decided(tx: &mut Tx<'_>, permit: &Permit<impl Act>, id: LegalRequestId, now: Timestamp) -> Result<Decided> {
    use LegalRequestStatus::{Considering, Granted, PermissionSought, Received};
    let request = legal_requests::find(tx, permit, id, now.day())?;
    let of = (request.content.case_id, request.status);
    if request.status == LegalRequestStatus::Blocked {
        return Err(wrong_state(tx, permit, of, None));
    }
    let Some(extract) = legal_extracts::decided_of(tx, permit, id)? else {
        let undecided = matches!(request.status, Received | Considering | PermissionSought | Granted);
        return Err(wrong_state(tx, permit, of, undecided.then_some(RefusalRule::NotDecided)));
    };
    match notes::for_disclosure(tx, permit, extract.case_id, &extract.extract.disclosure.note_ids) {
        Ok(_) => {}
        // A note that was moved away since is not there any more.
        Err(db::Error::NotFound) => return Err(wrong_state(tx, permit, of, Some(RefusalRule::NoteSuperseded))),
        Err(other) => return Err(other.into()),
    }
    let digest = extract.digest()?;
    Ok(Decided { request, extract, digest })
}

impl Decided {
    /// What was made of the extract as it is now.
    fn made<'b>(&self, bundle: &'b Bundle) -> Option<&'b Made> {
        bundle.made.as_ref().filter(|made| made.of == self.digest)
    }

    /// Whether there is a file of this copy, or that of the officer.
    fn is_made(&self, bundle: &Bundle, copy_to: Option<PersonId>) -> bool {
        self.made(bundle).is_some_and(|made| made.file(copy_to).is_some())
    }

    fn status(&self, bundle: &Bundle) -> BundleStatus {
        let mut whose = self.extract.extract.copies.iter().map(|copy| Some(copy.person_id)).chain([None]);
        if whose.all(|copy_to| self.is_made(bundle, copy_to)) {
            BundleStatus::Ready
        } else if self.made(bundle).is_some_and(|made| made.failed) {
            BundleStatus::Failed
        } else {
            BundleStatus::Building
        }
    }

    fn shown(&self, bundle: &Bundle) -> LegalBundle {
        let (legal_request_id, disclosure_id) = (self.request.id, self.extract.id);
        let copy_person_ids = self.extract.extract.copies.iter().map(|copy| copy.person_id).collect();
        LegalBundle { legal_request_id, disclosure_id, status: self.status(bundle), asked_at: bundle.asked_at, copy_person_ids }
    }

    /// The letter to the officer, and one with each copy: it holds what its receiver may have (R15).
    fn letters(&self, tx: &mut Tx<'_>, permit: &Permit<impl Act>, settings: &Settings, now: Timestamp) -> Result<Vec<ExtractLetter>> {
        let officers = self.letter(tx, permit, settings, now)?;
        let mut letters = vec![officers.clone()];
        for copy in &self.extract.extract.copies {
            let name =
                named_in(tx, permit, self.extract.case_id, &[copy.person_id].into())?.into_values().map(|person| person.name).collect();
            let held = self.extract.extract.content.iter().zip(&officers.enclosed).filter(|((note, _), _)| copy.note_ids.contains(note));
            let enclosed: Vec<Enclosed> = held.map(|(_, enclosed)| enclosed.clone()).collect();
            let left_out = officers.left_out || enclosed.len() < officers.enclosed.len();
            // Whom the rest is about, whoever gets a part of it is not told.
            let copy = ExtractLetter { copy_to: Some((copy.person_id, name)), about: Vec::new(), enclosed, left_out, ..officers.clone() };
            letters.push(copy);
        }
        Ok(letters)
    }

    fn letter(&self, tx: &mut Tx<'_>, permit: &Permit<impl Act>, settings: &Settings, now: Timestamp) -> Result<ExtractLetter> {
        let (asked, extract) = (&self.request.content, &self.extract.extract);
        let body = recipients::find(tx, permit, asked.recipient.recipient_id)?;
        let team = asked.recipient.team_id.and_then(|id| body.teams.iter().find(|team| team.id == id));
        let of = [asked.officer_role.as_ref().map(Name::as_str), team.map(|team| team.name.as_str()), Some(body.content.name.as_str())];
        let mut enclosed = Vec::with_capacity(extract.content.len());
        for (id, words) in &extract.content {
            let note = notes::find(tx, permit, *id)?.content;
            enclosed.push(Enclosed { on: note.occurred_at.day(), categories: note.information_categories, words: words.clone() });
        }
        let about = named_in(tx, permit, self.extract.case_id, &self.extract.subject_ids.iter().copied().collect())?;
        Ok(ExtractLetter {
            copy_to: None,
            service: Service { name: settings.service_name.clone(), contact: settings.service_contact.clone() },
            made_on: now.day(),
            request: self.request.id,
            received_on: asked.received_on,
            officer: asked.officer_name.0.clone(),
            of: of.into_iter().flatten().map(str::to_owned).collect(),
            about: about.into_values().map(|person| person.name).collect(),
            enclosed,
            left_out: extract.items.iter().any(|item| item.decision == LegalItemDecision::LeaveOut),
        })
    }
}

impl App {
    /// How far the file is, and what there is to make of it.
    fn legal_bundle_now(
        &self,
        tx: &mut Tx<'_>,
        permit: &Permit<impl Act>,
        id: LegalRequestId,
        now: Timestamp,
    ) -> Result<(LegalBundle, Option<BundleToMake>)> {
        let decided = decided(tx, permit, id, now)?;
        let bundle = legal_bundles::of(tx, permit, &decided.extract)?.ok_or(Error::Absent)?;
        let shown = decided.shown(&bundle);
        let claim = if shown.status == BundleStatus::Building { self.making.claim(decided.extract.id) } else { None };
        let Some(claim) = claim else { return Ok((shown, None)) };
        let mut letters = decided.letters(tx, permit, &self.settings, now)?;
        letters.retain(|letter| !decided.is_made(&bundle, letter.copy_to.as_ref().map(|(person, _)| *person)));
        let of = (decided.extract.id, decided.extract.case_id);
        Ok((shown, Some(BundleToMake { permit: leave(permit.caller())?, of, digest: decided.digest, letters, _claim: claim })))
    }

    /// Asks for the file of an extract. What is to be made, the caller makes and keeps.
    pub async fn ask_legal_bundle(
        &self,
        permit: Permit<act::LegalRequestBundle>,
        id: LegalRequestId,
        request: Option<Idempotency>,
    ) -> Result<Created<(LegalBundle, Option<BundleToMake>)>> {
        let (now, app) = (self.clock.now(), self.clone());
        let ask = move |tx: &mut Tx<'_>, permit: &Permit<_>| {
            let decided = decided(tx, permit, id, now)?;
            if !actions(decided.request.status).contains(&Action::LegalRequestBundle) {
                return Err(wrong_state(tx, permit, (decided.extract.case_id, decided.request.status), None));
            }
            legal_bundles::ask(tx, permit, &decided.extract, now)?;
            Ok(id)
        };
        self.once(permit, request, ask, move |tx, permit, id| app.legal_bundle_now(tx, permit, id, now)).await
    }

    /// How far the file is. If nobody makes it, because the service was restarted or the items were decided anew, the caller does.
    pub async fn legal_bundle(
        &self,
        permit: Permit<act::LegalRequestRead>,
        id: LegalRequestId,
    ) -> Result<(LegalBundle, Option<BundleToMake>)> {
        let (now, app) = (self.clock.now(), self.clone());
        self.look(permit, move |tx, permit| app.legal_bundle_now(tx, permit, id, now)).await
    }

    /// Keeps the files that were made, one a letter; none, if they could not be. That they were asked for is in the access log, and nobody sees them
    /// by this.
    pub async fn keep_legal_bundle(&self, made: BundleToMake, files: Option<Vec<Vec<u8>>>) -> Result<()> {
        let BundleToMake { permit, of, digest, letters, _claim: claim } = made;
        let receivers = letters.into_iter().map(|letter| letter.copy_to.map(|(person, _)| person));
        let file = |(copy_to, bytes)| File { copy_to, bytes: BASE64_STANDARD.encode::<Vec<u8>>(bytes) };
        let failed = files.is_none();
        let files = receivers.zip(files.unwrap_or_default()).map(file).collect();
        self.db.write(move |tx| legal_bundles::keep(tx, &permit, of, Made { of: digest, files, failed })).await?;
        drop(claim);
        Ok(())
    }

    /// The file of an extract, as the service manager decided about it, or of the copy that goes to this person.
    pub async fn legal_bundle_file(
        &self,
        permit: Permit<act::LegalRequestBundleFile>,
        id: LegalRequestId,
        copy_to: Option<PersonId>,
    ) -> Result<Vec<u8>> {
        let now = self.clock.now();
        self.look(permit, move |tx, permit| {
            let decided = decided(tx, permit, id, now)?;
            let bundle = legal_bundles::of(tx, permit, &decided.extract)?.ok_or(Error::Absent)?;
            let file = decided.made(&bundle).and_then(|made| made.file(copy_to)).ok_or_else(|| match decided.status(&bundle) {
                BundleStatus::Ready => Error::Absent,
                BundleStatus::Building | BundleStatus::Failed => {
                    wrong_state(tx, permit, (decided.extract.case_id, decided.request.status), None)
                }
            })?;
            Ok(BASE64_STANDARD.decode(&file.bytes).map_err(|_| db::Error::Corrupt("file"))?)
        })
        .await
    }
}
