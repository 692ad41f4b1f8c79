//! Every closed list of values of the contract, with the label a form shows.
//!
//! Values are `lower_snake` in JSON, in the database and in tokens. Clients must accept values that are new to them in responses.
//! Over 350 lines because it is one list: the vocabulary.

/// A closed list of values: how each is written, and how a form labels it.
pub trait Vocabulary: Copy + Eq + 'static {
    /// All values, in the order of the list.
    const ALL: &'static [Self];
    /// The name of the list, as published by `/reference-data`.
    const NAME: &'static str;
    /// The value as written in JSON, database and tokens.
    fn as_str(self) -> &'static str;
    /// The text a form shows, in plain English.
    fn label(self) -> &'static str;
    /// How official lists write it: the school census of the Department for Education, UK GDPR. None for words of this service.
    fn official_code(self) -> Option<&'static str>;
    /// The value written so, if there is one.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.as_str() == text)
    }
}

macro_rules! official {
    () => {
        None
    };
    ($code:literal) => {
        Some($code)
    };
}

// The values are `tt`: the derive of the schema does not see a `literal` through the group that macros put around it, and would publish
// the names of the variants.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident, $list:literal { $($variant:ident = $value:tt, $label:literal $(, $code:literal)?;)+ }) => {
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
            fn official_code(self) -> Option<&'static str> {
                [$((Self::$variant, official!($($code)?)),)+].into_iter().find_map(|(value, code)| code.filter(|_| value == self))
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
        MachineIntake = "machine_intake", "Program: referrals from a form";
        MachineStatistics = "machine_statistics", "Program: reads statistics";
        MachineAudit = "machine_audit", "Program: reads the logs";
    }
}

vocabulary! {
    /// On what ground information leaves the service (C3). `data_subject_right` belongs to the dispatch of a decided subject access request alone.
    Basis, "basis" {
        Permission = "permission", "Permission";
        Safeguarding = "safeguarding", "Somebody is at risk (safeguarding)";
        Anonymised = "anonymised", "Nobody can be recognised (anonymised)";
        DataSubjectRight = "data_subject_right", "A person's right to what is held about them";
    }
}

vocabulary! {
    /// Whether information is passed on, or an outsider is asked for it, which tells that the family is known (C12).
    Direction, "direction" {
        Outbound = "outbound", "Passing information on";
        InboundRequest = "inbound_request", "Asking for information";
    }
}

vocabulary! {
    /// The lawful basis under UK GDPR Art. 6; not the same thing as permission.
    LawfulBasis, "lawfulBasis" {
        Consent = "consent", "Consent", "UK GDPR Art. 6(1)(a)";
        Contract = "contract", "Contract", "UK GDPR Art. 6(1)(b)";
        LegalObligation = "legal_obligation", "Legal obligation", "UK GDPR Art. 6(1)(c)";
        VitalInterests = "vital_interests", "Vital interests", "UK GDPR Art. 6(1)(d)";
        PublicTask = "public_task", "Public task", "UK GDPR Art. 6(1)(e)";
        RecognisedLegitimateInterest = "recognised_legitimate_interest", "Recognised legitimate interest", "UK GDPR Art. 6(1)(ea)";
    }
}

vocabulary! {
    /// The condition for special category data, UK GDPR Art. 9.
    Art9Condition, "art9Condition" {
        ExplicitConsent = "explicit_consent", "Explicit consent", "UK GDPR Art. 9(2)(a)";
        VitalInterests = "vital_interests", "Vital interests", "UK GDPR Art. 9(2)(c)";
        LegalClaims = "legal_claims", "Legal claims", "UK GDPR Art. 9(2)(f)";
        SubstantialPublicInterest = "substantial_public_interest", "Substantial public interest", "UK GDPR Art. 9(2)(g)";
        HealthSocialCare = "health_social_care", "Health or social care", "UK GDPR Art. 9(2)(h)";
    }
}

vocabulary! {
    /// What information is passed on for. `safeguarding` and `sar_response` are set by the service only.
    Purpose, "purpose" {
        Liaison = "liaison", "Speaking with officers and professionals";
        RequestInformation = "request_information", "Asking for information";
        PassInformation = "pass_information", "Passing information on";
        AttendMeeting = "attend_meeting", "Attending a meeting";
        FeedbackToReferrer = "feedback_to_referrer", "Feedback to whoever referred the family";
        IdentifyInIssue = "identify_in_issue", "Saying who is meant in an issue that is raised";
        Mediation = "mediation", "Mediation";
        Tribunal = "tribunal", "Tribunal";
        Complaint = "complaint", "Complaint";
        LegalRequest = "legal_request", "Request for legal proceedings";
        QualitySurvey = "quality_survey", "Survey of the quality of the service";
        Safeguarding = "safeguarding", "Safeguarding";
        SarResponse = "sar_response", "Answer to a subject access request";
    }
}

vocabulary! {
    /// A kind of information. Any disclosure also tells that the family is known.
    InformationCategory, "informationCategory" {
        ContactDetails = "contact_details", "Contact details";
        ConcernsRaised = "concerns_raised", "Concerns raised";
        ViewsAndWishes = "views_and_wishes", "Views and wishes";
        SenNeeds = "sen_needs", "Special educational needs";
        EhcPlan = "ehc_plan", "Education, health and care plan";
        SchoolProvision = "school_provision", "School provision";
        Attendance = "attendance", "Attendance";
        Exclusion = "exclusion", "Exclusion or suspension";
        Health = "health", "Health";
        SocialCare = "social_care", "Social care";
        FamilyCircumstances = "family_circumstances", "Family circumstances";
        ReferralDetails = "referral_details", "Details of the referral";
        LegalPapers = "legal_papers", "Legal papers";
    }
}

