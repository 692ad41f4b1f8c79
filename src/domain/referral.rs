//! Referrals: what arrives from outside, before there is a case (C2, C7). Whoever refers learns nothing of what becomes of it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::action::ActionName;
use super::case::NewCase;
use super::disclosure::RefusalRule;
use super::fault::Fault;
use super::ids::{CaseId, PersonId, RecipientId, ReferralId, StaffId};
use super::person::NewPerson;
use super::spelling::is_blank;
use super::staff::StaffRef;
use super::text::{LongText, Name, blank};
use super::time::Timestamp;
use super::vocabulary::{ReferralDecision, ReferralSource, ReferralStatus};

mod relocation;

pub use relocation::{NewReferralRelocation, ReferralMove};

impl ReferralSource {
    /// Whether somebody refers a family as their work, and not the family itself or somebody who knows them.
    #[must_use]
    pub fn is_professional(self) -> bool {
        match self {
            Self::School
            | Self::EarlyYears
            | Self::College
            | Self::LaSendTeam
            | Self::SocialCare
            | Self::Health
            | Self::VoluntarySector
            | Self::ParentCarerForum
            | Self::OtherIass => true,
            Self::SelfParent | Self::SelfYoungPerson | Self::LocalOfferWebsite | Self::WordOfMouth | Self::Unknown => false,
        }
    }
}

/// What was told. It may be very little, and nobody has to give a name (C2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferralContent {
    /// How the family came to the service.
    pub source: ReferralSource,
    /// The name of whoever refers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub referrer_name: Option<Name>,
    /// The outside body that refers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub referrer_recipient_id: Option<RecipientId>,
    /// The child or young person, by whatever name was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub child_name: Option<Name>,
    /// The parent carer, by whatever name was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parent_name: Option<Name>,
    /// How they can be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<Name>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub summary: Option<LongText>,
    /// Whether the family agreed to be referred. A professional says how and when (C7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub family_agreed: Option<bool>,
    /// How they agreed, as whoever refers says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub family_agreed_how: Option<LongText>,
    /// The day on which they agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub family_agreed_on: Option<NaiveDate>,
    /// Whether it says that a child or person is at risk. Such a referral is never refused for want of something, and a service manager is
    /// told.
    pub risk_stated: bool,
}

impl ReferralContent {
    /// Whether it comes from somebody who refers as their work: by its source, or because it names an outside body.
    fn is_professional(&self) -> bool {
        self.source.is_professional() || self.referrer_recipient_id.is_some()
    }

    /// What is missing, or cannot be, as seen on this day. Nothing stands against a referral that states a risk.
    #[must_use]
    pub fn faults(&self, today: NaiveDate) -> Vec<Fault> {
        if self.risk_stated {
            return Vec::new();
        }
        let mut faults = Vec::new();
        if self.is_professional() {
            let told_how = !blank(self.family_agreed_how.as_ref());
            let stated = [
                ("#/familyAgreed", self.family_agreed == Some(true)),
                ("#/familyAgreedHow", told_how),
                ("#/familyAgreedOn", self.family_agreed_on.is_some()),
            ];
            let rule = RefusalRule::ReferralAgreementMissing;
            let missing = stated.into_iter().filter(|(_, stated)| !stated);
            faults.extend(missing.map(|(pointer, _)| Fault::new(pointer, rule.as_str(), rule.detail())));
        }
        if self.family_agreed_on.is_some_and(|day| day > today) {
            faults.push(Fault::new("#/familyAgreedOn", "decided_in_future", "Must not be later than today."));
        }
        faults
    }

    /// Something can be done about it: somebody is named or can be reached, or it says what it is about.
    fn says_something(&self) -> Result<(), ValidationError> {
        let names = [&self.child_name, &self.parent_name, &self.contact];
        let texts = names.into_iter().flatten().map(Name::as_str).chain(self.summary.as_ref().map(LongText::as_str));
        if self.risk_stated || texts.into_iter().any(|text| !is_blank(text)) {
            return Ok(());
        }
        let mut fault = ValidationError::new("text_missing").with_message("Needs summary, contact, childName or parentName.".into());
        fault.add_param("at".into(), &"summary");
        Err(fault)
    }
}

