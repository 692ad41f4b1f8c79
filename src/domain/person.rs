//! People: children, young people, parent carers, professionals, anonymous enquirers. They may tell little or much (C2).
//!
//! Over 350 lines because the contract of a person is one list of documented properties.

use std::collections::HashMap;

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors};

use super::action::ActionName;
use super::fault::Fault;
use super::ids::{ContactId, PersonId};
use super::person_merge::PersonMergeRef;
use super::spelling::normal_contact;
use super::staff::StaffRef;
use super::text::{LongText, Name};
use super::time::Timestamp;
use super::vocabulary::{Channel, ContactKind, PersonKind};

/// Birth dates are personal, and would be printed by a derived `Debug`.
macro_rules! unprinted {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
unprinted!(PersonContent, Person, PersonSummary, PersonSearch);

/// How somebody can be reached without harm. It binds every delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SafeContact {
    /// The way they prefer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub preferred_channel: Option<Channel>,
    /// Ways that must not be used.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub avoid_channels: Vec<Channel>,
    /// What else to mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub note: Option<LongText>,
}

/// What is recorded of a person. One of `fullName`, `knownAs` or `pseudonymous: true` is needed, and no more (C2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonContent {
    /// The kind of person, as recorded; whether somebody is a child or a young person is computed (R5).
    pub kind: PersonKind,
    /// The whole name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub full_name: Option<Name>,
    /// The name they use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub known_as: Option<Name>,
    /// Names they had before.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub former_names: Vec<Name>,
    /// Their pronouns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pronouns: Option<Name>,
    /// Whether they did not give their own name.
    pub pseudonymous: bool,
    /// The birth date, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub date_of_birth: Option<NaiveDate>,
    /// The day they died: from that day on nothing rests on what they permitted, and nothing is sent to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub died_on: Option<NaiveDate>,
    /// The language they prefer, a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub preferred_language: Option<Name>,
    /// What helps them to follow and to be understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub communication_needs: Option<LongText>,
    /// How they can be reached without harm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub safe_contact: Option<SafeContact>,
    /// Whether a council ever looked after them (C16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ever_looked_after: Option<bool>,
}

/// Nobody is older than so many years: an earlier birth date is a slip.
const OLDEST: u32 = 120;

impl PersonContent {
    /// What is known of somebody of whom nothing is.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            kind: PersonKind::Anonymous,
            full_name: None,
            known_as: None,
            former_names: Vec::new(),
            pronouns: None,
            pseudonymous: true,
            date_of_birth: None,
            died_on: None,
            preferred_language: None,
            communication_needs: None,
            safe_contact: None,
            ever_looked_after: None,
        }
    }

    /// No more of it than by what somebody is known.
    #[must_use]
    pub fn who_they_are(self) -> Self {
        let Self { kind, full_name, known_as, pseudonymous, date_of_birth, .. } = self;
        Self { kind, full_name, known_as, pseudonymous, date_of_birth, ..Self::nobody() }
    }

    /// The name by which a letter calls them.
    #[must_use]
    pub fn called(&self) -> Option<&Name> {
        self.full_name.as_ref().or(self.known_as.as_ref())
    }

    /// Every name on record.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.full_name.iter().chain(&self.known_as).chain(&self.former_names)
    }

    /// Dates that cannot be, as seen on this day.
    #[must_use]
    pub fn faults(&self, today: NaiveDate) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (pointer, day) in [("#/dateOfBirth", self.date_of_birth), ("#/diedOn", self.died_on)] {
            if day.is_some_and(|day| day > today) {
                faults.push(Fault::new(pointer, "date_in_future", "Must not be later than today."));
            }
        }
        let oldest = today.checked_sub_months(Months::new(12 * OLDEST)).unwrap_or(NaiveDate::MIN);
        if self.date_of_birth.is_some_and(|day| day < oldest) {
            faults.push(Fault::new("#/dateOfBirth", "date_too_long_ago", "Nobody is as old as that."));
        }
        if self.date_of_birth.zip(self.died_on).is_some_and(|(born, died)| died < born) {
            faults.push(Fault::new("#/diedOn", "died_before_birth", "Must not be earlier than the birth date."));
        }
        faults
    }

    /// What two records of one person say together: this one's word counts, and the other fills its gaps.
    #[must_use]
    pub fn with(self, other: &Self) -> Self {
        Self {
            kind: self.kind.or(other.kind),
            pseudonymous: self.pseudonymous && other.pseudonymous,
            date_of_birth: self.date_of_birth.or(other.date_of_birth),
            died_on: self.died_on.or(other.died_on),
            ever_looked_after: if other.ever_looked_after == Some(true) { other.ever_looked_after } else { self.ever_looked_after },
            ..self
        }
    }

    fn named(&self) -> Result<(), ValidationError> {
        let given = |name: &Option<Name>| name.as_ref().is_some_and(|name| name.as_str().chars().any(char::is_alphanumeric));
        if self.pseudonymous || given(&self.full_name) || given(&self.known_as) {
            return Ok(());
        }
        let mut fault = ValidationError::new("name_missing").with_message("Needs fullName, knownAs, or pseudonymous: true.".into());
        fault.add_param("at".into(), &"fullName");
        Err(fault)
    }
}

