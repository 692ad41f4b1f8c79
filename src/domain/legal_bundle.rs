//! The extract for legal proceedings as a file (C15): how far it is, and what the letter says.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::{DisclosureId, LegalRequestId, PersonId};
use super::receipt::Service;
use super::text::LongText;
use super::time::Timestamp;
use super::vocabulary::{BundleStatus, InformationCategory};

/// The file of an extract for legal proceedings, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"legalRequestId": "01a0b5d1-0a2b-7c3d-8e4f-5a6b7c8d9e0f", "disclosureId": "01a0b5d4-5e6f-7a8b-9c0d-1e2f3a4b5c6d",
    "status": "ready", "askedAt": "2026-09-21T10:15:00.000Z", "copyPersonIds": ["01a09f30-a93a-7160-8999-50d836f675cc"]}))]
pub struct LegalBundle {
    /// The request it answers.
    pub legal_request_id: LegalRequestId,
    /// The disclosure that the extract is to become, or has become.
    pub disclosure_id: DisclosureId,
    /// How far it is. A file of items that were decided anew is not ready: it is made again.
    pub status: BundleStatus,
    /// When it was first asked for.
    pub asked_at: Timestamp,
    /// Those who get a copy, each with a file of its own that holds what they may have; known once the extract was sent.
    #[schema(max_items = 50)]
    pub copy_person_ids: Vec<PersonId>,
}

/// What the letter says: the extract as it was decided, with names in the place of ids.
#[derive(Clone, Debug)]
pub struct ExtractLetter {
    /// Whose copy it is, and their name; nobody's, if it is that of the officer.
    pub copy_to: Option<(PersonId, String)>,
    /// The service.
    pub service: Service,
    /// The day on which it was made.
    pub made_on: NaiveDate,
    /// The request it answers.
    pub request: LegalRequestId,
    /// The day on which that arrived.
    pub received_on: NaiveDate,
    /// The officer, by name: to nobody else does it go.
    pub officer: String,
    /// What the officer is, and of which team and body.
    pub of: Vec<String>,
    /// Whom it is about: those whose permission it has. A copy does not name them.
    pub about: Vec<String>,
    /// What is enclosed, in the order in which it was decided.
    pub enclosed: Vec<Enclosed>,
    /// Whether something was left out. What it is, the letter does not say.
    pub left_out: bool,
}

/// A note that is enclosed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enclosed {
    /// The day it tells of.
    pub on: NaiveDate,
    /// What kinds of information it holds.
    pub categories: Vec<InformationCategory>,
    /// Its exact words, as the log commits to them.
    pub words: LongText,
}
