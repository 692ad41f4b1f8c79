//! The answer to a subject access request as a letter (C9). It is no shape of the contract, but what a letter is made from.

use chrono::NaiveDate;

use super::legal_bundle::Enclosed;
use super::receipt::Service;
use super::vocabulary::Purpose;

/// What the letter says: the items as they were decided, with names in the place of ids.
#[derive(Clone, Debug)]
pub struct SubjectAccessLetter {
    /// The service.
    pub service: Service,
    /// The day on which it was made.
    pub made_on: NaiveDate,
    /// The reference at its foot: the id of the request, never of a case.
    pub reference: String,
    /// The day on which the request arrived.
    pub received_on: NaiveDate,
    /// Who asked, by name: to nobody else does it go.
    pub to: String,
    /// Whom it is about, by name, if somebody else asked.
    pub about: Option<String>,
    /// What is on record of them beside the notes: a name of the field and what stands there.
    pub on_record: Vec<(String, Vec<String>)>,
    /// What is enclosed, oldest first.
    pub enclosed: Vec<Released>,
    /// What was passed on about them, as far as it may be told, oldest first.
    pub passed_on: Vec<PassedOn>,
    /// Whether something was left out, whole or in part. What it is, the letter does not say.
    pub left_out: bool,
}

/// A note that is enclosed.
#[derive(Clone, Debug)]
pub struct Released {
    /// The note, in the words that are released.
    pub note: Enclosed,
    /// Whether part of its words is left out.
    pub in_part: bool,
}

/// Something that was passed on.
#[derive(Clone, Debug)]
pub struct PassedOn {
    /// The day.
    pub on: NaiveDate,
    /// To whom, by name.
    pub to: String,
    /// What for.
    pub purpose: Purpose,
}