/// A contact to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewContact {
    /// The kind of contact.
    pub kind: ContactKind,
    /// The number or address.
    pub value: Name,
    /// Whether it may be used without harm.
    pub safe: bool,
    /// When it was made sure that it is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub verified_at: Option<Timestamp>,
}

impl NewContact {
    fn well_formed(&self) -> bool {
        let value = self.value.as_str();
        match self.kind {
            ContactKind::Email => {
                let mut parts = value.split('@');
                let (name, host, more) = (parts.next(), parts.next(), parts.next());
                name.is_some_and(|name| !name.is_empty())
                    && host.is_some_and(|host| !host.is_empty())
                    && more.is_none()
                    && !value.contains(char::is_whitespace)
            }
            ContactKind::Mobile | ContactKind::Landline => {
                let digits = value.chars().filter(char::is_ascii_digit).count();
                (5..=20).contains(&digits) && value.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')' | '.'))
            }
            ContactKind::Postal => !self.value.is_blank(),
        }
    }
}

impl NewContact {
    /// What two spellings of one number or address have in common.
    #[must_use]
    pub fn as_compared(&self) -> String {
        normal_contact(self.value.as_str())
    }
}

impl Validate for NewContact {
    fn validate(&self) -> Result<(), ValidationErrors> {
        if self.well_formed() {
            return Ok(());
        }
        let mut errors = ValidationErrors::new();
        errors.add("value", ValidationError::new("format").with_message("Does not have the form of this kind of contact.".into()));
        Err(errors)
    }
}

/// A person to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "new_is_named", skip_on_field_errors = false))]
#[schema(example = json!({"kind": "parent_carer", "fullName": "Rowan Thornbeck", "knownAs": "Ro", "pseudonymous": false, "pronouns":
    "they/them", "preferredLanguage": "en", "communicationNeeds": "Plain English, short letters.", "safeContact": {"preferredChannel":
    "phone", "avoidChannels": ["post_tracked"], "note": "No voicemail."}, "contacts": [{"kind": "mobile", "value": "+447700900123",
    "safe": true}, {"kind": "email", "value": "ro@example.org", "safe": true}]}))]
pub struct NewPerson {
    /// What is recorded of them.
    #[serde(flatten)]
    pub content: PersonContent,
    /// How they are reached.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    pub contacts: Vec<NewContact>,
}

impl NewPerson {
    /// What cannot be, as seen on this instant.
    #[must_use]
    pub fn faults(&self, now: Timestamp) -> Vec<Fault> {
        self.content.faults(now.day()).into_iter().chain(unproven(self.contacts.iter(), now)).collect()
    }
}

fn new_is_named(person: &NewPerson) -> Result<(), ValidationError> {
    person.content.named()?;
    agree(person.contacts.iter())
}

