//! Every closed list of values of the contract, with the label a form shows.
//!
//! Values are lower_snake in JSON, in the database and in tokens. Clients must accept values that are new to them in responses.
//! Over 350 lines because it is one list: the vocabulary.

/// A closed list of values: how each is written, and how a form labels it.
pub trait Vocabulary: Copy + Eq + 'static {
    /// All values, in the order of the list.
    const ALL: &'static [Self];
    /// The name of the list, as published by `/reference-data`.
    const NAME: &'static str;
    /// The value as written in JSON, database and tokens.
    fn as_str(self) -> &'static str;
    /// The text a form shows.
    fn label(self) -> &'static str;
    /// The value written so, if there is one.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $list:literal { $($variant:ident = $value:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name {
            $(#[doc = $label] #[serde(rename = $value)] $variant,)+
        }

        impl Vocabulary for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const NAME: &'static str = $list;
            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $value,)+ }
            }
            fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }
        }
    };
}

vocabulary! {
    /// What a caller may be; a token carries one or more.
    Role, "role" {
        Adviser = "adviser", "Adviser";
        ServiceManager = "service_manager", "Service manager";
        Auditor = "auditor", "Auditor";
        Analyst = "analyst", "Analyst";
        Administrator = "administrator", "Administrator";
        MachineIntake = "machine_intake", "Machine intake";
        MachineStatistics = "machine_statistics", "Machine statistics";
        MachineAudit = "machine_audit", "Machine audit";
    }
}

vocabulary! {
    /// On what ground information leaves the service (C3). `data_subject_right` belongs to the dispatch of a decided subject access request alone.
    Basis, "basis" {
        Permission = "permission", "Permission";
        Safeguarding = "safeguarding", "Safeguarding";
        Anonymised = "anonymised", "Anonymised";
        DataSubjectRight = "data_subject_right", "Data subject right";
    }
}

vocabulary! {
    /// Whether information is passed on, or an outsider is asked for it, which tells that the family is known (C12).
    Direction, "direction" {
        Outbound = "outbound", "Outbound";
        InboundRequest = "inbound_request", "Inbound request";
    }
}

vocabulary! {
    /// The lawful basis under UK GDPR Art. 6; not the same thing as permission.
    LawfulBasis, "lawfulBasis" {
        Consent = "consent", "Consent";
        Contract = "contract", "Contract";
        LegalObligation = "legal_obligation", "Legal obligation";
        VitalInterests = "vital_interests", "Vital interests";
        PublicTask = "public_task", "Public task";
        RecognisedLegitimateInterest = "recognised_legitimate_interest", "Recognised legitimate interest";
    }
}

vocabulary! {
    /// The condition for special category data, UK GDPR Art. 9.
    Art9Condition, "art9Condition" {
        ExplicitConsent = "explicit_consent", "Explicit consent";
        VitalInterests = "vital_interests", "Vital interests";
        LegalClaims = "legal_claims", "Legal claims";
        SubstantialPublicInterest = "substantial_public_interest", "Substantial public interest";
        HealthSocialCare = "health_social_care", "Health social care";
    }
}

vocabulary! {
    /// What information is passed on for. `safeguarding` and `sar_response` are set by the service only.
    Purpose, "purpose" {
        Liaison = "liaison", "Liaison";
        RequestInformation = "request_information", "Request information";
        PassInformation = "pass_information", "Pass information";
        AttendMeeting = "attend_meeting", "Attend meeting";
        FeedbackToReferrer = "feedback_to_referrer", "Feedback to referrer";
        IdentifyInIssue = "identify_in_issue", "Identify in issue";
        Mediation = "mediation", "Mediation";
        Tribunal = "tribunal", "Tribunal";
        Complaint = "complaint", "Complaint";
        LegalRequest = "legal_request", "Legal request";
        QualitySurvey = "quality_survey", "Quality survey";
        Safeguarding = "safeguarding", "Safeguarding";
        SarResponse = "sar_response", "SAR response";
    }
}

