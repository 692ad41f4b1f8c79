//! What the service says of itself.

use super::App;
use crate::authz::{Action, Permit, act};
use crate::domain::action::Clause;
use crate::domain::retention::RetentionSchedule;
use crate::domain::service::{CLAUSES, ClauseText, Me, Permission, PolicyInForce, ReferenceData, ReferenceList, ReferenceValue};
use crate::domain::text::Name;
use crate::domain::vocabulary;

impl App {
    /// Who is calling, and what they may do.
    #[must_use]
    pub fn me(&self, permit: &Permit<act::MeRead>) -> Me {
        let caller = permit.caller();
        Me {
            id: caller.staff,
            display_name: caller.display_name.clone(),
            roles: caller.roles.clone(),
            permissions: Action::ALL.iter().filter(|action| caller.may(**action)).map(|action| Permission(action.permission())).collect(),
            policy: PolicyInForce { name: self.settings.policy_name.clone(), version: self.settings.policy_version.clone() },
            token_expires_at: caller.token_expires_at,
        }
    }

    /// How long each class of record is kept (C16).
    #[must_use]
    pub fn retention_schedule(&self, _permit: &Permit<act::RetentionScheduleRead>) -> RetentionSchedule {
        self.settings.retention.schedule(&self.settings.retention_source)
    }

    /// The published lists of values.
    #[must_use]
    pub fn reference_data(&self, _permit: &Permit<act::ReferenceDataRead>) -> ReferenceData {
        let list = |(name, values): vocabulary::List| ReferenceList {
            name,
            values: values.into_iter().map(|(value, label, official_code)| ReferenceValue { value, label, official_code }).collect(),
        };
        ReferenceData {
            lists: vocabulary::lists().into_iter().map(list).collect(),
            areas: self.settings.areas.iter().map(|area| Name(area.clone())).collect(),
            clauses: CLAUSES.iter().map(|(clause, text)| ClauseText { clause: Clause((*clause).to_owned()), text }).collect(),
        }
    }
}