/// A referral to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "new_says_something", skip_on_field_errors = false))]
#[schema(example = json!({"receivedAt": "2026-09-11T15:20:00.000Z", "source": "school", "referrerName": "Sam Okoro", "childName":
    "Isla Thornbeck", "parentName": "Rowan Thornbeck", "contact": "+447700900123", "summary": "The family would like help with the support plan.",
    "familyAgreed": true, "familyAgreedHow": "Asked at the school gate.", "familyAgreedOn": "2026-09-10", "riskStated": false}))]
pub struct NewReferral {
    /// When it arrived; now, if that is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub received_at: Option<Timestamp>,
    /// What was told.
    #[serde(flatten)]
    pub content: ReferralContent,
    /// Staff who may never see it, because of a conflict of interest with the family; nor the case into which it is accepted.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub conflicted_staff_ids: Vec<StaffId>,
}

fn new_says_something(referral: &NewReferral) -> Result<(), ValidationError> {
    referral.content.says_something()
}

/// What may be changed of a referral until it is decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "still_says_something", skip_on_field_errors = false))]
#[schema(example = json!({"contact": "ro@example.org", "riskStated": true}))]
pub struct ReferralUpdate {
    /// What was told.
    #[serde(flatten)]
    pub content: ReferralContent,
    /// Staff who may never see it, because of a conflict of interest. A service manager alone takes one of them away.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub conflicted_staff_ids: Vec<StaffId>,
}

fn still_says_something(referral: &ReferralUpdate) -> Result<(), ValidationError> {
    referral.content.says_something()
}

/// That a referral arrived. It says nothing of what becomes of it, now or when it is asked for again (C7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09ef1-6b2c-7d40-9c5e-3f0a8d2b7e11", "reference": "IASS-2026-000122", "receivedAt": "2026-09-11T15:20:00.000Z"}))]
pub struct ReferralReceipt {
    /// The referral.
    pub id: ReferralId,
    /// The reference by which people name it.
    #[schema(max_length = 40, example = "IASS-2026-000122")]
    pub reference: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// Somebody of whom there is no record yet, to be recorded together with the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
pub struct Newcomer {
    /// A UUID that the client makes up: by it `newCase` names this person, who gets an id of their own.
    pub placeholder: PersonId,
    /// What is recorded of them.
    #[validate(nested)]
    pub person: NewPerson,
}

/// What is done about a referral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "leads_somewhere", skip_on_field_errors = false))]
#[schema(example = json!({"decision": "accept", "newPeople": [{"placeholder": "019b0000-0000-7000-8000-000000000001", "person": {"kind":
    "parent_carer", "fullName": "Rowan Thornbeck", "pseudonymous": false}}], "newCase": {"interventionLevel": "l2", "referralSource": "school",
    "reasonsForContact": [{"reason": "sen_support_school", "primary": true}], "participants": [{"personId":
    "01a09f2e-3a82-781f-a8e2-5d940ed90475", "role": "subject", "relation": "self", "servedSeparately": false}, {"personId":
    "019b0000-0000-7000-8000-000000000001", "role": "service_user", "relation": "parent", "servedSeparately": false}]}}))]
pub struct NewReferralDecision {
    /// What is done. `accept` names a case or opens one; `decline` needs a reason.
    pub decision: ReferralDecision,
    /// The case that is there already, to which it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub case_id: Option<CaseId>,
    /// The case that is opened for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[validate(nested)]
    pub new_case: Option<NewCase>,
    /// People to be recorded with the new case. Nobody is recorded from what a referral says by itself.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    pub new_people: Vec<Newcomer>,
    /// Why, or to whom they were pointed. It is kept with the referral, and sent to nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
}