/// A contact as it shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactUpdate {
    /// The contact it was. A changed number or address is a new contact with a new id, and is not verified by what was verified before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<ContactId>,
    /// What is recorded of it.
    #[serde(flatten)]
    pub contact: NewContact,
}

impl Validate for ContactUpdate {
    fn validate(&self) -> Result<(), ValidationErrors> {
        self.contact.validate()
    }
}

/// What may be changed of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "still_named", skip_on_field_errors = false))]
#[schema(example = json!({"communicationNeeds": "Plain English, large print."}))]
pub struct PersonUpdate {
    /// What is recorded of them.
    #[serde(flatten)]
    pub content: PersonContent,
    /// How they are reached.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    pub contacts: Vec<ContactUpdate>,
}

impl PersonUpdate {
    /// What cannot be, as seen on this instant.
    #[must_use]
    pub fn faults(&self, now: Timestamp) -> Vec<Fault> {
        self.content.faults(now.day()).into_iter().chain(unproven(self.contacts.iter().map(|update| &update.contact), now)).collect()
    }
}

fn still_named(person: &PersonUpdate) -> Result<(), ValidationError> {
    person.content.named()?;
    agree(person.contacts.iter().map(|update| &update.contact))
}

/// Nobody made sure of a contact at a time that is still to come.
fn unproven<'a>(contacts: impl Iterator<Item = &'a NewContact>, now: Timestamp) -> impl Iterator<Item = Fault> {
    let later = contacts.enumerate().filter(move |(_, contact)| contact.verified_at.is_some_and(|at| at.settled(now) > now));
    later.map(|(i, _)| Fault::new(format!("#/contacts/{i}/verifiedAt"), "decided_in_future", "Must not be later than now."))
}

/// One number or address is safe or it is not, however it is written.
fn agree<'a>(contacts: impl Iterator<Item = &'a NewContact>) -> Result<(), ValidationError> {
    let mut known = HashMap::new();
    for contact in contacts {
        if *known.entry(contact.as_compared()).or_insert(contact.safe) != contact.safe {
            let mut fault =
                ValidationError::new("contradicting_fields").with_message("A number or address cannot be both safe and unsafe.".into());
            fault.add_param("at".into(), &"contacts");
            return Err(fault);
        }
    }
    Ok(())
}

impl PersonKind {
    /// This, or the other if this says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if matches!(self, Self::Anonymous | Self::Other) { other } else { self }
    }
}

impl Channel {
    /// The kinds of contact by which this way reaches somebody; none, if it needs none.
    #[must_use]
    pub const fn contact_kinds(self) -> &'static [ContactKind] {
        match self {
            Self::Phone => &[ContactKind::Mobile, ContactKind::Landline],
            Self::SecureEmail | Self::Portal => &[ContactKind::Email],
            Self::PostTracked => &[ContactKind::Postal],
            Self::Meeting | Self::Video | Self::InPersonHandover => &[],
        }
    }
}

/// How somebody is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The contact.
    pub id: ContactId,
    /// What is recorded of it.
    #[serde(flatten)]
    pub contact: NewContact,
}

/// The places of those contacts that name one the person does not have.
#[must_use]
pub fn unknown_contacts(before: &[Contact], change: &[ContactUpdate]) -> Vec<Fault> {
    let known = |id: &ContactId| before.iter().any(|contact| contact.id == *id);
    let named = change.iter().enumerate().filter_map(|(i, contact)| Some((i, contact.id?)));
    named.filter(|(_, id)| !known(id)).map(|(i, _)| Fault::unknown(format!("#/contacts/{i}/id"))).collect()
}

