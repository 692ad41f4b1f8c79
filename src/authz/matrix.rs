//! THE table of roles and actions. It alone drives enforcement, `allowedActions`, `GET /me`, the `x-roles` of the OpenAPI document
//! and the printed matrix. What is not in it is refused.

use crate::domain::vocabulary::AccessLogKind::{self, CaseDisposed, Changed, Created, Exported, Listed, Read, Searched};
use crate::domain::vocabulary::{AccessTarget as Of, Role};

/// A type-level action: the name by which a use case demands its permit.
pub trait Act: Send + Sync + 'static {
    /// The action it stands for.
    const ACTION: Action;
}

const ALL: &[Role] = &[
    Role::Adviser,
    Role::ServiceManager,
    Role::Auditor,
    Role::Analyst,
    Role::Administrator,
    Role::MachineIntake,
    Role::MachineStatistics,
    Role::MachineAudit,
];
const CASEWORK: &[Role] = &[Role::Adviser, Role::ServiceManager];
const INTAKE: &[Role] = &[Role::Adviser, Role::ServiceManager, Role::MachineIntake];
const MANAGER: &[Role] = &[Role::ServiceManager];
const REGISTER: &[Role] = &[Role::Adviser, Role::ServiceManager, Role::Auditor, Role::Administrator];
const KEEPERS: &[Role] = &[Role::ServiceManager, Role::Administrator];
const ADMINISTRATOR: &[Role] = &[Role::Administrator];
const WITNESS: &[Role] = &[Role::MachineAudit];
const CERTIFICATES: &[Role] = &[Role::Adviser, Role::ServiceManager, Role::Auditor];
const LOG: &[Role] = &[Role::ServiceManager, Role::Auditor, Role::MachineAudit];
// Nobody who works on cases, for no token carries these roles beside casework: an entry of the access log as it was hashed, and each hash that a guess
// can be tried against, tells of which cases of the same people something was shown, and one of them may be kept from a manager (C1).
const AUDIT: &[Role] = &[Role::Auditor, Role::MachineAudit];

/// Whether somebody with these roles works on cases.
#[must_use]
pub fn does_casework(roles: &[Role]) -> bool {
    roles.iter().any(|role| CASEWORK.contains(role))
}

/// What the access log tells of an action: what was done, and to what kind of record.
pub type Trace = Option<(AccessLogKind, Of)>;

macro_rules! acts {
    ($($(#[doc = $doc:literal])+ $name:ident, $permission:literal, $verb:literal, $roles:expr, $clauses:expr, $trace:expr;)+) => {
        /// Something a caller may do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[doc = $doc])+ $name,)+ }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name of the permission, as `GET /me` lists it.
            #[must_use]
            pub const fn permission(self) -> &'static str {
                match self { $(Self::$name => $permission,)+ }
            }

            /// The short name in `allowedActions` of the record it acts upon.
            #[must_use]
            pub const fn verb(self) -> &'static str {
                match self { $(Self::$name => $verb,)+ }
            }

            /// The roles that have it.
            #[must_use]
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => $roles,)+ }
            }

            /// The clauses of the confidentiality policy it serves.
            #[must_use]
            pub const fn clauses(self) -> &'static [&'static str] {
                match self { $(Self::$name => $clauses,)+ }
            }

            /// What the access log tells of it; nothing, if it touches neither a family nor what protects them.
            #[must_use]
            pub const fn trace(self) -> Trace {
                match self { $(Self::$name => $trace,)+ }
            }
        }

        /// The actions as types.
        pub mod act {
            $(
                $(#[doc = $doc])+
                #[derive(Clone, Copy, Debug)]
                pub struct $name;
                impl super::Act for $name {
                    const ACTION: super::Action = super::Action::$name;
                }
            )+
        }
    };
}