vocabulary! {
    /// A kind of information. Any disclosure also tells that the family is known.
    InformationCategory, "informationCategory" {
        ContactDetails = "contact_details", "Contact details";
        ConcernsRaised = "concerns_raised", "Concerns raised";
        ViewsAndWishes = "views_and_wishes", "Views and wishes";
        SenNeeds = "sen_needs", "SEN needs";
        EhcPlan = "ehc_plan", "EHC plan";
        SchoolProvision = "school_provision", "School provision";
        Attendance = "attendance", "Attendance";
        Exclusion = "exclusion", "Exclusion";
        Health = "health", "Health";
        SocialCare = "social_care", "Social care";
        FamilyCircumstances = "family_circumstances", "Family circumstances";
        ReferralDetails = "referral_details", "Referral details";
        LegalPapers = "legal_papers", "Legal papers";
    }
}

vocabulary! {
    /// The kind of an outside body.
    RecipientType, "recipientType" {
        LaSendTeam = "la_send_team", "LA SEND team";
        LaLegal = "la_legal", "LA legal";
        LaSocialCare = "la_social_care", "LA social care";
        LaDesignatedOfficer = "la_designated_officer", "LA designated officer";
        LaOtherTeam = "la_other_team", "LA other team";
        MashSafeguardingHub = "mash_safeguarding_hub", "Safeguarding hub (MASH)";
        Police = "police", "Police";
        School = "school", "School";
        College = "college", "College";
        EarlyYears = "early_years", "Early years";
        HealthNhs = "health_nhs", "Health (NHS)";
        Camhs = "camhs", "CAMHS";
        Gp = "gp", "GP";
        Icb = "icb", "ICB";
        Tribunal = "tribunal", "Tribunal";
        Mediator = "mediator", "Mediator";
        Solicitor = "solicitor", "Solicitor";
        MpCouncillor = "mp_councillor", "MP or councillor";
        VoluntaryOrg = "voluntary_org", "Voluntary organisation";
        ParentCarerForum = "parent_carer_forum", "Parent carer forum";
        OtherIass = "other_iass", "Other IASS";
        Ombudsman = "ombudsman", "Ombudsman";
        OfstedCqc = "ofsted_cqc", "Ofsted or CQC";
        Court = "court", "Court";
    }
}

vocabulary! {
    /// By which way information travels.
    Channel, "channel" {
        SecureEmail = "secure_email", "Secure email";
        PostTracked = "post_tracked", "Post tracked";
        Portal = "portal", "Portal";
        Phone = "phone", "Phone";
        Meeting = "meeting", "Meeting";
        Video = "video", "Video";
        InPersonHandover = "in_person_handover", "In person handover";
    }
}

vocabulary! {
    /// Whether permission was given or refused.
    ConsentDecision, "consentDecision" {
        Given = "given", "Given";
        Refused = "refused", "Refused";
    }
}

vocabulary! {
    /// Where a permission or refusal stands.
    ConsentStatus, "consentStatus" {
        Live = "live", "Live";
        Withdrawn = "withdrawn", "Withdrawn";
        Expired = "expired", "Expired";
        Superseded = "superseded", "Superseded";
        EnteredInError = "entered_in_error", "Entered in error";
    }
}

vocabulary! {
    /// The closed list of conditions a permission may carry (R15).
    ConditionKind, "conditionKind" {
        CopyToGranter = "copy_to_granter", "Copy to granter";
        NotBefore = "not_before", "Not before";
        ChannelIn = "channel_in", "Channel in";
        OnceOnly = "once_only", "Once only";
    }
}

vocabulary! {
    /// How permission was expressed.
    ConsentMethod, "consentMethod" {
        WrittenSigned = "written_signed", "Written signed";
        ElectronicForm = "electronic_form", "Electronic form";
        Email = "email", "Email";
        Letter = "letter", "Letter";
        VerbalPhone = "verbal_phone", "Verbal phone";
        VerbalInPerson = "verbal_in_person", "Verbal in person";
        VideoCall = "video_call", "Video call";
        InterpreterOrBsl = "interpreter_or_bsl", "Through an interpreter or BSL";
        AacSymbolsEasyRead = "aac_symbols_easy_read", "AAC, symbols or easy read";
        ViaAuthorisedRepresentative = "via_authorised_representative", "Via authorised representative";
    }
}