vocabulary! {
    /// The kind of an outside body.
    RecipientType, "recipientType" {
        LaSendTeam = "la_send_team", "Council: special educational needs team";
        LaLegal = "la_legal", "Council: legal services";
        LaSocialCare = "la_social_care", "Council: social care";
        LaDesignatedOfficer = "la_designated_officer", "Council: designated officer for allegations against staff";
        LaOtherTeam = "la_other_team", "Council: another team";
        MashSafeguardingHub = "mash_safeguarding_hub", "Safeguarding hub";
        Police = "police", "Police";
        School = "school", "School";
        College = "college", "College";
        EarlyYears = "early_years", "Early years setting";
        HealthNhs = "health_nhs", "Health service (NHS)";
        Camhs = "camhs", "Child and adolescent mental health service";
        Gp = "gp", "General practice";
        Icb = "icb", "Integrated care board";
        Tribunal = "tribunal", "Tribunal";
        Mediator = "mediator", "Mediator";
        Solicitor = "solicitor", "Solicitor";
        MpCouncillor = "mp_councillor", "Member of Parliament or councillor";
        VoluntaryOrg = "voluntary_org", "Voluntary organisation";
        ParentCarerForum = "parent_carer_forum", "Parent carer forum";
        OtherIass = "other_iass", "Another information, advice and support service";
        Ombudsman = "ombudsman", "Ombudsman";
        OfstedCqc = "ofsted_cqc", "Ofsted or Care Quality Commission";
        Court = "court", "Court";
    }
}

vocabulary! {
    /// By which way information travels.
    Channel, "channel" {
        SecureEmail = "secure_email", "Secure email";
        PostTracked = "post_tracked", "Tracked post";
        Portal = "portal", "Secure portal";
        Phone = "phone", "Phone";
        Meeting = "meeting", "Meeting";
        Video = "video", "Video call";
        InPersonHandover = "in_person_handover", "Handed over in person";
    }
}

vocabulary! {
    /// Whether permission was given or refused.
    ConsentDecision, "consentDecision" {
        Given = "given", "Permission given";
        Refused = "refused", "Permission refused";
    }
}

vocabulary! {
    /// Where a permission or refusal stands.
    ConsentStatus, "consentStatus" {
        Live = "live", "In force";
        Withdrawn = "withdrawn", "Withdrawn";
        Expired = "expired", "Expired";
        Superseded = "superseded", "Replaced by another record";
        EnteredInError = "entered_in_error", "Entered in error";
    }
}

vocabulary! {
    /// The closed list of conditions a permission may carry (R15).
    ConditionKind, "conditionKind" {
        CopyToGranter = "copy_to_granter", "A copy goes to whoever gave permission";
        NotBefore = "not_before", "Not before a date";
        ChannelIn = "channel_in", "By certain channels only";
        OnceOnly = "once_only", "Once only";
    }
}

vocabulary! {
    /// How permission was expressed.
    ConsentMethod, "consentMethod" {
        WrittenSigned = "written_signed", "In writing, signed";
        ElectronicForm = "electronic_form", "Electronic form";
        Email = "email", "Email";
        Letter = "letter", "Letter";
        VerbalPhone = "verbal_phone", "Spoken, by phone";
        VerbalInPerson = "verbal_in_person", "Spoken, in person";
        VideoCall = "video_call", "Video call";
        InterpreterOrBsl = "interpreter_or_bsl", "Through an interpreter or in British Sign Language";
        AacSymbolsEasyRead = "aac_symbols_easy_read", "By communication aid, symbols or easy read";
        ViaAuthorisedRepresentative = "via_authorised_representative", "Through an authorised representative";
    }
}

vocabulary! {
    /// In which capacity somebody permits.
    GranterRelation, "granterRelation" {
        OwnSelf = "self", "For themselves";
        ParentWithPr = "parent_with_pr", "Parent with parental responsibility";
        ParentWithoutPr = "parent_without_pr", "Parent without parental responsibility";
        Guardian = "guardian", "Guardian";
        LaAsCorporateParent = "la_as_corporate_parent", "Council as corporate parent";
        Deputy = "deputy", "Deputy appointed by the Court of Protection";
        Attorney = "attorney", "Attorney under a lasting power";
        RepresentativeReg64 = "representative_reg64", "Representative (SEND Regulations 2014, regulation 64)";
    }
}

vocabulary! {
    /// Whether somebody holds parental responsibility for one child.
    ParentalResponsibility, "parentalResponsibility" {
        Yes = "yes", "Yes";
        No = "no", "No";
        Unknown = "unknown", "Not known";
        Disputed = "disputed", "Disputed";
        RestrictedByOrder = "restricted_by_order", "Restricted by a court order";
        NotApplicable = "not_applicable", "Does not apply";
    }
}

vocabulary! {
    /// What a statement of parental responsibility rests on.
    PrEvidence, "prEvidence" {
        SelfDeclared = "self_declared", "Said so themselves";
        DocumentSeen = "document_seen", "A document was seen";
        OrderSeen = "order_seen", "A court order was seen";
        CouncilConfirmed = "council_confirmed", "The council confirmed it";
    }
}

vocabulary! {
    /// The kind of decision a competence or capacity record is about.
    DecisionKind, "decisionKind" {
        ShareInformation = "share_information", "Sharing information";
        OwnCase = "own_case", "Having a case of their own";
        SubjectAccess = "subject_access", "Asking for what is held about them";
    }
}

