//! Typed identifiers: UUIDv7 minted here, so that new rows sort by time and no database invents one.

/// An identifier made of one UUID.
pub trait Identifier: Copy + Eq + Ord + 'static {
    /// The identifier with this UUID.
    fn from_uuid(uuid: uuid::Uuid) -> Self;
    /// Its UUID.
    fn uuid(self) -> uuid::Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new identifier, greater than those minted before.
            #[must_use]
            pub fn mint() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl Identifier for $name {
            fn from_uuid(uuid: uuid::Uuid) -> Self {
                Self(uuid)
            }
            fn uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )+};
}

ids! {
    /// A member of staff.
    StaffId;
    /// An outside body in the recipient register.
    RecipientId;
    /// A team of an outside body.
    TeamId;
    /// A person: child, young person, parent carer, professional, anonymous enquirer.
    PersonId;
    /// Two people on record who are one.
    PersonMergeId;
    /// A contact of a person.
    ContactId;
    /// A competence or capacity record.
    CapacityRecordId;
    /// A referral.
    ReferralId;
    /// A case.
    CaseId;
    /// Something that was done to a case.
    CaseEventId;
    /// A person's part in a case.
    ParticipantId;
    /// A note.
    NoteId;
    /// A permission given or refused.
    ConsentId;
    /// A disclosure.
    DisclosureId;
    /// Where a disclosure went.
    AddressId;
    /// What happened to a disclosure later.
    AnnotationId;
    /// A safeguarding concern.
    ConcernId;
    /// A subject access request.
    SarId;
    /// What of a subject access request belongs to one case.
    SarPartId;
    /// A legal request.
    LegalRequestId;
    /// An information request.
    InformationRequestId;
    /// A task on the work list.
    TaskId;
    /// A hold that keeps a case.
    RetentionHoldId;
    /// A disposal of cases.
    DisposalId;
    /// One request to this service.
    RequestId;
    /// An entry of a log.
    EntryId;
}