vocabulary! {
    /// In which capacity somebody permits.
    GranterRelation, "granterRelation" {
        OwnSelf = "self", "Self";
        ParentWithPr = "parent_with_pr", "Parent with PR";
        ParentWithoutPr = "parent_without_pr", "Parent without PR";
        Guardian = "guardian", "Guardian";
        LaAsCorporateParent = "la_as_corporate_parent", "LA as corporate parent";
        Deputy = "deputy", "Deputy";
        Attorney = "attorney", "Attorney";
        RepresentativeReg64 = "representative_reg64", "Representative (regulation 64)";
    }
}

vocabulary! {
    /// Whether somebody holds parental responsibility for one child.
    ParentalResponsibility, "parentalResponsibility" {
        Yes = "yes", "Yes";
        No = "no", "No";
        Unknown = "unknown", "Unknown";
        Disputed = "disputed", "Disputed";
        RestrictedByOrder = "restricted_by_order", "Restricted by order";
        NotApplicable = "not_applicable", "Not applicable";
    }
}

vocabulary! {
    /// What a statement of parental responsibility rests on.
    PrEvidence, "prEvidence" {
        SelfDeclared = "self_declared", "Self declared";
        DocumentSeen = "document_seen", "Document seen";
        OrderSeen = "order_seen", "Order seen";
        CouncilConfirmed = "council_confirmed", "Council confirmed";
    }
}

vocabulary! {
    /// The kind of decision a competence or capacity record is about.
    DecisionKind, "decisionKind" {
        ShareInformation = "share_information", "Share information";
        OwnCase = "own_case", "Own case";
        SubjectAccess = "subject_access", "Subject access";
    }
}

vocabulary! {
    /// The outcome of a competence or capacity assessment (Mental Capacity Act 2005).
    CapacityOutcome, "capacityOutcome" {
        CanDecide = "can_decide", "Can decide";
        CannotDecide = "cannot_decide", "Cannot decide";
    }
}

vocabulary! {
    /// The kind of risk of a safeguarding concern (C17).
    RiskType, "riskType" {
        Physical = "physical", "Physical";
        Emotional = "emotional", "Emotional";
        Sexual = "sexual", "Sexual";
        Neglect = "neglect", "Neglect";
        Exploitation = "exploitation", "Exploitation";
        DomesticAbuse = "domestic_abuse", "Domestic abuse";
        SelfHarmSuicide = "self_harm_suicide", "Self-harm or suicide";
        Radicalisation = "radicalisation", "Radicalisation";
        AdultAtRisk = "adult_at_risk", "Adult at risk";
        StaffAllegation = "staff_allegation", "Staff allegation";
        SeriousHarmToOther = "serious_harm_to_other", "Serious harm to other";
    }
}

vocabulary! {
    /// Whether permission was sought before passing on a risk; recorded, never decisive.
    ConsentSought, "consentSought" {
        NotSought = "not_sought", "Not sought";
        SoughtGiven = "sought_given", "Sought given";
        SoughtRefused = "sought_refused", "Sought refused";
    }
}

vocabulary! {
    /// Why permission was not sought (DPA 2018 Sch. 1 para 18).
    NoConsentReason, "noConsentReason" {
        CannotGive = "cannot_give", "Cannot give";
        CannotReasonablyObtain = "cannot_reasonably_obtain", "Cannot reasonably obtain";
        WouldPrejudiceProtection = "would_prejudice_protection", "Would prejudice protection";
    }
}

vocabulary! {
    /// Whether the person was told.
    ToldSubject, "toldSubject" {
        Yes = "yes", "Yes";
        No = "no", "No";
        Later = "later", "Later";
    }
}

vocabulary! {
    /// Where a safeguarding concern stands.
    ConcernStatus, "concernStatus" {
        Raised = "raised", "Raised";
        Shared = "shared", "Shared";
        NotShared = "not_shared", "Not shared";
        Reviewed = "reviewed", "Reviewed";
    }
}

vocabulary! {
    /// What was decided about a safeguarding concern.
    ConcernOutcome, "concernOutcome" {
        Shared = "shared", "Shared";
        NotShared = "not_shared", "Not shared";
    }
}