vocabulary! {
    /// In which capacity somebody asks for what is held about a person (UK GDPR Article 15).
    RequesterCapacity, "requesterCapacity" {
        Subject = "subject", "For themselves";
        Parent = "parent", "As parent, for their child";
        Representative = "representative", "As representative";
        Solicitor = "solicitor", "As solicitor";
    }
}

vocabulary! {
    /// What starts, stops or lengthens the clock of a subject access request (UK GDPR Article 12A).
    ClockEventKind, "clockEventKind" {
        IdentityAsked = "identity_asked", "Proof of identity asked for";
        IdentityReceived = "identity_received", "Proof of identity arrived";
        AuthorityAsked = "authority_asked", "Proof of authority asked for";
        AuthorityReceived = "authority_received", "Proof of authority arrived";
        ClarificationAsked = "clarification_asked", "Asked what is wanted";
        ClarificationReceived = "clarification_received", "Told what is wanted";
        Extended = "extended", "Extended by two months";
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
        Physical = "physical", "Physical harm";
        Emotional = "emotional", "Emotional harm";
        Sexual = "sexual", "Sexual harm";
        Neglect = "neglect", "Neglect";
        Exploitation = "exploitation", "Exploitation";
        DomesticAbuse = "domestic_abuse", "Domestic abuse";
        SelfHarmSuicide = "self_harm_suicide", "Self-harm or suicide";
        Radicalisation = "radicalisation", "Radicalisation";
        AdultAtRisk = "adult_at_risk", "Adult at risk";
        StaffAllegation = "staff_allegation", "Allegation against staff";
        SeriousHarmToOther = "serious_harm_to_other", "Serious harm to somebody else";
    }
}

vocabulary! {
    /// Whether permission was sought before passing on a risk; recorded, never decisive.
    ConsentSought, "consentSought" {
        NotSought = "not_sought", "Permission was not asked for";
        SoughtGiven = "sought_given", "Asked for and given";
        SoughtRefused = "sought_refused", "Asked for and refused";
    }
}

vocabulary! {
    /// Why permission was not sought (DPA 2018 Sch. 1 para 18).
    NoConsentReason, "noConsentReason" {
        CannotGive = "cannot_give", "The person cannot give permission";
        CannotReasonablyObtain = "cannot_reasonably_obtain", "It cannot reasonably be obtained";
        WouldPrejudiceProtection = "would_prejudice_protection", "Asking would endanger the protection";
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
        Shared = "shared", "Passed on";
        NotShared = "not_shared", "Not passed on";
        Reviewed = "reviewed", "Reviewed";
    }
}

vocabulary! {
    /// What was decided about a safeguarding concern.
    ConcernOutcome, "concernOutcome" {
        Shared = "shared", "Passed on";
        NotShared = "not_shared", "Not passed on";
    }
}

vocabulary! {
    /// What was done or learnt of a safeguarding concern later; linked to it, never an edit.
    ConcernAnnotationKind, "concernAnnotationKind" {
        SubjectTold = "subject_told", "The person was told";
        ReasonRenewed = "reason_renewed", "The reason for not telling the person still holds";
        Information = "information", "More was learnt";
        FoundUnfounded = "found_unfounded", "Turned out to be unfounded";
        Correction = "correction", "Correction";
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
        Subject = "subject", "Child or young person the case is about";
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
        OwnSelf = "self", "The child or young person themselves";
        Parent = "parent", "Parent";
        StepParent = "step_parent", "Step-parent";
        Grandparent = "grandparent", "Grandparent";
        Guardian = "guardian", "Guardian";
        FosterCarer = "foster_carer", "Foster carer";
        Sibling = "sibling", "Sibling";
        LaAsCorporateParent = "la_as_corporate_parent", "Council as corporate parent";
        Deputy = "deputy", "Deputy appointed by the Court of Protection";
        Attorney = "attorney", "Attorney under a lasting power";
        RepresentativeReg64 = "representative_reg64", "Representative (SEND Regulations 2014, regulation 64)";
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
        Anonymous = "anonymous", "Anonymous enquirer";
        Other = "other", "Other";
    }
}

vocabulary! {
    /// The kind of a contact.
    ContactKind, "contactKind" {
        Mobile = "mobile", "Mobile phone";
        Landline = "landline", "Landline phone";
        Email = "email", "Email";
        Postal = "postal", "Postal address";
    }
}

vocabulary! {
    /// How the family came to the service.
    ReferralSource, "referralSource" {
        SelfParent = "self_parent", "The parent carer themselves";
        SelfYoungPerson = "self_young_person", "The young person themselves";
        School = "school", "School";
        EarlyYears = "early_years", "Early years setting";
        College = "college", "College";
        LaSendTeam = "la_send_team", "Council's special educational needs team";
        SocialCare = "social_care", "Social care";
        Health = "health", "Health";
        VoluntarySector = "voluntary_sector", "Voluntary sector";
        ParentCarerForum = "parent_carer_forum", "Parent carer forum";
        LocalOfferWebsite = "local_offer_website", "Local offer website";
        OtherIass = "other_iass", "Another information, advice and support service";
        WordOfMouth = "word_of_mouth", "Word of mouth";
        Unknown = "unknown", "Not known";
    }
}

vocabulary! {
    /// Where a referral stands.
    ReferralStatus, "referralStatus" {
        Received = "received", "Received";
        Accepted = "accepted", "Accepted";
        Declined = "declined", "Declined";
        Signposted = "signposted", "Signposted";
    }
}

