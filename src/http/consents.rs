//! Permissions and refusals.

use actix_web::web;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::Valid;
use super::cases::CasePath;
use super::extract::Path;
use super::idempotency::IdempotencyKey;
use super::openapi::Operation;
use super::page::{Filters, Listing};
use super::problem::{Code, Problem};
use super::respond::{Answer, PdfFile};
use crate::app::App;
use crate::authz::{Permit, act};
use crate::domain::consent::{Consent, ConsentFilter, ConsentSummary, NewAnnulment, NewConsent, NewWithdrawal};
use crate::domain::ids::{CaseId, ConsentId, PersonId, RecipientId};
use crate::domain::time::Timestamp;
use crate::{op, page_of, print};

page_of!(ConsentPage, ConsentSummary);

/// Which permissions and refusals to list.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentFilters {
    /// Only those about this person.
    subject_id: Option<PersonId>,
    /// Only those that name this body.
    recipient_id: Option<RecipientId>,
    /// Only those in force at this time.
    active_at: Option<Timestamp>,
    /// Only those that end before this day.
    expires_before: Option<NaiveDate>,
}

impl Filters for ConsentFilters {
    const TOTAL: bool = true;
}

impl ConsentFilters {
    fn of(&self, case_id: Option<CaseId>) -> ConsentFilter {
        ConsentFilter {
            case_id,
            subject_id: self.subject_id,
            recipient_id: self.recipient_id,
            active_at: self.active_at,
            expires_before: self.expires_before,
        }
    }
}

/// The path of a permission or refusal.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentPath {
    /// The permission or refusal.
    consent_id: ConsentId,
}

/// List the permissions and refusals of a case.
///
/// Live and ended ones, newest first (C3).
#[utoipa::path(get, path = "/cases/{caseId}/consents", operation_id = "listCaseConsents", tag = "consents",
    responses((status = 200, description = "A page of permissions and refusals.", body = ConsentPage)))]
async fn list_of_case(
    permit: Permit<act::ConsentList>,
    path: Path<CasePath>,
    listing: Listing<ConsentFilters>,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let page = app.list_consents(permit, listing.filters.of(Some(path.case_id)), listing.page).await?;
    Ok(listing.answer::<ConsentPage>(page))
}

/// List permissions and refusals across cases.
///
/// Those of every case the caller may see: what is about somebody, what names a body, what is about to end (C3, C11).
#[utoipa::path(get, path = "/consents", operation_id = "listConsents", tag = "consents",
    responses((status = 200, description = "A page of permissions and refusals.", body = ConsentPage)))]
async fn list(permit: Permit<act::ConsentList>, listing: Listing<ConsentFilters>, app: web::Data<App>) -> Result<Answer, Problem> {
    let page = app.list_consents(permit, listing.filters.of(None), listing.page).await?;
    Ok(listing.answer::<ConsentPage>(page))
}

/// Record a permission or a refusal.
///
/// Who said it, about whom, to whom, what for, which information, in which direction, until when, and what it rests on. A permission counts
/// only as far as the person who gave it may decide; a refusal can always be recorded (C3, C6, C11, C12, C15; R4-R9).
#[utoipa::path(post, path = "/cases/{caseId}/consents", operation_id = "recordConsent", tag = "consents",
    responses((status = 201, description = "The permission or refusal as it was recorded.", body = Consent)))]
async fn record(
    permit: Permit<act::ConsentRecord>,
    path: Path<CasePath>,
    body: Valid<NewConsent>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let made = app.record_consent(permit, path.case_id, request, body.into_inner()).await?;
    let answer = Answer::created(&format!("/consents/{}", made.value.id), &made.value);
    Ok(answer.version(made.value.version).replayed(made.replayed))
}

/// Read a permission or refusal.
///
/// With the disclosures that rest on it (C3).
#[utoipa::path(get, path = "/consents/{consentId}", operation_id = "getConsent", tag = "consents",
    responses((status = 200, description = "The permission or refusal.", body = Consent)))]
async fn read(permit: Permit<act::ConsentRead>, path: Path<ConsentPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let consent = app.read_consent(permit, path.consent_id).await?;
    Ok(Answer::ok(&consent).version(consent.version))
}

/// Take the receipt of a permission or refusal.
///
/// A letter for the family, in plain English and to be read out by a screen reader: who said what about whom, to whom, for what, which
/// information, until when and why it ends, how it was said, and how it is taken back. Notes are described without their text (C3, R5, R17).
/// For whoever may read all notes it names.
#[utoipa::path(get, path = "/consents/{consentId}/receipt", operation_id = "getConsentReceipt", tag = "consents",
    responses((status = 200, description = "The letter.", body = PdfFile, content_type = "application/pdf")))]
async fn receipt(permit: Permit<act::ConsentReceipt>, path: Path<ConsentPath>, app: web::Data<App>) -> Result<Answer, Problem> {
    let receipt = app.consent_receipt(permit, path.consent_id).await?;
    let letter = web::block(move || print::receipt(&receipt)).await;
    let letter = letter.map_err(|error| Problem::internal(&error))?.map_err(|error| Problem::internal(&error))?;
    Ok(Answer::file("application/pdf", "receipt.pdf", letter))
}

/// Withdraw a permission or refusal.
///
/// At once, in one call, without a reason and without `If-Match`. Nothing rests on it from that instant on, and those who received
/// something are to be told. A repeated withdrawal answers with the first (C3, R17).
#[utoipa::path(post, path = "/consents/{consentId}/withdrawal", operation_id = "withdrawConsent", tag = "consents",
    responses((status = 200, description = "The permission or refusal as it is now.", body = Consent)))]
async fn withdraw(
    permit: Permit<act::ConsentWithdraw>,
    path: Path<ConsentPath>,
    body: Valid<NewWithdrawal>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.withdraw_consent(permit, path.consent_id, request, body.into_inner()).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// Mark a record as entered in error.
///
/// For what should never have been recorded, with the reason. What rested on it is put to the service manager (C3, R8).
#[utoipa::path(post, path = "/consents/{consentId}/annulment", operation_id = "annulConsent", tag = "consents",
    responses((status = 200, description = "The permission or refusal as it is now.", body = Consent)))]
async fn annul(
    permit: Permit<act::ConsentAnnul>,
    path: Path<ConsentPath>,
    body: Valid<NewAnnulment>,
    key: IdempotencyKey,
    app: web::Data<App>,
) -> Result<Answer, Problem> {
    let request = key.optional(body.fingerprint())?;
    let done = app.annul_consent(permit, path.consent_id, request, body.into_inner()).await?;
    Ok(Answer::ok(&done.value).version(done.value.version).replayed(done.replayed))
}

/// The operations on permissions and refusals.
pub fn operations() -> Vec<Operation> {
    vec![
        op!(list_of_case),
        op!(list),
        op!(record).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
        op!(read),
        op!(receipt).refuses(&[Code::AccessReasonRequired]),
        op!(withdraw).refuses(&[Code::RuleViolated, Code::SamePerson, Code::InvalidState]),
        op!(annul).refuses(&[Code::SamePerson, Code::InvalidState]),
    ]
}