acts! {
    /// See who one is.
    MeRead, "me:read", "read", ALL, &["C10"], None;
    /// Read the published lists of values.
    ReferenceDataRead, "reference_data:read", "read", ALL, &["C13"], None;
    /// Read how long each class of record is kept.
    RetentionScheduleRead, "retention_schedule:read", "read", REGISTER, &["C16"], None;
    /// List the cases whose keeping is to be looked at.
    RetentionReview, "retention_review:list", "list", MANAGER, &["C16"], Some((Listed, Of::Case));
    /// List the holds on a case.
    HoldList, "retention_hold:list", "list", MANAGER, &["C16"], Some((Listed, Of::RetentionHold));
    /// Place a hold on a case.
    HoldPlace, "retention_hold:create", "place_hold", MANAGER, &["C16"], Some((Created, Of::RetentionHold));
    /// Release a hold on a case.
    HoldRelease, "retention_hold:release", "release", MANAGER, &["C16"], Some((Changed, Of::RetentionHold));
    /// List disposals.
    DisposalList, "disposal:list", "list", CERTIFICATES, &["C16"], Some((Listed, Of::Disposal));
    /// Read a disposal, with its certificate.
    DisposalRead, "disposal:read", "read", CERTIFICATES, &["C16"], Some((Read, Of::Disposal));
    /// List the cases of a proposed disposal.
    DisposalCases, "disposal:list_cases", "list_cases", CASEWORK, &["C16"], Some((Listed, Of::Disposal));
    /// Propose to dispose of cases.
    DisposalPropose, "disposal:create", "propose", CASEWORK, &["C16"], Some((Created, Of::Disposal));
    /// Give up a proposed disposal.
    DisposalCancel, "disposal:cancel", "cancel", CASEWORK, &["C16"], Some((Changed, Of::Disposal));
    /// Approve a disposal that somebody else proposed.
    DisposalApprove, "disposal:approve", "approve", MANAGER, &["C16"], Some((CaseDisposed, Of::Disposal));
    /// List the staff.
    StaffList, "staff:read", "read", REGISTER, &["C10"], None;
    /// Disable or enable a member of staff.
    StaffUpdate, "staff:update", "update", ADMINISTRATOR, &["C10"], Some((Changed, Of::Staff));
    /// Refuse a member of staff's live tokens from now on.
    StaffRevokeTokens, "staff:revoke_tokens", "revoke_tokens", ADMINISTRATOR, &["C10"], Some((Changed, Of::Staff));
    /// Read the recipient register.
    RecipientRead, "recipient:read", "read", REGISTER, &["C3", "C11"], None;
    /// Enter a body in the recipient register.
    RecipientCreate, "recipient:create", "create", KEEPERS, &["C3", "C11"], Some((Created, Of::Recipient));
    /// Change a body in the recipient register.
    RecipientUpdate, "recipient:update", "update", KEEPERS, &["C3", "C11"], Some((Changed, Of::Recipient));
    /// Read the work list.
    TaskRead, "task:read", "read", CASEWORK, &["C16", "C17"], Some((Listed, Of::Task));
    /// Complete a task.
    TaskComplete, "task:complete", "complete", CASEWORK, &["C16", "C17"], Some((Changed, Of::Task));
    /// Record a person.
    PersonCreate, "person:create", "create", CASEWORK, &["C1", "C2"], Some((Created, Of::Person));
    /// Find people.
    PersonSearch, "person:search", "search", CASEWORK, &["C1", "C2"], Some((Searched, Of::Person));
    /// Read a person.
    PersonRead, "person:read", "read", CASEWORK, &["C1", "C2"], Some((Read, Of::Person));
    /// Correct a person.
    PersonUpdate, "person:update", "update", CASEWORK, &["C1", "C2", "C9"], Some((Changed, Of::Person));
    /// Record that two people on record are one.
    PersonMerge, "person:merge", "merge", MANAGER, &["C2"], Some((Created, Of::PersonMerge));
    /// Read how two people on record came to be one.
    PersonMergeRead, "person_merge:read", "read", MANAGER, &["C2"], Some((Read, Of::PersonMerge));
    /// Take back that two people on record are one.
    PersonMergeReverse, "person_merge:reverse", "reverse", MANAGER, &["C2"], Some((Changed, Of::PersonMerge));
    /// Read the capacity records of a person.
    CapacityRead, "capacity_record:read", "read", CASEWORK, &["C1"], Some((Listed, Of::CapacityRecord));
    /// Record an assessment of competence or capacity.
    CapacityRecord, "capacity_record:create", "record_capacity", CASEWORK, &["C1"], Some((Created, Of::CapacityRecord));
    /// Record a referral.
    ReferralCreate, "referral:create", "create", INTAKE, &["C2", "C7"], Some((Created, Of::Referral));
    /// List referrals.
    ReferralList, "referral:list", "list", CASEWORK, &["C7"], Some((Listed, Of::Referral));
    /// Read a referral.
    ReferralRead, "referral:read", "read", CASEWORK, &["C7"], Some((Read, Of::Referral));
    /// Change a referral.
    ReferralUpdate, "referral:update", "update", CASEWORK, &["C2", "C7"], Some((Changed, Of::Referral));
    /// Accept or decline a referral, or signpost.
    ReferralDecide, "referral:decide", "decide", CASEWORK, &["C1", "C2", "C7"], Some((Changed, Of::Referral));
    /// Move a referral from the wrong case.
    ReferralRelocate, "referral:relocate", "relocate", CASEWORK, &["C7", "C8"], Some((Changed, Of::Referral));
    /// List cases.
    CaseList, "case:list", "list", CASEWORK, &["C1", "C4"], Some((Listed, Of::Case));
    /// Open a case.
    CaseOpen, "case:create", "open", CASEWORK, &["C2", "C4"], Some((Created, Of::Case));
    /// Read a case.
    CaseRead, "case:read", "read", CASEWORK, &["C4"], Some((Read, Of::Case));
    /// Change a case.
    CaseUpdate, "case:update", "update", CASEWORK, &["C4"], Some((Changed, Of::Case));
    /// Close a case.
    CaseClose, "case:close", "close", CASEWORK, &["C16"], Some((Changed, Of::Case));
    /// Reopen a case.
    CaseReopen, "case:reopen", "reopen", CASEWORK, &["C16"], Some((Changed, Of::Case));
    /// Assign a case; an adviser only to themselves.
    CaseAssign, "case:assign", "assign", CASEWORK, &["C1", "C4"], Some((Changed, Of::Case));
    /// Restrict a case to named staff, or lift that.
    CaseRestrict, "case:restrict", "restrict", MANAGER, &["C1", "C4"], Some((Changed, Of::Case));
    /// List the participants of a case.
    ParticipantList, "participant:read", "read", CASEWORK, &["C1"], Some((Listed, Of::Participant));
    /// Add a participant to a case.
    ParticipantAdd, "participant:create", "add_participant", CASEWORK, &["C1"], Some((Created, Of::Participant));
    /// Change a participant.
    ParticipantUpdate, "participant:update", "update", CASEWORK, &["C1"], Some((Changed, Of::Participant));
    /// List the notes of a case.
    NoteList, "note:list", "list", CASEWORK, &["C4", "C8"], Some((Listed, Of::Note));
    /// Write a note.
    NoteAdd, "note:create", "add_note", CASEWORK, &["C4", "C5", "C8", "C11"], Some((Created, Of::Note));
    /// Read a note.
    NoteRead, "note:read", "read", CASEWORK, &["C4", "C8"], Some((Read, Of::Note));
    /// Correct a note.
    NoteCorrect, "note:correct", "correct", CASEWORK, &["C8"], Some((Created, Of::Note));
    /// Move a note from the wrong case.
    NoteRelocate, "note:relocate", "relocate", CASEWORK, &["C8"], Some((Changed, Of::Note));
    /// List permissions and refusals.
    ConsentList, "consent:list", "list", CASEWORK, &["C3", "C11", "C12"], Some((Listed, Of::Consent));
    /// Record a permission or a refusal.
    ConsentRecord, "consent:create", "record_consent", CASEWORK, &["C3", "C6", "C11", "C12", "C15"], Some((Created, Of::Consent));
    /// Read a permission or refusal.
    ConsentRead, "consent:read", "read", CASEWORK, &["C3"], Some((Read, Of::Consent));
    /// Take the receipt of a permission or refusal away.
    ConsentReceipt, "consent:receipt", "receipt", CASEWORK, &["C3"], Some((Exported, Of::Consent));
    /// Withdraw a permission or refusal.
    ConsentWithdraw, "consent:withdraw", "withdraw", CASEWORK, &["C3"], Some((Changed, Of::Consent));
    /// Mark a permission or refusal as entered in error.
    ConsentAnnul, "consent:annul", "annul", CASEWORK, &["C3"], Some((Changed, Of::Consent));
    /// Ask whether something may be shared.
    DisclosureCheck, "disclosure:check", "check_disclosure", CASEWORK, &["C11"], Some((Read, Of::Disclosure));
    /// List what left a case.
    DisclosureList, "disclosure:list", "list", CASEWORK, &["C3"], Some((Listed, Of::Disclosure));
    /// Pass information on.
    DisclosureRecord, "disclosure:create", "record_disclosure", CASEWORK, &["C3", "C5", "C6", "C11", "C12", "C17"], Some((Created, Of::Disclosure));
    /// Read a disclosure.
    DisclosureRead, "disclosure:read", "read", CASEWORK, &["C3"], Some((Read, Of::Disclosure));
    /// Note what happened to a disclosure later.
    DisclosureAnnotate, "disclosure:annotate", "annotate", CASEWORK, &["C3", "C17"], Some((Created, Of::Disclosure));
    /// List requests for information.
    InformationRequestList, "information_request:list", "list", CASEWORK, &["C12"], Some((Listed, Of::InformationRequest));
    /// Ask somebody outside for information, or record what they ask.
    InformationRequestRecord, "information_request:create", "request_information", CASEWORK, &["C3", "C12"], Some((Created, Of::InformationRequest));
    /// Read a request for information.
    InformationRequestRead, "information_request:read", "read", CASEWORK, &["C12"], Some((Read, Of::InformationRequest));
    /// Record what came of a request for information.
    InformationRequestRespond, "information_request:respond", "respond", CASEWORK, &["C12"], Some((Changed, Of::InformationRequest));
    /// Call off a request for information.
    InformationRequestCancel, "information_request:cancel", "cancel", CASEWORK, &["C12"], Some((Changed, Of::InformationRequest));
    /// List requests for legal proceedings.
    LegalRequestList, "legal_request:list", "list", MANAGER, &["C15"], Some((Listed, Of::LegalRequest));
    /// Record a request for legal proceedings.
    LegalRequestLog, "legal_request:create", "log_legal_request", CASEWORK, &["C15"], Some((Created, Of::LegalRequest));
    /// Read a request for legal proceedings.
    LegalRequestRead, "legal_request:read", "read", MANAGER, &["C15"], Some((Read, Of::LegalRequest));
    /// Decide about a request for legal proceedings.
    LegalRequestDecide, "legal_request:decide", "decide", MANAGER, &["C3", "C15"], Some((Changed, Of::LegalRequest));
    /// List the notes that could be extracted for legal proceedings.
    LegalRequestCandidates, "legal_request:candidates", "list_candidates", MANAGER, &["C15"], Some((Listed, Of::Note));
    /// Say which notes are extracted for legal proceedings.
    LegalRequestExtract, "legal_request:extract", "extract", MANAGER, &["C3", "C15"], Some((Changed, Of::LegalRequest));
    /// Have an extract for legal proceedings made a file.
    LegalRequestBundle, "legal_request:bundle", "build_bundle", MANAGER, &["C3", "C15"], Some((Changed, Of::LegalRequest));
    /// Take the file of an extract for legal proceedings away.
    LegalRequestBundleFile, "legal_request:bundle_file", "bundle_file", MANAGER, &["C3", "C15"], Some((Exported, Of::LegalRequest));
    /// Send an extract for legal proceedings.
    LegalRequestDispatch, "legal_request:dispatch", "dispatch", MANAGER, &["C3", "C15"], Some((Changed, Of::LegalRequest));
    /// Close a request for legal proceedings.
    LegalRequestClose, "legal_request:close", "close", MANAGER, &["C15"], Some((Changed, Of::LegalRequest));
    /// List subject access requests.
    SarList, "subject_access_request:list", "list", MANAGER, &["C9"], Some((Listed, Of::SubjectAccessRequest));
    /// Record a subject access request.
    SarLog, "subject_access_request:create", "log_subject_access_request", CASEWORK, &["C9"], Some((Created, Of::SubjectAccessRequest));
    /// Read a subject access request, with its clock.
    SarRead, "subject_access_request:read", "read", CASEWORK, &["C9"], Some((Read, Of::SubjectAccessRequest));
    /// Change where the answer to a subject access request goes, and what was searched.
    SarUpdate, "subject_access_request:update", "update", MANAGER, &["C9"], Some((Changed, Of::SubjectAccessRequest));
    /// Record what moves the clock of a subject access request.
    SarClockEvent, "subject_access_request:clock", "record_clock_event", MANAGER, &["C9"], Some((Changed, Of::SubjectAccessRequest));
    /// Read what is held about the subject of a subject access request.
    SarCandidates, "subject_access_request:candidates", "list_candidates", MANAGER, &["C1", "C9"], Some((Read, Of::Note));
    /// Decide what of it is included, redacted or withheld.
    SarDecide, "subject_access_request:decide", "decide_items", MANAGER, &["C1", "C9"], Some((Changed, Of::SubjectAccessRequest));
    /// Build the answer to a subject access request.
    SarBundle, "subject_access_request:bundle", "build_bundle", MANAGER, &["C9"], Some((Changed, Of::SubjectAccessRequest));
    /// Ask how far the answer to a subject access request is.
    SarBundleRead, "subject_access_request:bundle_read", "read_bundle", MANAGER, &["C9"], Some((Read, Of::SubjectAccessRequest));
    /// Take the file of the answer to a subject access request away.
    SarBundleFile, "subject_access_request:bundle_file", "bundle_file", MANAGER, &["C9"], Some((Exported, Of::SubjectAccessRequest));
    /// Send the answer to a subject access request.
    SarDispatch, "subject_access_request:dispatch", "dispatch", MANAGER, &["C3", "C9"], Some((Changed, Of::SubjectAccessRequest));
    /// Refuse a subject access request.
    SarRefuse, "subject_access_request:refuse", "refuse", MANAGER, &["C9"], Some((Changed, Of::SubjectAccessRequest));
    /// List safeguarding concerns.
    ConcernList, "safeguarding_concern:list", "list", CASEWORK, &["C17"], Some((Listed, Of::Concern));
    /// Record a safeguarding concern.
    ConcernRaise, "safeguarding_concern:create", "raise_concern", CASEWORK, &["C5", "C17"], Some((Created, Of::Concern));
    /// Read a safeguarding concern.
    ConcernRead, "safeguarding_concern:read", "read", CASEWORK, &["C17"], Some((Read, Of::Concern));
    /// Add what was done or learnt of a safeguarding concern.
    ConcernAnnotate, "safeguarding_concern:annotate", "annotate", CASEWORK, &["C17"], Some((Created, Of::Concern));
    /// Decide not to share a safeguarding concern, or review what was decided.
    ConcernDecide, "safeguarding_concern:decide", "decide", MANAGER, &["C17"], Some((Changed, Of::Concern));
    /// List the disclosure log.
    DisclosureLogList, "disclosure_log:list", "list", LOG, &["C3", "C13"], Some((Listed, Of::DisclosureLog));
    /// Read an entry of the disclosure log.
    DisclosureLogRead, "disclosure_log:read", "read", LOG, &["C3", "C13"], Some((Read, Of::DisclosureLog));
    /// Take the disclosure log away as a file.
    DisclosureLogExport, "disclosure_log:export", "export", LOG, &["C3", "C13"], Some((Exported, Of::DisclosureLog));
    /// Prove what the disclosure log holds.
    DisclosureLogProve, "disclosure_log:prove", "prove", LOG, &["C3", "C13"], Some((Read, Of::DisclosureLog));
    /// Read what the commitments of a log entry stand for.
    DisclosureLogOpenings, "disclosure_log:openings", "openings", MANAGER, &["C13"], Some((Read, Of::DisclosureLog));
    /// Hand in what a witness says of a checkpoint of the disclosure log.
    DisclosureLogCosign, "disclosure_log:cosign", "cosign", WITNESS, &["C13"], Some((Created, Of::DisclosureLog));
    /// Lend an auditor the tag key of a case.
    DisclosureLogLend, "disclosure_log:lend_tag_key", "lend_tag_key", MANAGER, &["C13"], Some((Exported, Of::TagKey));
    /// List the access log.
    AccessLogList, "access_log:list", "list", LOG, &["C10", "C13"], Some((Listed, Of::AccessLog));
    /// Read an entry of the access log.
    AccessLogRead, "access_log:read", "read", AUDIT, &["C10", "C13"], Some((Read, Of::AccessLog));
    /// Take the access log away as a file.
    AccessLogExport, "access_log:export", "export", AUDIT, &["C10", "C13"], Some((Exported, Of::AccessLog));
    /// Prove what the access log holds.
    AccessLogProve, "access_log:prove", "prove", AUDIT, &["C10", "C13"], Some((Read, Of::AccessLog));
    /// Hand in what a witness says of a checkpoint of the access log.
    AccessLogCosign, "access_log:cosign", "cosign", WITNESS, &["C13"], Some((Created, Of::AccessLog));
    /// See who looked at a case.
    CaseAccessLog, "case:access_log", "access_log", MANAGER, &["C10", "C13"], Some((Listed, Of::AccessLog));
    /// Set the clock of the demonstration.
    TestClockSet, "test_clock:set", "set", ADMINISTRATOR, &[], None;
}