vocabulary! {
    /// What is done about a referral.
    ReferralDecision, "referralDecision" {
        Accept = "accept", "Accept";
        Decline = "decline", "Decline";
        Signpost = "signpost", "Signpost";
    }
}

vocabulary! {
    /// Why the family contacted the service.
    ReasonForContact, "reasonForContact" {
        LegalFramework = "legal_framework", "Legal framework";
        LocalSendProcess = "local_send_process", "Local processes for special educational needs";
        SupportGroupsLocalServices = "support_groups_local_services", "Support groups and local services";
        Funding = "funding", "Funding";
        PaperworkHelp = "paperwork_help", "Help with paperwork";
        CommunicationWithSchoolOrLa = "communication_with_school_or_la", "Communication with the school or the council";
        ExclusionSuspension = "exclusion_suspension", "Exclusion or suspension";
        PersonalBudget = "personal_budget", "Personal budget";
        HealthProvision = "health_provision", "Health provision";
        SocialCareProvision = "social_care_provision", "Social care provision";
        DisagreementResolution = "disagreement_resolution", "Disagreement resolution";
        Mediation = "mediation", "Mediation";
        TribunalAppeal = "tribunal_appeal", "Appeal to the tribunal";
        SenSupportSchool = "sen_support_school", "SEN support at school";
        EhcNeedsAssessmentRequest = "ehc_needs_assessment_request", "Asking for an education, health and care needs assessment";
        DraftPlan = "draft_plan", "Draft of an education, health and care plan";
        FinalPlanContent = "final_plan_content", "Content of a final education, health and care plan";
        AnnualReview = "annual_review", "Annual review of a plan";
        PlacementNamedSchool = "placement_named_school", "Placement or the school named in a plan";
        PhaseTransfer = "phase_transfer", "Moving to the next phase of education";
        CeaseToMaintain = "cease_to_maintain", "Ending of a plan";
        PreparingForAdulthood = "preparing_for_adulthood", "Preparing for adulthood";
        Complaint = "complaint", "Complaint";
        Transport = "transport", "Transport";
        AttendanceNonAttendance = "attendance_non_attendance", "Attendance";
        ElectiveHomeEducation = "elective_home_education", "Elective home education";
        PartTimeTimetable = "part_time_timetable", "Part-time timetable";
        Discrimination = "discrimination", "Discrimination";
        Other = "other", "Other";
    }
}

vocabulary! {
    /// What a tribunal appeal is about.
    AppealType, "appealType" {
        RefusalToAssess = "refusal_to_assess", "Refusal to assess";
        RefusalToIssue = "refusal_to_issue", "Refusal to issue a plan";
        SectionIPlacement = "section_i_placement", "Placement (section I of a plan)";
        SectionsBFContent = "sections_b_f_content", "Content (sections B and F of a plan)";
        ExtendedHealthSocialCare = "extended_health_social_care", "Extended appeal on health or social care";
        CeaseToMaintain = "cease_to_maintain", "Ending of a plan";
        PaperHearing = "paper_hearing", "Decided on papers, without a hearing";
        DisabilityDiscrimination = "disability_discrimination", "Disability discrimination";
    }
}

vocabulary! {
    /// Type of special educational need, by the codes of the school census.
    SenNeed, "senNeed" {
        Spld = "spld", "Specific learning difficulty", "SPLD";
        Mld = "mld", "Moderate learning difficulty", "MLD";
        Sld = "sld", "Severe learning difficulty", "SLD";
        Pmld = "pmld", "Profound and multiple learning difficulty", "PMLD";
        Semh = "semh", "Social, emotional and mental health", "SEMH";
        Slcn = "slcn", "Speech, language and communication needs", "SLCN";
        Hi = "hi", "Hearing impairment", "HI";
        Vi = "vi", "Vision impairment", "VI";
        Msi = "msi", "Multi-sensory impairment", "MSI";
        Pd = "pd", "Physical disability", "PD";
        Asd = "asd", "Autistic spectrum disorder", "ASD";
        Ds = "ds", "Down syndrome", "DS";
        Oth = "oth", "Other difficulty or disability", "OTH";
        Nsa = "nsa", "SEN support but no specialist assessment of type of need", "NSA";
    }
}

vocabulary! {
    /// Special educational provision: `e` plan, `k` SEN support, `n` none.
    SenProvision, "senProvision" {
        E = "e", "Education, health and care plan", "E";
        K = "k", "SEN support", "K";
        N = "n", "No special educational provision", "N";
        Undiagnosed = "undiagnosed", "Not yet assessed";
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
        Mainstream = "mainstream", "Mainstream school";
        Special = "special", "Special school";
        AlternativeProvision = "alternative_provision", "Alternative provision";
        Independent = "independent", "Independent school";
        EarlyYears = "early_years", "Early years setting";
        FurtherEducation = "further_education", "Further education";
        ElectiveHomeEducation = "elective_home_education", "Elective home education";
        EducationOtherwise = "education_otherwise", "Education otherwise than at school";
        None = "none", "No setting";
    }
}

vocabulary! {
    /// What came of a case.
    Outcome, "outcome" {
        Ongoing = "ongoing", "Still going on";
        InformationGiven = "information_given", "Information given";
        Agreed = "agreed", "Agreed";
        PartlyAgreed = "partly_agreed", "Partly agreed";
        NotAgreed = "not_agreed", "Not agreed";
        Mediation = "mediation", "Went to mediation";
        Tribunal = "tribunal", "Went to the tribunal";
        Signposted = "signposted", "Told who else can help";
        EndedByUser = "ended_by_user", "Ended by the service user";
    }
}