vocabulary! {
    /// What the second person found (section (d)).
    ReviewFinding, "reviewFinding" {
        Upheld = "upheld", "Upheld";
        UpheldWithLearning = "upheld_with_learning", "Upheld with learning";
        NotJustified = "not_justified", "Not justified";
    }
}

vocabulary! {
    /// Where a case stands.
    CaseStatus, "caseStatus" {
        Open = "open", "Open";
        Inactive = "inactive", "Inactive";
        Closed = "closed", "Closed";
    }
}

vocabulary! {
    /// The national intervention levels: `l1` information or advice, one contact, usually under 2 hours; `l2` help with documents, contacts, meetings over a period; `l3` intensive repeated casework across agencies; `l4` tribunal or equally complex legal work.
    InterventionLevel, "interventionLevel" {
        L1 = "l1", "Level 1: information or advice";
        L2 = "l2", "Level 2: help over a period";
        L3 = "l3", "Level 3: intensive casework";
        L4 = "l4", "Level 4: tribunal or equally complex";
    }
}

vocabulary! {
    /// The part somebody has in a case.
    ParticipantRole, "participantRole" {
        Subject = "subject", "Subject";
        ServiceUser = "service_user", "Service user";
        OtherParent = "other_parent", "Other parent";
        Sibling = "sibling", "Sibling";
        Supporter = "supporter", "Supporter";
        Professional = "professional", "Professional";
    }
}

vocabulary! {
    /// How a participant stands to the subject of the case.
    Relation, "relation" {
        OwnSelf = "self", "Self";
        Parent = "parent", "Parent";
        StepParent = "step_parent", "Step parent";
        Grandparent = "grandparent", "Grandparent";
        Guardian = "guardian", "Guardian";
        FosterCarer = "foster_carer", "Foster carer";
        Sibling = "sibling", "Sibling";
        LaAsCorporateParent = "la_as_corporate_parent", "LA as corporate parent";
        Deputy = "deputy", "Deputy";
        Attorney = "attorney", "Attorney";
        RepresentativeReg64 = "representative_reg64", "Representative (regulation 64)";
        Professional = "professional", "Professional";
        Other = "other", "Other";
    }
}

vocabulary! {
    /// The kind of a person as recorded; whether somebody is a child or a young person is computed (R5).
    PersonKind, "personKind" {
        Child = "child", "Child";
        YoungPerson = "young_person", "Young person";
        ParentCarer = "parent_carer", "Parent carer";
        Professional = "professional", "Professional";
        Anonymous = "anonymous", "Anonymous";
        Other = "other", "Other";
    }
}

vocabulary! {
    /// The kind of a contact.
    ContactKind, "contactKind" {
        Mobile = "mobile", "Mobile";
        Landline = "landline", "Landline";
        Email = "email", "Email";
        Postal = "postal", "Postal";
    }
}

vocabulary! {
    /// How the family came to the service.
    ReferralSource, "referralSource" {
        SelfParent = "self_parent", "Self parent";
        SelfYoungPerson = "self_young_person", "Self young person";
        School = "school", "School";
        EarlyYears = "early_years", "Early years";
        College = "college", "College";
        LaSendTeam = "la_send_team", "LA SEND team";
        SocialCare = "social_care", "Social care";
        Health = "health", "Health";
        VoluntarySector = "voluntary_sector", "Voluntary sector";
        ParentCarerForum = "parent_carer_forum", "Parent carer forum";
        LocalOfferWebsite = "local_offer_website", "Local offer website";
        OtherIass = "other_iass", "Other IASS";
        WordOfMouth = "word_of_mouth", "Word of mouth";
        Unknown = "unknown", "Unknown";
    }
}

