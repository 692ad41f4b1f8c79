//! The permit: made only by [`check`], demanded by every use case and every function of `db`.

use std::marker::PhantomData;
use std::sync::Arc;

use super::matrix::{Act, Action};
use crate::domain::ids::{RequestId, StaffId};
use crate::domain::vocabulary::{AccessReason, Role};

/// Who is calling, as the token and the staff record say.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The member of staff, or the machine client, behind the token.
    pub staff: StaffId,
    /// The name shown for it.
    pub display_name: String,
    /// The roles of the token.
    pub roles: Vec<Role>,
    /// The reason given for opening a restricted case (`Access-Reason`).
    pub access_reason: Option<AccessReason>,
    /// This request.
    pub request: RequestId,
    /// The operation it asks for (`operationId`).
    pub operation: Arc<str>,
    /// When the token ends.
    pub token_expires_at: crate::domain::time::Timestamp,
}

impl Caller {
    /// Whether one of the roles has this action.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        self.roles.iter().any(|role| action.roles().contains(role))
    }

    /// The role by which they may do this. A service manager acts as one wherever that suffices: their scope is that of one, too.
    #[must_use]
    pub fn role_for(&self, action: Action) -> Option<Role> {
        let may = |role: &Role| action.roles().contains(role);
        let manager = Some(Role::ServiceManager).filter(|role| self.is(*role) && may(role));
        manager.or_else(|| self.roles.iter().copied().find(may))
    }

    /// Whether the caller holds this role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Which cases a caller may see. Nobody sees a case from which they are kept away because of a conflict of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every case that is not restricted, and restricted ones this member of staff is named on.
    Adviser(StaffId),
    /// Every case; one that is restricted, and on which the caller is not named, only with a reason.
    Manager(StaffId, Option<AccessReason>),
    /// No case.
    Nothing,
}

impl Scope {
    /// Whose it is, if they see any case.
    #[must_use]
    pub fn staff(self) -> Option<StaffId> {
        match self {
            Self::Adviser(staff) | Self::Manager(staff, _) => Some(staff),
            Self::Nothing => None,
        }
    }

    /// All that this caller may know to be there: a service manager gives a reason to open what is restricted, and none opens what they are kept
    /// away from.
    #[must_use]
    pub fn with_reason(self) -> Self {
        match self {
            Self::Manager(staff, None) => Self::Manager(staff, Some(AccessReason::Supervision)),
            seen => seen,
        }
    }
}

/// The caller's roles lack the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied;

/// Leave to do one thing. It carries who does it and how far they see.
#[derive(Debug)]
pub struct Permit<A: Act> {
    caller: Caller,
    scope: Scope,
    act: PhantomData<A>,
}

// Not derived, which would ask the act itself to be `Clone`.
impl<A: Act> Clone for Permit<A> {
    fn clone(&self) -> Self {
        Self { caller: self.caller.clone(), scope: self.scope, act: PhantomData }
    }
}

impl<A: Act> Permit<A> {
    /// Who does it.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The member of staff who does it.
    #[must_use]
    pub fn staff(&self) -> StaffId {
        self.caller.staff
    }

    /// Which cases they may see.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.scope
    }
}

/// Leave to do `A`, if one of the caller's roles has it.
pub fn check<A: Act>(caller: &Caller) -> Result<Permit<A>, Denied> {
    if !caller.may(A::ACTION) {
        return Err(Denied);
    }
    let scope = if caller.is(Role::ServiceManager) {
        Scope::Manager(caller.staff, caller.access_reason)
    } else if caller.is(Role::Adviser) {
        Scope::Adviser(caller.staff)
    } else {
        Scope::Nothing
    };
    Ok(Permit { caller: caller.clone(), scope, act: PhantomData })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::act;
    use crate::domain::vocabulary::Vocabulary;

    fn caller(roles: &[Role], access_reason: Option<AccessReason>) -> Caller {
        Caller {
            staff: StaffId::mint(),
            display_name: "Jo Ashdown".to_owned(),
            roles: roles.to_vec(),
            access_reason,
            request: RequestId::mint(),
            operation: "getMe".into(),
            token_expires_at: crate::domain::time::Timestamp::from_micros(0).unwrap(),
        }
    }

    #[test]
    fn a_role_that_does_no_casework_sees_no_case_whatever_reason_it_gives() {
        for reason in [None, Some(AccessReason::Complaint)] {
            for role in Role::ALL {
                let caller = caller(&[*role], reason);
                let seen = match role {
                    Role::Adviser => Scope::Adviser(caller.staff),
                    Role::ServiceManager => Scope::Manager(caller.staff, reason),
                    _ => Scope::Nothing,
                };
                assert_eq!(check::<act::MeRead>(&caller).unwrap().scope(), seen, "{role:?}");
            }
        }
        let both = caller(&[Role::Adviser, Role::ServiceManager], None);
        assert_eq!(check::<act::MeRead>(&both).unwrap().scope(), Scope::Manager(both.staff, None));
    }
}