vocabulary! {
    /// The kind of a note.
    NoteKind, "noteKind" {
        Discussion = "discussion", "Talk with the family";
        Liaison = "liaison", "Contact with officers or professionals";
        InformationReceived = "information_received", "Information received";
        Internal = "internal", "Internal note";
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
        RecallNoticeSent = "recall_notice_sent", "Told that the permission has ended";
        SubjectTold = "subject_told", "The person was told";
        NoticeDeclined = "notice_declined", "Nobody is told: whoever permitted does not wish it, or it cannot be done";
        NotSent = "not_sent", "Was not sent after all";
        FoundUnfounded = "found_unfounded", "Turned out to be unfounded";
        Correction = "correction", "Correction";
    }
}

vocabulary! {
    /// Where a disclosure stands. All are sent when they are recorded; only an extract for legal proceedings is drafted first (C15).
    DisclosureStatus, "disclosureStatus" {
        Draft = "draft", "Drafted";
        Approved = "approved", "Drafted, and its items are fixed";
        Sent = "sent", "Sent";
        Blocked = "blocked", "Can never be sent: what it rested on has ended";
        Cancelled = "cancelled", "Given up";
    }
}

vocabulary! {
    /// Whether the service asks somebody outside for information, or somebody outside asks (C12).
    AskedBy, "askedBy" {
        Service = "service", "The service asks";
        Outside = "outside", "Somebody outside asks";
    }
}

vocabulary! {
    /// Where a request for information stands.
    InformationRequestStatus, "informationRequestStatus" {
        Asked = "asked", "Asked";
        Received = "received", "Received";
        Answered = "answered", "Answered";
        PartlyAnswered = "partly_answered", "Partly answered";
        Refused = "refused", "Refused";
        NoReply = "no_reply", "No reply came";
        NoPermission = "no_permission", "There is no permission to answer";
        Cancelled = "cancelled", "Called off";
    }
}

vocabulary! {
    /// What came of a request for information.
    RequestResponse, "requestResponse" {
        Answered = "answered", "Answered";
        PartlyAnswered = "partly_answered", "Partly answered";
        Refused = "refused", "Refused";
        NoReply = "no_reply", "No reply came";
        NoPermission = "no_permission", "There is no permission to answer";
    }
}

vocabulary! {
    /// Where a request for legal proceedings stands (C15).
    LegalRequestStatus, "legalRequestStatus" {
        Received = "received", "Received";
        Considering = "considering", "Considered";
        PermissionSought = "permission_sought", "Permission is sought";
        Granted = "granted", "Granted";
        Extracted = "extracted", "Extracted";
        SentAndCopied = "sent_and_copied", "Sent and copied";
        Refused = "refused", "Refused";
        Blocked = "blocked", "Blocked: what it rested on has ended";
        Closed = "closed", "Closed";
    }
}

vocabulary! {
    /// What the service manager decides about a request for legal proceedings.
    LegalDecision, "legalDecision" {
        Consider = "consider", "Consider it";
        SeekPermission = "seek_permission", "Have permission sought";
        Grant = "grant", "Grant";
        Refuse = "refuse", "Refuse";
    }
}

vocabulary! {
    /// Whether an item goes into an extract.
    LegalItemDecision, "legalItemDecision" {
        Include = "include", "Include";
        LeaveOut = "leave_out", "Leave out";
    }
}

vocabulary! {
    /// By which way a subject access request came. Any counts, spoken or misrouted, too.
    SarRoute, "sarRoute" {
        Letter = "letter", "Letter";
        Email = "email", "Email";
        WebForm = "web_form", "Form on a website";
        SpokenPhone = "spoken_phone", "Spoken, by phone";
        SpokenInPerson = "spoken_in_person", "Spoken, in person";
        SocialMedia = "social_media", "Social media";
        Misrouted = "misrouted", "Came by way of another part of the council or another body";
    }
}

vocabulary! {
    /// Where a subject access request stands (C9).
    SarStatus, "sarStatus" {
        Received = "received", "Received";
        AwaitingIdentity = "awaiting_identity", "Proof of identity or authority is awaited";
        Running = "running", "Being answered";
        Paused = "paused", "Paused until it is clear what is asked for";
        Ready = "ready", "Ready to be sent";
        Sent = "sent", "Sent";
        Refused = "refused", "Refused";
    }
}

vocabulary! {
    /// What becomes of an item of a subject access request.
    SarItemDecision, "sarItemDecision" {
        Include = "include", "Include";
        Redact = "redact", "Include in part";
        Withhold = "withhold", "Withhold";
    }
}

vocabulary! {
    /// On what ground an item is withheld in whole or in part, or a request refused (Data Protection Act 2018). The exemption of education data is for what
    /// schools hold.
    SarExemption, "sarExemption" {
        S2P3RightsOfOthers = "s2_p3_rights_of_others", "Rights of others", "DPA 2018 Sch. 2 Pt. 3";
        S3P2HealthSeriousHarm = "s3_p2_health_serious_harm", "Health data: serious harm", "DPA 2018 Sch. 3 Pt. 2";
        S3P3SocialWorkSeriousHarm = "s3_p3_social_work_serious_harm", "Social work data: serious harm", "DPA 2018 Sch. 3 Pt. 3";
        S3P5ChildAbuseBestInterests = "s3_p5_child_abuse_best_interests", "Child abuse data: best interests", "DPA 2018 Sch. 3 Pt. 5";
        S4EhcPlanRestricted = "s4_ehc_plan_restricted", "Education, health and care plan", "DPA 2018 Sch. 4";
        S2LegalPrivilege = "s2_legal_privilege", "Legal professional privilege", "DPA 2018 Sch. 2 Pt. 4";
        S2Crime = "s2_crime", "Crime", "DPA 2018 Sch. 2 Pt. 1";
        ManifestlyUnfoundedOrExcessive = "manifestly_unfounded_or_excessive", "Manifestly unfounded or excessive", "UK GDPR Art. 12(5)";
    }
}