vocabulary! {
    /// Why the family contacted the service.
    ReasonForContact, "reasonForContact" {
        LegalFramework = "legal_framework", "Legal framework";
        LocalSendProcess = "local_send_process", "Local SEND process";
        SupportGroupsLocalServices = "support_groups_local_services", "Support groups local services";
        Funding = "funding", "Funding";
        PaperworkHelp = "paperwork_help", "Paperwork help";
        CommunicationWithSchoolOrLa = "communication_with_school_or_la", "Communication with school or LA";
        ExclusionSuspension = "exclusion_suspension", "Exclusion suspension";
        PersonalBudget = "personal_budget", "Personal budget";
        HealthProvision = "health_provision", "Health provision";
        SocialCareProvision = "social_care_provision", "Social care provision";
        DisagreementResolution = "disagreement_resolution", "Disagreement resolution";
        Mediation = "mediation", "Mediation";
        TribunalAppeal = "tribunal_appeal", "Tribunal appeal";
        SenSupportSchool = "sen_support_school", "SEN support school";
        EhcNeedsAssessmentRequest = "ehc_needs_assessment_request", "EHC needs assessment request";
        DraftPlan = "draft_plan", "Draft plan";
        FinalPlanContent = "final_plan_content", "Final plan content";
        AnnualReview = "annual_review", "Annual review";
        PlacementNamedSchool = "placement_named_school", "Placement named school";
        PhaseTransfer = "phase_transfer", "Phase transfer";
        CeaseToMaintain = "cease_to_maintain", "Cease to maintain";
        PreparingForAdulthood = "preparing_for_adulthood", "Preparing for adulthood";
        Complaint = "complaint", "Complaint";
        Transport = "transport", "Transport";
        AttendanceNonAttendance = "attendance_non_attendance", "Attendance non attendance";
        ElectiveHomeEducation = "elective_home_education", "Elective home education";
        PartTimeTimetable = "part_time_timetable", "Part time timetable";
        Discrimination = "discrimination", "Discrimination";
        Other = "other", "Other";
    }
}

vocabulary! {
    /// What a tribunal appeal is about.
    AppealType, "appealType" {
        RefusalToAssess = "refusal_to_assess", "Refusal to assess";
        RefusalToIssue = "refusal_to_issue", "Refusal to issue";
        SectionIPlacement = "section_i_placement", "Section i placement";
        SectionsBFContent = "sections_b_f_content", "Sections b f content";
        ExtendedHealthSocialCare = "extended_health_social_care", "Extended health social care";
        CeaseToMaintain = "cease_to_maintain", "Cease to maintain";
        PaperHearing = "paper_hearing", "Paper hearing";
        DisabilityDiscrimination = "disability_discrimination", "Disability discrimination";
    }
}

vocabulary! {
    /// Type of special educational need, by the codes of the school census.
    SenNeed, "senNeed" {
        Spld = "spld", "Specific learning difficulty";
        Mld = "mld", "Moderate learning difficulty";
        Sld = "sld", "Severe learning difficulty";
        Pmld = "pmld", "Profound and multiple learning difficulty";
        Semh = "semh", "Social, emotional and mental health";
        Slcn = "slcn", "Speech, language and communication needs";
        Hi = "hi", "Hearing impairment";
        Vi = "vi", "Vision impairment";
        Msi = "msi", "Multi-sensory impairment";
        Pd = "pd", "Physical disability";
        Asd = "asd", "Autistic spectrum disorder";
        Ds = "ds", "Down syndrome";
        Oth = "oth", "Other difficulty or disability";
        Nsa = "nsa", "SEN support but no specialist assessment of type of need";
    }
}

vocabulary! {
    /// Special educational provision: `e` plan, `k` SEN support, `n` none.
    SenProvision, "senProvision" {
        E = "e", "Education, health and care plan";
        K = "k", "SEN support";
        N = "n", "None";
        Undiagnosed = "undiagnosed", "Undiagnosed";
    }
}

vocabulary! {
    /// Age band.
    AgeBand, "ageBand" {
        From0To4 = "0_4", "0 to 4";
        From5To10 = "5_10", "5 to 10";
        From11To15 = "11_15", "11 to 15";
        From16To18 = "16_18", "16 to 18";
        From19To25 = "19_25", "19 to 25";
    }
}

vocabulary! {
    /// Educational setting.
    Setting, "setting" {
        Mainstream = "mainstream", "Mainstream";
        Special = "special", "Special";
        AlternativeProvision = "alternative_provision", "Alternative provision";
        Independent = "independent", "Independent";
        EarlyYears = "early_years", "Early years";
        FurtherEducation = "further_education", "Further education";
        ElectiveHomeEducation = "elective_home_education", "Elective home education";
        EducationOtherwise = "education_otherwise", "Education otherwise";
        None = "none", "None";
    }
}

