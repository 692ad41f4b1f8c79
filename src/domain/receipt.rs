//! The receipt of a permission or refusal: what a family takes home (C3). It is no shape of the contract, but what a letter is made from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::consent::Consent;
use super::ids::PersonId;
use super::vocabulary::InformationCategory;

/// Everything the letter says, with the names in the place of ids.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The service.
    pub service: Service,
    /// The day on which it was made.
    pub made_on: NaiveDate,
    /// What was permitted or refused, and what became of it.
    pub consent: Consent,
    /// Everybody it names.
    pub people: BTreeMap<PersonId, Named>,
    /// To whom, in the order of the record.
    pub recipients: Vec<String>,
    /// The notes it names, in the order of the record.
    pub notes: Vec<Noted>,
}

/// The service, as a family meets it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Service {
    /// How it is called.
    pub name: String,
    /// How it can be reached, where that is configured.
    pub contact: Option<String>,
}

/// Somebody.
#[derive(Clone, Debug)]
pub struct Named {
    /// The name, as far as one is recorded.
    pub name: String,
    /// The last day on which a parent decides for them, if their birth date is known (R5).
    pub age_out_on: Option<NaiveDate>,
}

/// A note, told without its text.
#[derive(Clone, Debug)]
pub struct Noted {
    /// The day it tells of.
    pub on: NaiveDate,
    /// Whom it is about.
    pub about: Vec<PersonId>,
    /// What kinds of information it holds.
    pub categories: Vec<InformationCategory>,
}