vocabulary! {
    /// Why an item may be about others, too, whose rights count (C4, C9).
    SarThirdParty, "sarThirdParty" {
        FromAnother = "from_another", "Somebody else told it";
        AboutAnother = "about_another", "It is about somebody else, too";
        NamesOthers = "names_others", "It names people who do not take part";
        NamesProfessional = "names_professional", "It is about a professional";
        ReceivedInConfidence = "received_in_confidence", "It was received under the term that it is not passed on";
        SubjectsOwnWords = "subjects_own_words", "The subject told it, and somebody else asks";
        KeptConfidential = "kept_confidential", "Somebody else wishes that it stays in confidence";
    }
}

vocabulary! {
    /// How far a file is that is made beside the request for it.
    BundleStatus, "bundleStatus" {
        Building = "building", "It is being made";
        Ready = "ready", "It can be fetched";
        Failed = "failed", "It could not be made";
    }
}

vocabulary! {
    /// Why a service manager opens a restricted case or note (C4).
    AccessReason, "accessReason" {
        Supervision = "supervision", "Supervision";
        AbsenceCover = "absence_cover", "Cover for an absence";
        Safeguarding = "safeguarding", "Safeguarding";
        Complaint = "complaint", "Complaint";
        SubjectAccessRequest = "subject_access_request", "Subject access request";
        LegalRequest = "legal_request", "Request for legal proceedings";
        Retention = "retention", "Keeping or disposal";
    }
}

vocabulary! {
    /// Why a task stands on the work list.
    TaskKind, "taskKind" {
        SafeguardingDecision = "safeguarding_decision", "Decide about a risk";
        SafeguardingReview = "safeguarding_review", "Review what was decided about a risk";
        RecallNotice = "recall_notice", "Tell a recipient that the permission has ended";
        ConflictReview = "conflict_review", "Look at a conflict";
        RetentionReview = "retention_review", "Review the keeping of a case";
        TellSubject = "tell_subject", "Tell the person";
        RecipientReview = "recipient_review", "Review a recipient entered on the spot";
        AnnulmentReview = "annulment_review", "Review what rested on an annulled permission";
        BreachAssessment = "breach_assessment", "Assess a possible data breach";
        CapacityReview = "capacity_review", "Review a record of capacity";
        PermissionEnding = "permission_ending", "Ask whether a permission that ends is given again";
        ReferralRisk = "referral_risk", "Look at a risk stated in a referral";
        LegalRequest = "legal_request", "Decide about a request for legal proceedings";
        SeekPermission = "seek_permission", "Ask for permission to answer a request for legal proceedings";
        InformationRequestDue = "information_request_due", "Answer a request for information, or ask for the answer";
        HoldReview = "hold_review", "Look again at a hold: release it, or place another";
        SarTarget = "sar_target", "Send the answer to a subject access request";
        SarAlert = "sar_alert", "Send the answer to a subject access request: the last day";
        SarNotice = "sar_notice", "The last day to tell that a subject access request takes longer";
        SarChase = "sar_chase", "Ask again for what a subject access request waits for, or refuse it";
    }
}

vocabulary! {
    /// What an entry of the timeline of a case tells.
    TimelineKind, "timelineKind" {
        CaseOpened = "case_opened", "The case was opened";
        LevelChanged = "level_changed", "The intervention level changed";
        CaseClosed = "case_closed", "The case was closed";
        CaseReopened = "case_reopened", "The case was reopened";
        CasePaused = "case_paused", "The case became inactive";
        CaseResumed = "case_resumed", "Work on the case went on";
        CaseAssigned = "case_assigned", "The case was given to somebody";
        RestrictionChanged = "restriction_changed", "Who may open the case changed";
        ParticipantAdded = "participant_added", "Somebody joined the case";
        ParticipantLeft = "participant_left", "Somebody left the case";
        ParticipantReturned = "participant_returned", "Somebody who had left takes part again";
        ResponsibilityChanged = "responsibility_changed", "Somebody's parental responsibility changed";
        ServedSeparately = "served_separately", "Somebody is served separately from now on";
        ServedTogether = "served_together", "Somebody is served with the others again";
        NoteWritten = "note_written", "A note was written";
        NoteCorrected = "note_corrected", "A note was corrected";
        NoteReceived = "note_received", "A note came from another case";
        NoteRelocated = "note_relocated", "A note went to another case";
        ConsentGiven = "consent_given", "Permission was given";
        ConsentRefused = "consent_refused", "Permission was refused";
        ConsentEnded = "consent_ended", "A permission or refusal ended";
        DisclosureMade = "disclosure_made", "Information was passed on";
        ConcernRaised = "concern_raised", "A risk was recorded";
        ConcernDecided = "concern_decided", "It was decided not to pass on a risk";
        ConcernReviewed = "concern_reviewed", "What was decided about a risk was reviewed";
        InformationRequested = "information_requested", "Information was asked for";
        ReferralAccepted = "referral_accepted", "A referral was accepted";
        ReferralReceived = "referral_received", "A referral came from another case";
        ReferralRelocated = "referral_relocated", "A referral went to another case";
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
        Rc02InformationOnly = "rc02_information_only", "Information only, with identity";
        Rc03ChildCasework = "rc03_child_casework", "Child casework";
        Rc04EhcpTribunal = "rc04_ehcp_tribunal", "Education, health and care plan or tribunal";
        Rc05YoungPersonOwn = "rc05_young_person_own", "A young person's own case";
        Rc06ParentOnly = "rc06_parent_only", "A parent's words, child not identified";
        Rc07LookedAfter = "rc07_looked_after", "Child who was ever looked after";
        Rc08Safeguarding = "rc08_safeguarding", "Safeguarding";
        Rc09ConsentRecord = "rc09_consent_record", "Records of permission";
        Rc10DisclosureLog = "rc10_disclosure_log", "Disclosure log";
        Rc11Sar = "rc11_sar", "Subject access request";
        Rc12LegalRequest = "rc12_legal_request", "Request for legal proceedings";
        Rc13AccessAudit = "rc13_access_audit", "Access log";
        Rc14Statistics = "rc14_statistics", "Statistics";
        Rc15DpComplaint = "rc15_dp_complaint", "Data protection complaint";
    }
}