fn leads_somewhere(decided: &NewReferralDecision) -> Result<(), ValidationError> {
    let fault = |at: &str, detail: &'static str| {
        let mut fault = ValidationError::new("referral_outcome").with_message(detail.into());
        fault.add_param("at".into(), &at);
        Err(fault)
    };
    let cases = [decided.case_id.is_some(), decided.new_case.is_some()].into_iter().filter(|given| *given).count();
    match (decided.decision, cases) {
        (ReferralDecision::Accept, 1) | (ReferralDecision::Decline | ReferralDecision::Signpost, 0) => {}
        (ReferralDecision::Accept, _) => return fault("caseId", "To accept it needs either caseId or newCase."),
        _ => return fault("decision", "Only what is accepted goes to a case."),
    }
    if decided.new_case.is_none() && !decided.new_people.is_empty() {
        return fault("newPeople", "People are recorded together with a new case only.");
    }
    Ok(())
}

/// A referral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09ef1-6b2c-7d40-9c5e-3f0a8d2b7e11", "reference": "IASS-2026-000122", "version": 1, "status": "received",
    "receivedAt": "2026-09-11T15:20:00.000Z", "source": "school", "referrerName": "Sam Okoro", "childName": "Isla Thornbeck", "parentName":
    "Rowan Thornbeck", "contact": "+447700900123", "summary": "The family would like help with the support plan.", "familyAgreed": true,
    "familyAgreedHow": "Asked at the school gate.", "familyAgreedOn": "2026-09-10", "riskStated": false, "conflictedStaffIds": [], "relocations": [], "createdAt": "2026-09-14T08:02:11.004Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "allowedActions": ["update", "decide"]}))]
pub struct Referral {
    /// The referral.
    pub id: ReferralId,
    /// The reference by which people name it. Cases and referrals are counted together.
    #[schema(max_length = 40, example = "IASS-2026-000122")]
    pub reference: String,
    /// The version, for `If-Match`.
    pub version: i32,
    /// Where it stands.
    pub status: ReferralStatus,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What was told.
    #[serde(flatten)]
    pub content: ReferralContent,
    /// Staff who may never see it, because of a conflict of interest.
    #[schema(max_items = 50)]
    pub conflicted_staff_ids: Vec<StaffId>,
    /// The case to which it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub case_id: Option<CaseId>,
    /// From which cases it was moved, to which it did not belong, oldest first.
    #[schema(max_items = 1000)]
    pub relocations: Vec<ReferralMove>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decided_at: Option<Timestamp>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decided_by: Option<StaffRef>,
    /// Why, or to whom they were pointed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub decision_reason: Option<LongText>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom, which may be a machine.
    pub recorded_by: StaffRef,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

/// A referral in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a09ef1-6b2c-7d40-9c5e-3f0a8d2b7e11", "reference": "IASS-2026-000122", "status": "received", "source":
    "school", "riskStated": false, "receivedAt": "2026-09-11T15:20:00.000Z"}))]
pub struct ReferralSummary {
    /// The referral.
    pub id: ReferralId,
    /// The reference by which people name it.
    #[schema(max_length = 40)]
    pub reference: String,
    /// Where it stands.
    pub status: ReferralStatus,
    /// How the family came to the service.
    pub source: ReferralSource,
    /// Whether it says that a child or person is at risk.
    pub risk_stated: bool,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The case to which it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub case_id: Option<CaseId>,
}

/// Which referrals a list shows.
#[derive(Clone, Debug, Default)]
pub struct ReferralFilter {
    /// Those that stand so; all, if there are none.
    pub status: Vec<ReferralStatus>,
    /// From these sources; from any, if there are none.
    pub source: Vec<ReferralSource>,
    /// Those that state a risk, or those that do not.
    pub risk_stated: Option<bool>,
    /// Those of this case.
    pub case_id: Option<CaseId>,
    /// Those that arrived at this instant or later.
    pub received_from: Option<Timestamp>,
    /// Those that arrived before this instant.
    pub received_to: Option<Timestamp>,
    /// The oldest first, instead of the newest.
    pub oldest_first: bool,
}