vocabulary! {
    /// What came of a case.
    Outcome, "outcome" {
        Ongoing = "ongoing", "Ongoing";
        InformationGiven = "information_given", "Information given";
        Agreed = "agreed", "Agreed";
        PartlyAgreed = "partly_agreed", "Partly agreed";
        NotAgreed = "not_agreed", "Not agreed";
        Mediation = "mediation", "Mediation";
        Tribunal = "tribunal", "Tribunal";
        Signposted = "signposted", "Signposted";
        EndedByUser = "ended_by_user", "Ended by the service user";
    }
}

vocabulary! {
    /// The kind of a note.
    NoteKind, "noteKind" {
        Discussion = "discussion", "Discussion";
        Liaison = "liaison", "Liaison";
        InformationReceived = "information_received", "Information received";
        Internal = "internal", "Internal";
    }
}

vocabulary! {
    /// How sensitive a note is (C4).
    Sensitivity, "sensitivity" {
        Ordinary = "ordinary", "Ordinary";
        Sensitive = "sensitive", "Sensitive";
        Restricted = "restricted", "Restricted";
    }
}

vocabulary! {
    /// Whether a note records fact or opinion.
    FactOrOpinion, "factOrOpinion" {
        Fact = "fact", "Fact";
        Opinion = "opinion", "Opinion";
        Mixed = "mixed", "Mixed";
    }
}

vocabulary! {
    /// What happened to a disclosure later; linked to it, never an edit.
    AnnotationKind, "annotationKind" {
        ReceiptConfirmed = "receipt_confirmed", "Receipt confirmed";
        RecallNoticeSent = "recall_notice_sent", "Recall notice sent";
        SubjectTold = "subject_told", "Subject told";
        NotSent = "not_sent", "Not sent";
        FoundUnfounded = "found_unfounded", "Found unfounded";
        Correction = "correction", "Correction";
    }
}

vocabulary! {
    /// Where a disclosure stands.
    DisclosureStatus, "disclosureStatus" {
        Sent = "sent", "Sent";
    }
}

vocabulary! {
    /// Why a service manager opens a restricted case or note (C4).
    AccessReason, "accessReason" {
        Supervision = "supervision", "Supervision";
        AbsenceCover = "absence_cover", "Absence cover";
        Safeguarding = "safeguarding", "Safeguarding";
        Complaint = "complaint", "Complaint";
        SubjectAccessRequest = "subject_access_request", "Subject access request";
        LegalRequest = "legal_request", "Legal request";
        Retention = "retention", "Retention";
    }
}

vocabulary! {
    /// Why a task stands on the work list.
    TaskKind, "taskKind" {
        SafeguardingReview = "safeguarding_review", "Safeguarding review";
        RecallNotice = "recall_notice", "Recall notice";
        ConflictReview = "conflict_review", "Conflict review";
        RetentionReview = "retention_review", "Retention review";
        TellSubject = "tell_subject", "Tell subject";
        RecipientReview = "recipient_review", "Recipient review";
        AnnulmentReview = "annulment_review", "Annulment review";
        BreachAssessment = "breach_assessment", "Breach assessment";
        CapacityReview = "capacity_review", "Capacity review";
    }
}

vocabulary! {
    /// Whether a task is done.
    TaskStatus, "taskStatus" {
        Open = "open", "Open";
        Done = "done", "Done";
    }
}

vocabulary! {
    /// Retention class (C16).
    RetentionClass, "retentionClass" {
        Rc01AnonymousEnquiry = "rc01_anonymous_enquiry", "Anonymous enquiry";
        Rc02InformationOnly = "rc02_information_only", "Information only";
        Rc03ChildCasework = "rc03_child_casework", "Child casework";
        Rc04EhcpTribunal = "rc04_ehcp_tribunal", "EHCP tribunal";
        Rc05YoungPersonOwn = "rc05_young_person_own", "Young person own";
        Rc06ParentOnly = "rc06_parent_only", "Parent only";
        Rc07LookedAfter = "rc07_looked_after", "Looked after";
        Rc08Safeguarding = "rc08_safeguarding", "Safeguarding";
        Rc09ConsentRecord = "rc09_consent_record", "Consent record";
        Rc10DisclosureLog = "rc10_disclosure_log", "Disclosure log";
        Rc11Sar = "rc11_sar", "SAR";
        Rc12LegalRequest = "rc12_legal_request", "Legal request";
        Rc13AccessAudit = "rc13_access_audit", "Access audit";
        Rc14Statistics = "rc14_statistics", "Statistics";
        Rc15DpComplaint = "rc15_dp_complaint", "DP complaint";
    }
}