vocabulary! {
    /// From when the period of a retention class counts (C16).
    RetentionTrigger, "retentionTrigger" {
        Closure = "closure", "The record is closed";
        LastContact = "last_contact", "The last contact";
        Birth = "birth", "The birth of the child or young person";
        Event = "event", "What happened";
        LastReliance = "last_reliance", "The last disclosure that relied on it";
        Disposal = "disposal", "The case is disposed of";
        ProceedingsEnd = "proceedings_end", "The proceedings end";
        Publication = "publication", "It is published";
    }
}

vocabulary! {
    /// What becomes of a record whose period is over (C16).
    RetentionAction, "retentionAction" {
        Delete = "delete", "It is deleted";
        ReviewThenDelete = "review_then_delete", "It is looked at, and deleted";
        OfferToArchive = "offer_to_archive", "It is looked at, and offered to an archive";
        DecideTogether = "decide_together", "The manager and the data protection officer decide";
    }
}

vocabulary! {
    /// Why a case is kept although its time is over (C16).
    HoldReason, "holdReason" {
        Litigation = "litigation", "Legal proceedings";
        OpenSar = "open_sar", "Subject access request that is not answered yet";
        Inquiry = "inquiry", "Inquiry or review";
        Safeguarding = "safeguarding", "Somebody is at risk";
        Complaint = "complaint", "Complaint";
    }
}

vocabulary! {
    /// Where a disposal stands (C16).
    DisposalStatus, "disposalStatus" {
        Proposed = "proposed", "Proposed";
        Executed = "executed", "Done";
        Cancelled = "cancelled", "Given up";
    }
}

vocabulary! {
    /// On what ground cases are disposed of (C16).
    DisposalGround, "disposalGround" {
        PeriodOver = "period_over", "The period of the retention schedule is over";
        BirthDateUnknown = "birth_date_unknown", "The manager looked at it: the date of birth cannot be found out";
        ErasureRequest = "erasure_request", "Somebody asked for erasure and is right", "UK GDPR Art. 17";
    }
}

vocabulary! {
    /// Whether those who received something were told of its erasure, or why not.
    ErasureNotice, "erasureNotice" {
        Notified = "notified", "They were told", "UK GDPR Art. 19";
        NotRequired = "not_required", "The period is over: nobody asked for erasure";
        Impossible = "impossible", "They cannot be told";
        Disproportionate = "disproportionate", "To tell them would take disproportionate effort";
    }
}

vocabulary! {
    /// How cases were disposed of.
    DisposalMethod, "disposalMethod" {
        KeysDestroyed = "keys_destroyed", "The keys were destroyed and the rows deleted";
    }
}

vocabulary! {
    /// What would make a refused disclosure possible.
    Remedy, "remedy" {
        AskPermission = "ask_permission", "Ask for permission";
        LeaveOut = "leave_out", "Leave it out";
        Anonymise = "anonymise", "Make it anonymous";
        AskManager = "ask_manager", "Ask the service manager";
    }
}

vocabulary! {
    /// What an entry of the disclosure log tells.
    DisclosureLogKind, "disclosureLogKind" {
        DisclosureMade = "disclosure_made", "Information was passed on";
        DisclosureRefused = "disclosure_refused", "Passing on was refused";
        DisclosureRecalled = "disclosure_recalled", "The recipient was told that the permission has ended";
        DisclosureCorrected = "disclosure_corrected", "A disclosure was corrected";
        DecidedNotToShare = "decided_not_to_share", "Decided not to share";
        SubjectNotified = "subject_notified", "The person was told";
        RecipientNotifiedOfErasure = "recipient_notified_of_erasure", "The recipient was told of an erasure";
        CaseDisposed = "case_disposed", "A case was disposed of";
        KeyRotated = "key_rotated", "A key was replaced";
        LogGenesis = "log_genesis", "The log was opened";
        LogRecovered = "log_recovered", "The log was recovered";
        LogPruned = "log_pruned", "The log was pruned";
        PeriodSealed = "period_sealed", "A period was sealed";
    }
}