/// The contacts of a person after a change: those whose kind and value stay keep their ids, so that what was sent to them is still told.
#[must_use]
pub fn contacts_after(before: &[Contact], change: Vec<ContactUpdate>) -> Vec<Contact> {
    let mut left: Vec<&Contact> = before.iter().collect();
    let mut after = Vec::with_capacity(change.len());
    for ContactUpdate { id, mut contact } in change {
        let same = |old: &&Contact| old.contact.kind == contact.kind && old.contact.value == contact.value;
        let kept = left.iter().position(|old| same(old) && Some(old.id) == id).or_else(|| left.iter().position(same));
        let was = before.iter().find(|old| Some(old.id) == id);
        let id = kept.map_or_else(ContactId::mint, |kept| left.swap_remove(kept).id);
        if kept.is_none() && was.is_some_and(|was| was.contact.verified_at == contact.verified_at) {
            contact.verified_at = None;
        }
        after.push(Contact { id, contact });
    }
    after
}

/// A person.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f30-a93a-7160-8999-50d836f675cc", "version": 1, "kind": "parent_carer", "fullName":
    "Rowan Thornbeck", "knownAs": "Ro", "pseudonymous": false, "pronouns": "they/them", "preferredLanguage": "en", "communicationNeeds":
    "Plain English, short letters.", "safeContact": {"preferredChannel": "phone", "avoidChannels": ["post_tracked"], "note":
    "No voicemail."}, "formerNames": [], "contacts": [{"id": "01a09f30-a93a-711d-ab0d-549b6f03675a", "kind": "mobile", "value":
    "+447700900123", "safe": true}, {"id": "01a09f30-a93a-78d0-9738-f7d93d9c1724", "kind": "email", "value": "ro@example.org", "safe":
    true, "verifiedAt": "2026-09-14T09:12:41.530Z"}], "createdAt": "2026-09-14T09:12:41.530Z", "recordedBy": {"id":
    "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "merges": [], "allowedActions": ["update", "record_capacity"]}))]
pub struct Person {
    /// The person.
    pub id: PersonId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// What is recorded of them.
    #[serde(flatten)]
    pub content: PersonContent,
    /// How they are reached.
    #[schema(max_items = 50)]
    pub contacts: Vec<Contact>,
    /// The last day on which a parent's permission counts for them (R5), if the birth date is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub age_out_on: Option<NaiveDate>,
    /// Who was found to be this person, or whom this person was found to be: in every decision and list they count as the one who stays (C2).
    #[schema(max_items = 100)]
    pub merges: Vec<PersonMergeRef>,
    /// When they were recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

impl Person {
    /// Whether they count as somebody else.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.merges.iter().any(|merge| merge.merged_person_id == self.id)
    }

    /// What may be changed, as it is now.
    #[must_use]
    pub fn writable(&self) -> PersonUpdate {
        let contacts = self.contacts.iter().map(|old| ContactUpdate { id: Some(old.id), contact: old.contact.clone() }).collect();
        PersonUpdate { content: self.content.clone(), contacts }
    }
}

/// Whom to look for. Everything given must match; a name alone is matched as a whole, together with a birth date word by word.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[validate(schema(function = "asks_something"))]
#[schema(example = json!({"name": "Rowan Thornbeck"}))]
pub struct PersonSearch {
    /// A name they have or had; accents, case, hyphens, apostrophes and spaces do not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<Name>,
    /// The birth date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub date_of_birth: Option<NaiveDate>,
    /// A number or address; a telephone number in its national or international form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<Name>,
}

fn asks_something(search: &PersonSearch) -> Result<(), ValidationError> {
    if search.name.is_some() || search.date_of_birth.is_some() || search.contact.is_some() {
        return Ok(());
    }
    Err(ValidationError::new("search_empty").with_message("Needs name, dateOfBirth or contact.".into()))
}

/// A person in a list.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09f30-a93a-7160-8999-50d836f675cc", "kind": "parent_carer", "fullName": "Rowan Thornbeck",
    "knownAs": "Ro", "pseudonymous": false}))]
pub struct PersonSummary {
    /// The person.
    pub id: PersonId,
    /// The kind of person, as recorded.
    pub kind: PersonKind,
    /// The whole name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub full_name: Option<Name>,
    /// The name they use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub known_as: Option<Name>,
    /// The birth date, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub date_of_birth: Option<NaiveDate>,
    /// Whether they did not give their own name.
    pub pseudonymous: bool,
}

#[cfg(test)]
mod tests;
