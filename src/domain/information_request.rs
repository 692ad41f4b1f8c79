//! Requests for information, both ways (C12): what the service asks somebody outside, which is a disclosure, and what somebody outside asks.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::action::ActionName;
use super::disclosure::{AskedBasis, CopyTo, DisclosureContent, DisclosureRecipient, NewDisclosure};
use super::fault::Fault;
use super::ids::{CaseId, DisclosureId, InformationRequestId, PersonId, RecipientId, StaffId};
use super::staff::StaffRef;
use super::text::LongText;
use super::time::Timestamp;
use super::vocabulary::{
    AskedBy, Channel, Direction, InformationCategory, InformationRequestStatus, Purpose, RequestResponse, ToldSubject,
};

/// A request for information to be recorded. One that the service makes is decided like any other disclosure, in the direction of asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"askedBy": "service", "recipient": {"recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId":
    "019b9289-c0e0-7893-923f-0824128b2f33"}, "purpose": "request_information", "channel": "secure_email", "subjectIds": [
    "01a09f2e-3a82-781f-a8e2-5d940ed90475"], "informationCategories": ["ehc_plan"], "question":
    "When will the amended final plan be sent?", "dueOn": "2026-10-01", "copies": []}))]
pub struct NewInformationRequest {
    /// Whether the service asks, or somebody outside.
    pub asked_by: AskedBy,
    /// Whom the service asks, or who asks.
    pub recipient: DisclosureRecipient,
    /// What for.
    pub purpose: Purpose,
    /// By which way. The service says how it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub channel: Option<Channel>,
    /// About whom. The service says about whom it asks: to ask tells that the family is known.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub subject_ids: Vec<PersonId>,
    /// What kinds of information are asked for.
    #[schema(min_items = 1, max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// What is asked, in words. The service says what it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub question: Option<LongText>,
    /// The day by which an answer is wanted; until then it stands on the work list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub due_on: Option<NaiveDate>,
    /// Who gets a copy of what the service asks.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub copies: Vec<CopyTo>,
    /// Whether the person was told, where the service asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub told_subject: Option<ToldSubject>,
}

impl NewInformationRequest {
    /// Whom it names: whom it is about, and who is asked or gets a copy.
    pub fn people(&self) -> impl Iterator<Item = PersonId> {
        let named = self.subject_ids.iter().chain(&self.recipient.person_id).copied();
        named.chain(self.copies.iter().map(|copy| copy.person_id))
    }

    /// What the service asks, as the disclosure it is; or what is missing for that.
    pub fn ask(&self) -> Result<NewDisclosure, Vec<Fault>> {
        let missing = |pointer| Fault::new(pointer, "asking_needs_this", "To ask somebody outside is a disclosure, and needs this.");
        let mut faults = Vec::new();
        if self.subject_ids.is_empty() {
            faults.push(missing("#/subjectIds"));
        }
        let (Some(channel), Some(question), true) = (self.channel, &self.question, faults.is_empty()) else {
            faults.extend(self.channel.is_none().then(|| missing("#/channel")));
            faults.extend(self.question.is_none().then(|| missing("#/question")));
            return Err(faults);
        };
        let content = DisclosureContent {
            purpose: Some(self.purpose),
            direction: Direction::InboundRequest,
            channel,
            recipient: self.recipient.clone(),
            subject_ids: self.subject_ids.clone(),
            note_ids: Vec::new(),
            information_categories: self.information_categories.clone(),
            summary: question.clone(),
            told_subject: self.told_subject,
            told_reason: None,
            withhold_from_person_ids: Vec::new(),
            withhold_until_on: None,
            copies: self.copies.clone(),
            cohort: None,
            safeguarding: None,
        };
        Ok(NewDisclosure { basis: AskedBasis::Permission, content })
    }

    /// What does not belong into a request that somebody outside made: nothing leaves by it, and officers' requests for legal proceedings are
    /// the service manager's (C15).
    #[must_use]
    pub fn faults_from_outside(&self) -> Vec<Fault> {
        [
            ("#/purpose", matches!(self.purpose, Purpose::Safeguarding | Purpose::SarResponse | Purpose::LegalRequest)),
            ("#/copies", !self.copies.is_empty()),
            ("#/toldSubject", self.told_subject.is_some()),
        ]
        .into_iter()
        .filter(|(_, fails)| *fails)
        .map(|(pointer, _)| Fault::contradicting(pointer))
        .collect()
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"outcome": "answered", "response": "The plan will be sent on 14 October."}))]
pub struct NewInformationResponse {
    /// How it was answered.
    pub outcome: RequestResponse,
    /// The disclosure by which the service answered: of the same case, to whoever asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disclosure_id: Option<DisclosureId>,
    /// What was answered, in words. What is received is kept as a note, too, if others are to work with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub response: Option<LongText>,
}

/// That a request is called off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"reason": "The school sent it unasked."}))]
pub struct NewInformationCancellation {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<LongText>,
}