vocabulary! {
    /// What would make a refused disclosure possible.
    Remedy, "remedy" {
        AskPermission = "ask_permission", "Ask permission";
        LeaveOut = "leave_out", "Leave out";
        Anonymise = "anonymise", "Anonymise";
        AskManager = "ask_manager", "Ask manager";
    }
}

vocabulary! {
    /// What an entry of the disclosure log tells.
    DisclosureLogKind, "disclosureLogKind" {
        DisclosureMade = "disclosure_made", "Disclosure made";
        DisclosureRefused = "disclosure_refused", "Disclosure refused";
        DisclosureRecalled = "disclosure_recalled", "Disclosure recalled";
        DisclosureCorrected = "disclosure_corrected", "Disclosure corrected";
        DecidedNotToShare = "decided_not_to_share", "Decided not to share";
        SubjectNotified = "subject_notified", "Subject notified";
        RecipientNotifiedOfErasure = "recipient_notified_of_erasure", "Recipient notified of erasure";
        CaseDisposed = "case_disposed", "Case disposed";
        KeyRotated = "key_rotated", "Key rotated";
        LogGenesis = "log_genesis", "Log opened";
        LogRecovered = "log_recovered", "Log recovered";
        LogPruned = "log_pruned", "Log pruned";
        PeriodSealed = "period_sealed", "Period sealed";
    }
}

vocabulary! {
    /// How what an entry of a log tells came out. `recorded`: nothing was asked that could be granted or refused.
    LogOutcome, "logOutcome" {
        Granted = "granted", "Granted";
        Refused = "refused", "Refused";
        Recorded = "recorded", "Recorded";
    }
}

/// One published list: its name, and each value with its label.
pub type List = (&'static str, Vec<(&'static str, &'static str)>);

fn list<V: Vocabulary>() -> List {
    (V::NAME, V::ALL.iter().map(|value| (value.as_str(), value.label())).collect())
}

/// Every list, in the order of this file.
#[must_use]
pub fn lists() -> Vec<List> {
    vec![
        list::<Role>(),
        list::<Basis>(),
        list::<Direction>(),
        list::<LawfulBasis>(),
        list::<Art9Condition>(),
        list::<Purpose>(),
        list::<InformationCategory>(),
        list::<RecipientType>(),
        list::<Channel>(),
        list::<ConsentDecision>(),
        list::<ConsentStatus>(),
        list::<ConditionKind>(),
        list::<ConsentMethod>(),
        list::<GranterRelation>(),
        list::<ParentalResponsibility>(),
        list::<PrEvidence>(),
        list::<DecisionKind>(),
        list::<CapacityOutcome>(),
        list::<RiskType>(),
        list::<ConsentSought>(),
        list::<NoConsentReason>(),
        list::<ToldSubject>(),
        list::<ConcernStatus>(),
        list::<ConcernOutcome>(),
        list::<ReviewFinding>(),
        list::<CaseStatus>(),
        list::<InterventionLevel>(),
        list::<ParticipantRole>(),
        list::<Relation>(),
        list::<PersonKind>(),
        list::<ContactKind>(),
        list::<ReferralSource>(),
        list::<ReasonForContact>(),
        list::<AppealType>(),
        list::<SenNeed>(),
        list::<SenProvision>(),
        list::<AgeBand>(),
        list::<Setting>(),
        list::<Outcome>(),
        list::<NoteKind>(),
        list::<Sensitivity>(),
        list::<FactOrOpinion>(),
        list::<AnnotationKind>(),
        list::<DisclosureStatus>(),
        list::<AccessReason>(),
        list::<TaskKind>(),
        list::<TaskStatus>(),
        list::<RetentionClass>(),
        list::<Remedy>(),
        list::<DisclosureLogKind>(),
        list::<LogOutcome>(),
    ]
}