vocabulary! {
    /// What an entry of the access log tells. What was tried and refused is told by its operation.
    AccessLogKind, "accessLogKind" {
        Read = "read", "Read";
        Listed = "listed", "Listed";
        Searched = "searched", "Searched";
        Created = "created", "Created";
        Changed = "changed", "Changed";
        Exported = "exported", "Exported";
        Refused = "refused", "Refused";
        CaseDisposed = "case_disposed", "Case disposed";
        KeyRotated = "key_rotated", "Key rotated";
        LogGenesis = "log_genesis", "Log opened";
        LogRecovered = "log_recovered", "Log recovered";
        LogPruned = "log_pruned", "Log pruned";
    }
}

vocabulary! {
    /// What kind of record was looked at or changed.
    AccessTarget, "accessTarget" {
        Staff = "staff", "Member of staff";
        Recipient = "recipient", "Body of the register";
        Task = "task", "Task";
        Referral = "referral", "Referral";
        Person = "person", "Person";
        PersonMerge = "person_merge", "Merge of two people";
        CapacityRecord = "capacity_record", "Capacity record";
        Case = "case", "Case";
        Participant = "participant", "Participant";
        Note = "note", "Note";
        Consent = "consent", "Permission or refusal";
        Disclosure = "disclosure", "Disclosure";
        InformationRequest = "information_request", "Request for information";
        LegalRequest = "legal_request", "Request for legal proceedings";
        SubjectAccessRequest = "subject_access_request", "Subject access request";
        Concern = "safeguarding_concern", "Safeguarding concern";
        DisclosureLog = "disclosure_log", "Disclosure log";
        AccessLog = "access_log", "Access log";
        TagKey = "tag_key", "Tag key of a case";
        RetentionHold = "retention_hold", "Hold on a case";
        Disposal = "disposal", "Disposal of cases";
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

vocabulary! {
    /// What a key is for that was replaced.
    RotatedKey, "rotatedKey" {
        Log = "log", "The key that signs the log";
        KeyEncryption = "key_encryption", "The key that wraps the keys of cases and people";
        Data = "data", "The keys of cases and people";
    }
}

vocabulary! {
    /// What can be wrong with a stored log.
    LogFault, "logFault" {
        EntryMissing = "entry_missing", "The entry is not there";
        EntryMalformed = "entry_malformed", "The entry is not in the form of an entry";
        EntryAltered = "entry_altered", "The entry is not what was hashed";
        ColumnDiffers = "column_differs", "The entry is found by something else than it says";
        TimeDecreases = "time_decreases", "The entry is older than the one before it";
        LeafMissing = "leaf_missing", "The hash of the entry is not there";
        SubtreeDiffers = "subtree_differs", "A row of the tree is missing, or is not that of its entries";
        RootDiffers = "root_differs", "The root of the tree is not that of its entries";
        CheckpointDiffers = "checkpoint_differs", "What was signed is not the root of the entries";
        CheckpointUnsigned = "checkpoint_unsigned", "No known key signed the checkpoint";
        SidecarMissing = "sidecar_missing", "The last checkpoint is not kept outside the database";
        SidecarDiffers = "sidecar_differs", "What is kept outside the database is not the root of the entries";
        CaseDiffers = "case_differs", "The entry is filed under another case, or under none";
        OpeningsMissing = "openings_missing", "What the commitments of the entry stand for is not there";
        OpeningsUnreadable = "openings_unreadable", "What the commitments of the entry stand for cannot be read";
        OpeningsDiffer = "openings_differ", "What is kept is not what the entry commits to";
        ErasedUnaccounted = "erased_unaccounted", "More entries lost their case than disposals account for";
        NotErased = "not_erased", "Disposals account for more entries than lost their case";
    }
}

/// One published list: its name, and each value with its label and its official code.
pub type List = (&'static str, Vec<(&'static str, &'static str, Option<&'static str>)>);

fn list<V: Vocabulary>() -> List {
    (V::NAME, V::ALL.iter().map(|value| (value.as_str(), value.label(), value.official_code())).collect())
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
        list::<ConcernAnnotationKind>(),
        list::<ReviewFinding>(),
        list::<CaseStatus>(),
        list::<InterventionLevel>(),
        list::<ParticipantRole>(),
        list::<Relation>(),
        list::<PersonKind>(),
        list::<ContactKind>(),
        list::<ReferralSource>(),
        list::<ReferralStatus>(),
        list::<ReferralDecision>(),
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
        list::<AskedBy>(),
        list::<InformationRequestStatus>(),
        list::<RequestResponse>(),
        list::<LegalRequestStatus>(),
        list::<LegalDecision>(),
        list::<LegalItemDecision>(),
        list::<RequesterCapacity>(),
        list::<ClockEventKind>(),
        list::<SarRoute>(),
        list::<SarStatus>(),
        list::<SarItemDecision>(),
        list::<SarExemption>(),
        list::<SarThirdParty>(),
        list::<BundleStatus>(),
        list::<AccessReason>(),
        list::<TimelineKind>(),
        list::<TaskKind>(),
        list::<TaskStatus>(),
        list::<RetentionClass>(),
        list::<RetentionTrigger>(),
        list::<RetentionAction>(),
        list::<HoldReason>(),
        list::<DisposalStatus>(),
        list::<DisposalGround>(),
        list::<ErasureNotice>(),
        list::<DisposalMethod>(),
        list::<Remedy>(),
        list::<DisclosureLogKind>(),
        list::<AccessLogKind>(),
        list::<AccessTarget>(),
        list::<LogOutcome>(),
        list::<RotatedKey>(),
        list::<LogFault>(),
    ]
}
