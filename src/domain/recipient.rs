//! The recipient register: the outside bodies to whom information may go. It names bodies and teams, never people.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::action::ActionName;
use super::fault::Fault;
use super::ids::{RecipientId, TeamId};
use super::staff::StaffRef;
use super::text::{LongText, Name};
use super::time::Timestamp;
use super::vocabulary::RecipientType;

impl RecipientType {
    /// Whether a body of this kind belongs to the council. The wall is around the service, so the council is outside it, too.
    #[must_use]
    pub const fn in_council(self) -> bool {
        matches!(
            self,
            Self::LaSendTeam
                | Self::LaLegal
                | Self::LaSocialCare
                | Self::LaDesignatedOfficer
                | Self::LaOtherTeam
                | Self::MashSafeguardingHub
        )
    }

    /// Whether protecting children or adults is what such a body is there for, as the policy lists them (C17): one may be told of a risk although
    /// nobody has entered it in the register yet.
    #[must_use]
    pub const fn protects(self) -> bool {
        matches!(self, Self::MashSafeguardingHub | Self::Police | Self::LaSocialCare | Self::LaDesignatedOfficer)
    }

    /// Whether such a body may be marked as one that acts on risks: those, and whoever treats somebody in danger. No mark makes the team that a
    /// family is in dispute with, or a school, a body that may be told without permission.
    #[must_use]
    pub const fn may_protect(self) -> bool {
        self.protects() || matches!(self, Self::HealthNhs | Self::Camhs | Self::Gp)
    }
}

/// What is recorded of an outside body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecipientContent {
    /// The kind of body.
    pub body_type: RecipientType,
    /// Its name.
    pub name: Name,
    /// Whether it acts on risks to children or adults; only such a body receives a safeguarding disclosure (C17).
    pub safeguarding_function: bool,
    /// Where it is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub address: Option<LongText>,
    /// The day on which that was last checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub verified_on: Option<NaiveDate>,
}

impl RecipientContent {
    fn protects(&self) -> Result<(), ValidationError> {
        if !self.safeguarding_function || self.body_type.may_protect() {
            return Ok(());
        }
        let mut fault =
            ValidationError::new("contradicting_fields").with_message("A body of this type is not one that acts on risks.".into());
        fault.add_param("at".into(), &"safeguardingFunction");
        Err(fault)
    }
}

/// A team to be entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTeam {
    /// Its name.
    pub name: Name,
}

/// An outside body to be entered. It is active from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "new_protects", skip_on_field_errors = false))]
#[schema(example = json!({"bodyType": "la_send_team", "name": "Lakeshire Council", "safeguardingFunction": false, "address":
    "send@lakeshire.example", "verifiedOn": "2026-01-06", "teams": [{"name": "SEND assessment, south"}]}))]
pub struct NewRecipient {
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: RecipientContent,
    /// Its teams. A permission for a council body names one of them.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub teams: Vec<NewTeam>,
}

fn new_protects(body: &NewRecipient) -> Result<(), ValidationError> {
    body.content.protects()
}

/// A team as it shall be: one that has an id is kept, one without is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TeamUpdate {
    /// The team, if it is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<TeamId>,
    /// Its name.
    pub name: Name,
}

/// What may be changed of an outside body. A team that is not listed any more is removed, unless a live permission names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase")]
#[validate(schema(function = "still_protects", skip_on_field_errors = false))]
#[schema(example = json!({"active": false}))]
pub struct RecipientUpdate {
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: RecipientContent,
    /// Its teams.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub teams: Vec<TeamUpdate>,
    /// Whether it may still be chosen. Bodies are made inactive, never removed.
    pub active: bool,
}

fn still_protects(body: &RecipientUpdate) -> Result<(), ValidationError> {
    body.content.protects()
}

/// A team of an outside body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// The team.
    pub id: TeamId,
    /// Its name.
    pub name: Name,
}

/// An outside body in the recipient register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "019b9288-d680-70c6-a6a3-a4506513270e", "version": 1, "bodyType": "la_send_team", "name":
    "Lakeshire Council", "safeguardingFunction": false, "address": "send@lakeshire.example", "verifiedOn": "2026-01-06", "inCouncil":
    true, "teams": [{"id": "019b9289-c0e0-7893-923f-0824128b2f33", "name": "SEND assessment, south"}], "active": true, "createdAt":
    "2026-01-06T09:00:00.000Z", "recordedBy": {"id": "019b8d62-7a80-726b-b2a7-4de452e6b438", "displayName": "Jo Ashdown"},
    "allowedActions": ["update"]}))]
pub struct Recipient {
    /// The body.
    pub id: RecipientId,
    /// The version, for `If-Match`.
    pub version: i32,
    /// What is recorded of it.
    #[serde(flatten)]
    pub content: RecipientContent,
    /// Whether it belongs to the council.
    pub in_council: bool,
    /// Its teams.
    #[schema(max_items = 50)]
    pub teams: Vec<Team>,
    /// Whether it may still be chosen.
    pub active: bool,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// By whom.
    pub recorded_by: StaffRef,
    /// What the caller may do with this record now.
    #[schema(max_items = 10)]
    pub allowed_actions: Vec<ActionName>,
}

impl Recipient {
    /// What may be changed, as it is now.
    #[must_use]
    pub fn writable(&self) -> RecipientUpdate {
        let teams = self.teams.iter().map(|team| TeamUpdate { id: Some(team.id), name: team.name.clone() }).collect();
        RecipientUpdate { content: self.content.clone(), teams, active: self.active }
    }

    /// What is wrong with these teams: each id must be one of this body's, named once.
    #[must_use]
    pub fn team_faults(&self, teams: &[TeamUpdate]) -> Vec<Fault> {
        let mut left: Vec<TeamId> = self.teams.iter().map(|team| team.id).collect();
        let mut faults = Vec::new();
        for (index, id) in teams.iter().enumerate().filter_map(|(index, team)| Some((index, team.id?))) {
            match left.iter().position(|known| *known == id) {
                Some(known) => drop(left.swap_remove(known)),
                None => faults.push(Fault::new(format!("#/teams/{index}/id"), "unknown_team", "Not a team of this body, or named twice.")),
            }
        }
        faults
    }
}

/// Which bodies a list shows.
#[derive(Clone, Debug, Default)]
pub struct RecipientFilter {
    /// Of these kinds; of any, if there are none.
    pub body_type: Vec<RecipientType>,
    /// Only those that may still be chosen, or only the others.
    pub active: Option<bool>,
    /// Only those of the council, or only the others.
    pub in_council: Option<bool>,
    /// Only those that act on risks, or only the others.
    pub safeguarding_function: Option<bool>,
}