/// A request for information.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b1c2-5f0a-7d21-9a3b-4c5d6e7f8091", "version": 2, "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf",
    "status": "answered", "askedBy": "service", "recipient": {"recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "teamId":
    "019b9289-c0e0-7893-923f-0824128b2f33"}, "purpose": "request_information", "channel": "secure_email", "subjectIds": [
    "01a09f2e-3a82-781f-a8e2-5d940ed90475"], "informationCategories": ["ehc_plan"], "question":
    "When will the amended final plan be sent?", "dueOn": "2026-10-01", "copies": [], "disclosureId":
    "01a0af79-18b8-71e2-8a6a-63ec24ede6a4", "response": "The plan will be sent on 14 October.", "permissionEnded": false, "endedAt": "2026-09-24T10:12:00.000Z",
    "endedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "createdAt": "2026-09-17T13:05:44.120Z",
    "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"}, "allowedActions": []}))]
pub struct InformationRequest {
    /// The request.
    pub id: InformationRequestId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// Where it stands.
    pub status: InformationRequestStatus,
    /// What is asked.
    #[serde(flatten)]
    pub content: NewInformationRequest,
    /// The disclosure by which the service asked, or by which it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disclosure_id: Option<DisclosureId>,
    /// What was answered, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub response: Option<LongText>,
    /// Why it was called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cancellation_reason: Option<LongText>,
    /// Whether it was called off because the permission to ask ended (R9, R17).
    pub permission_ended: bool,
    /// The last day of the permission by which the service asked, as known when it asked: what is not answered by then is called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub permitted_until: Option<NaiveDate>,
    /// When it was answered or called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ended_at: Option<Timestamp>,
    /// By whom that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ended_by: Option<StaffRef>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with it now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

impl InformationRequestStatus {
    /// Where a request stands on this day: what the service asked is called off with the last day of the permission to ask (R9).
    #[must_use]
    pub fn on(self, today: NaiveDate, permitted_until: Option<NaiveDate>) -> Self {
        let ended = self == Self::Asked && permitted_until.is_some_and(|last| today > last);
        if ended { Self::Cancelled } else { self }
    }
}

/// A request for information in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "01a0b1c2-5f0a-7d21-9a3b-4c5d6e7f8091", "caseId": "01a09f37-949f-7f28-9fb1-7c2390c192cf", "status": "asked",
    "askedBy": "service", "recipientId": "019b9288-d680-70c6-a6a3-a4506513270e", "purpose": "request_information",
    "informationCategories": ["ehc_plan"], "dueOn": "2026-10-01", "createdAt": "2026-09-17T13:05:44.120Z"}))]
pub struct InformationRequestSummary {
    /// The request.
    pub id: InformationRequestId,
    /// The case it belongs to.
    pub case_id: CaseId,
    /// Where it stands.
    pub status: InformationRequestStatus,
    /// Whether the service asks, or somebody outside.
    pub asked_by: AskedBy,
    /// The body that is asked, or asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recipient_id: Option<RecipientId>,
    /// The participant who is asked, or asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recipient_person_id: Option<PersonId>,
    /// What for.
    pub purpose: Purpose,
    /// What kinds of information are asked for.
    #[schema(max_items = 50)]
    pub information_categories: Vec<InformationCategory>,
    /// The day by which an answer is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub due_on: Option<NaiveDate>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// Which requests for information a list shows.
#[derive(Clone, Debug, Default)]
pub struct InformationRequestFilter {
    /// Those that stand so; all, if there are none.
    pub status: Vec<InformationRequestStatus>,
    /// Those the service made, or those from outside.
    pub asked_by: Option<AskedBy>,
    /// Of this case.
    pub case_id: Option<CaseId>,
    /// Those of the cases assigned to this member of staff.
    pub assigned_to: Option<StaffId>,
    /// Those due before this day.
    pub due_before: Option<NaiveDate>,
}

impl RequestResponse {
    /// Whether a request of this side can be answered so.
    #[must_use]
    pub fn answers(self, asked_by: AskedBy) -> bool {
        match self {
            Self::Answered | Self::PartlyAnswered | Self::Refused => true,
            Self::NoReply => asked_by == AskedBy::Service,
            Self::NoPermission => asked_by == AskedBy::Outside,
        }
    }

    /// Whether information was given.
    #[must_use]
    pub fn gives(self) -> bool {
        matches!(self, Self::Answered | Self::PartlyAnswered)
    }
}

impl From<RequestResponse> for InformationRequestStatus {
    fn from(outcome: RequestResponse) -> Self {
        match outcome {
            RequestResponse::Answered => Self::Answered,
            RequestResponse::PartlyAnswered => Self::PartlyAnswered,
            RequestResponse::Refused => Self::Refused,
            RequestResponse::NoReply => Self::NoReply,
            RequestResponse::NoPermission => Self::NoPermission,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vocabulary::Vocabulary;

    #[test]
    fn each_side_has_its_answers() {
        let of =
            |side| RequestResponse::ALL.iter().filter(|outcome| outcome.answers(side)).map(|outcome| outcome.as_str()).collect::<Vec<_>>();
        assert_eq!(of(AskedBy::Service), ["answered", "partly_answered", "refused", "no_reply"]);
        assert_eq!(of(AskedBy::Outside), ["answered", "partly_answered", "refused", "no_permission"]);
        for outcome in RequestResponse::ALL {
            assert_eq!(InformationRequestStatus::from(*outcome).as_str(), outcome.as_str());
        }
    }
}
