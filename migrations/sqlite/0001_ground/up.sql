-- The ground of the record. Columns named `sealed` hold personal text, encrypted under a key of the case or person; nothing personal
-- stands in the clear. Lists that are never searched are JSON. Times are microseconds since 1970, ids are 16-byte UUIDs.

CREATE TABLE deployment (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    id BLOB NOT NULL CHECK (length(id) = 16),
    -- Public names of the keys it was opened with, so that it is not run with others by mistake.
    keys TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Data keys, wrapped by the key-encryption key. Disposal sets `wrapped` to NULL and what it sealed is gone.
CREATE TABLE sealing_key (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('case', 'person', 'referral', 'subject_access')),
    owner_id BLOB NOT NULL CHECK (length(owner_id) = 16),
    purpose TEXT NOT NULL CHECK (purpose IN ('seal', 'ledger')),
    version INTEGER NOT NULL CHECK (version > 0),
    kek_id TEXT NOT NULL,
    wrapped BLOB,
    created_at INTEGER NOT NULL,
    destroyed_at INTEGER,
    PRIMARY KEY (owner_kind, owner_id, purpose, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE staff (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    display_name TEXT NOT NULL,
    disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    -- Whether they last came with a role that works on cases.
    casework INTEGER NOT NULL CHECK (casework IN (0, 1)),
    -- Whether they last came as a service manager.
    manages INTEGER NOT NULL CHECK (manages IN (0, 1)),
    not_before INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE revoked_token (
    id TEXT PRIMARY KEY NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The result of a repeated request. Nothing of the body is kept but a keyed digest.
CREATE TABLE idempotency (
    actor_id BLOB NOT NULL CHECK (length(actor_id) = 16),
    route TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    resource_id BLOB NOT NULL CHECK (length(resource_id) = 16),
    -- The record whose path it was sent to, if it names one.
    about_id BLOB CHECK (length(about_id) = 16),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (actor_id, route, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE INDEX idempotency_resource ON idempotency (resource_id);
CREATE INDEX idempotency_about ON idempotency (about_id);

CREATE TABLE recipient (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    body_type TEXT NOT NULL,
    name TEXT NOT NULL,
    safeguarding_function INTEGER NOT NULL CHECK (safeguarding_function IN (0, 1)),
    address TEXT,
    verified_on TEXT,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE team (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    recipient_id BLOB NOT NULL REFERENCES recipient (id),
    name TEXT NOT NULL,
    removed INTEGER NOT NULL CHECK (removed IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX team_recipient ON team (recipient_id);

CREATE TABLE person (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    -- As whom they count: as themselves, unless they were found to be somebody else on record.
    counts_as BLOB NOT NULL REFERENCES person (id),
    -- The only case they took part in is gone, and with it all that was told of them; what stays is the id, which other rows name.
    emptied INTEGER NOT NULL CHECK (emptied IN (0, 1)),
    -- So it is, but a risk that is on record in another case names them, and so does who they are.
    by_name INTEGER NOT NULL CHECK (by_name IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX person_counts_as ON person (counts_as);

-- Two people on record who are one. Whoever was merged counts as the one who is kept until that is reversed; nothing else is written.
CREATE TABLE person_merge (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    kept_id BLOB NOT NULL REFERENCES person (id),
    merged_id BLOB NOT NULL REFERENCES person (id),
    -- Why, under the key of the one who is kept.
    sealed BLOB NOT NULL,
    reversed_at INTEGER,
    reversed_by BLOB REFERENCES staff (id),
    -- Why it was reversed.
    reversed_sealed BLOB,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    CHECK (kept_id <> merged_id),
    CHECK ((reversed_at IS NULL) = (reversed_by IS NULL) AND (reversed_at IS NULL) = (reversed_sealed IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX person_merge_kept ON person_merge (kept_id);
CREATE INDEX person_merge_merged ON person_merge (merged_id);
CREATE UNIQUE INDEX person_merge_live ON person_merge (merged_id) WHERE reversed_at IS NULL;

-- Keyed 15-bit hashes of names, birth dates and contacts. The kind of term is in the bits above.
CREATE TABLE blind_index (
    token INTEGER NOT NULL,
    person_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (token, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blind_index_person ON blind_index (person_id);

-- R16: whoever decides about a person, or changes what could change the decision, first takes this row.
CREATE TABLE decision_guard (
    person_id BLOB PRIMARY KEY NOT NULL REFERENCES person (id),
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE reference_counter (
    year INTEGER PRIMARY KEY NOT NULL,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE case_file (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    reference TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('open', 'inactive', 'closed')),
    intervention_level TEXT NOT NULL,
    sen_provision TEXT,
    setting TEXT,
    -- Keyed digest of the name of the setting, which is sealed: cases of one setting are told without opening each.
    setting_digest BLOB CHECK (length(setting_digest) = 32),
    area TEXT,
    outcome TEXT,
    -- JSON: reasons for contact, types of need, types of appeal, referral source: published figures, never searched alone.
    details TEXT NOT NULL,
    sealed BLOB NOT NULL,
    restricted INTEGER NOT NULL CHECK (restricted IN (0, 1)),
    assigned_to BLOB NOT NULL REFERENCES staff (id),
    -- Whoever takes a case themselves does not thereby read the restricted notes that were there before.
    assigned_by BLOB NOT NULL REFERENCES staff (id),
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_file_opened ON case_file (opened_at, id);
CREATE INDEX case_file_assigned ON case_file (assigned_to, opened_at);
CREATE INDEX case_file_setting ON case_file (setting_digest, id);

-- What was done to a case, or to a part in it, and the levels of intervention it had: a row each time.
CREATE TABLE case_event (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    kind TEXT NOT NULL,
    intervention_level TEXT,
    participant_id BLOB,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_event_case ON case_event (case_id, created_at, id);

CREATE TABLE capacity_record (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    person_id BLOB NOT NULL REFERENCES person (id),
    decision_kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    assessed_on TEXT NOT NULL,
    review_on TEXT,
    -- The case of the person's own in which it was recorded: it is for those who see that case.
    case_id BLOB REFERENCES case_file (id),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX capacity_record_person ON capacity_record (person_id);
CREATE INDEX capacity_record_case ON capacity_record (case_id);

-- What arrives from outside. All that was told is sealed under a key of the referral, so that it can be disposed of by itself.
CREATE TABLE referral (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    reference TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('received', 'accepted', 'declined', 'signposted')),
    source TEXT NOT NULL,
    risk_stated INTEGER NOT NULL CHECK (risk_stated IN (0, 1)),
    received_at INTEGER NOT NULL,
    case_id BLOB REFERENCES case_file (id),
    decided_at INTEGER,
    decided_by BLOB REFERENCES staff (id),
    -- When and by whom it was last moved from a case that it was wrongly accepted into.
    moved_at INTEGER,
    moved_by BLOB REFERENCES staff (id),
    sealed BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    CHECK ((status = 'accepted') = (case_id IS NOT NULL)),
    CHECK ((moved_at IS NULL) = (moved_by IS NULL) AND (moved_at IS NULL OR status = 'accepted')),
    CHECK ((status = 'received') = (decided_at IS NULL) AND (status = 'received') = (decided_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX referral_received ON referral (received_at, id);
CREATE INDEX referral_case ON referral (case_id, received_at, id);

-- Who may never see a referral, because of a conflict of interest.
CREATE TABLE referral_staff (
    referral_id BLOB NOT NULL REFERENCES referral (id),
    staff_id BLOB NOT NULL REFERENCES staff (id),
    PRIMARY KEY (referral_id, staff_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX referral_staff_member ON referral_staff (staff_id);

-- Who may open a restricted case (named), and who may never open this one (conflicted).
CREATE TABLE case_staff (
    case_id BLOB NOT NULL REFERENCES case_file (id),
    staff_id BLOB NOT NULL REFERENCES staff (id),
    standing TEXT NOT NULL CHECK (standing IN ('named', 'conflicted')),
    PRIMARY KEY (case_id, staff_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_staff_member ON case_staff (staff_id, standing);

CREATE TABLE participant (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (role IN ('subject', 'service_user', 'other_parent', 'sibling', 'supporter', 'professional')),
    relation TEXT NOT NULL CHECK (relation IN (
        'self', 'parent', 'step_parent', 'grandparent', 'guardian', 'foster_carer', 'sibling', 'la_as_corporate_parent',
        'deputy', 'attorney', 'representative_reg64', 'professional', 'other')),
    parental_responsibility TEXT NOT NULL,
    served_separately INTEGER NOT NULL CHECK (served_separately IN (0, 1)),
    kept_apart INTEGER NOT NULL CHECK (kept_apart IN (0, 1)) CHECK (kept_apart >= served_separately),
    ended_on TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX participant_case ON participant (case_id);
CREATE INDEX participant_person ON participant (person_id);

-- Whom the records of a case name although they take no part in it, by this id: they stay on record as long as the case does.
CREATE TABLE named_person (
    case_id BLOB NOT NULL REFERENCES case_file (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    -- Whether a risk does: then who they are is to be known as long as that.
    risk INTEGER NOT NULL CHECK (risk IN (0, 1)),
    PRIMARY KEY (case_id, person_id, risk)
) STRICT, WITHOUT ROWID;
CREATE INDEX named_person_person ON named_person (person_id);

CREATE TABLE note (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    kind TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    -- Who worked on the case then.
    worker_id BLOB NOT NULL REFERENCES staff (id),
    -- The first version: a correction that restricts a note restricts what it corrects.
    first_id BLOB NOT NULL REFERENCES note (id),
    supersedes_note_id BLOB UNIQUE REFERENCES note (id),
    -- JSON: whose confidence, about whom, categories, wish, provenance: ids and words only.
    details TEXT NOT NULL,
    -- Absent in the marker that a note leaves behind when it is moved to another case.
    sealed BLOB,
    -- The marker it left behind in the case from which it was moved.
    moved_from_id BLOB UNIQUE REFERENCES note (id),
    moved_at INTEGER,
    moved_by BLOB REFERENCES staff (id),
    CHECK ((moved_from_id IS NULL) = (moved_at IS NULL) AND (moved_from_id IS NULL) = (moved_by IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX note_case ON note (case_id, id);
CREATE INDEX note_first ON note (first_id, id);

CREATE TABLE consent (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    granter_id BLOB NOT NULL REFERENCES person (id),
    decision TEXT NOT NULL CHECK (decision IN ('given', 'refused')),
    decided_at INTEGER NOT NULL,
    starts_at INTEGER NOT NULL,
    expires_on TEXT,
    supersedes_id BLOB REFERENCES consent (id),
    -- JSON: in which capacity the granter spoke for each of those it is about, as judged on that day.
    authority TEXT NOT NULL,
    -- The whole of what was agreed.
    sealed BLOB NOT NULL,
    ended TEXT CHECK (ended IN ('withdrawn', 'superseded', 'entered_in_error', 'expired')),
    ended_at INTEGER,
    -- How it ended: who withdrew and in which words, or why it was an error.
    ended_sealed BLOB,
    -- When a `once_only` permission was relied on.
    used_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    CHECK ((ended IS NULL) = (ended_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_case ON consent (case_id, id);
CREATE INDEX consent_granter ON consent (granter_id);
CREATE INDEX consent_supersedes ON consent (supersedes_id);

CREATE TABLE consent_subject (
    consent_id BLOB NOT NULL REFERENCES consent (id),
    person_id BLOB NOT NULL REFERENCES person (id),
    PRIMARY KEY (consent_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_subject_person ON consent_subject (person_id);

CREATE TABLE consent_recipient (
    consent_id BLOB NOT NULL REFERENCES consent (id),
    ordinal INTEGER NOT NULL,
    recipient_id BLOB REFERENCES recipient (id),
    team_id BLOB REFERENCES team (id),
    person_id BLOB REFERENCES person (id),
    PRIMARY KEY (consent_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_recipient_body ON consent_recipient (recipient_id);
CREATE INDEX consent_recipient_team ON consent_recipient (team_id);
CREATE INDEX consent_recipient_person ON consent_recipient (person_id);

CREATE TABLE safeguarding_concern (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    status TEXT NOT NULL,
    review_due_on TEXT NOT NULL,
    -- JSON: kinds of risk.
    details TEXT NOT NULL,
    sealed BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX safeguarding_concern_case ON safeguarding_concern (case_id);

-- Insert-only: what was decided, found and learnt of a concern. How it stands then, unless that stays as it was.
CREATE TABLE concern_event (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    concern_id BLOB NOT NULL REFERENCES safeguarding_concern (id),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    status TEXT CHECK (status IN ('shared', 'not_shared', 'reviewed')),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX concern_event_concern ON concern_event (concern_id, id);
CREATE INDEX concern_event_case ON concern_event (case_id, created_at, id);

-- Insert-only: what left the service. What happens later is an annotation.
CREATE TABLE disclosure (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    basis TEXT NOT NULL,
    recipient_id BLOB REFERENCES recipient (id),
    decided_at INTEGER NOT NULL,
    decided_by BLOB NOT NULL REFERENCES staff (id),
    concern_id BLOB REFERENCES safeguarding_concern (id),
    -- A keyed digest of the normalised wording of an anonymous issue, so that the same letter is not sent twice.
    wording BLOB,
    -- JSON: purpose, direction, channel, subjects, notes, categories, copies, permissions relied on: ids and words only.
    details TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX disclosure_case ON disclosure (case_id, id);
CREATE INDEX disclosure_concern ON disclosure (concern_id);
CREATE INDEX disclosure_wording ON disclosure (wording) WHERE wording IS NOT NULL;

CREATE TABLE disclosure_consent (
    consent_id BLOB NOT NULL REFERENCES consent (id),
    disclosure_id BLOB NOT NULL REFERENCES disclosure (id),
    PRIMARY KEY (consent_id, disclosure_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX disclosure_consent_disclosure ON disclosure_consent (disclosure_id);

CREATE TABLE disclosure_annotation (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    disclosure_id BLOB NOT NULL REFERENCES disclosure (id),
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX disclosure_annotation_disclosure ON disclosure_annotation (disclosure_id);

-- Insert-only: where a disclosure or a copy of it went, as it was then. Each address is of the case in which it is known, which is another than that of
-- the disclosure if somebody told it in a case of their own (C1): it is sealed under the key of that case, shown to those who see that, and goes with it.
CREATE TABLE disclosure_address (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    disclosure_id BLOB NOT NULL REFERENCES disclosure (id),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX disclosure_address_disclosure ON disclosure_address (disclosure_id);
CREATE INDEX disclosure_address_case ON disclosure_address (case_id);

-- What the service asked somebody outside, and what somebody outside asked. What was asked, and what came of it, is sealed.
CREATE TABLE information_request (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    asked_by TEXT NOT NULL CHECK (asked_by IN ('service', 'outside')),
    status TEXT NOT NULL CHECK (status IN ('asked', 'received', 'answered', 'partly_answered', 'refused', 'no_reply', 'no_permission', 'cancelled')),
    -- The disclosure by which the service asked, or by which it answered.
    disclosure_id BLOB REFERENCES disclosure (id),
    due_on TEXT,
    -- The last day of the permission by which the service asked.
    permitted_until TEXT,
    sealed BLOB NOT NULL,
    ended_at INTEGER,
    ended_sealed BLOB,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    CHECK (asked_by <> 'service' OR disclosure_id IS NOT NULL),
    CHECK ((status IN ('asked', 'received')) = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_sealed IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX information_request_case ON information_request (case_id, id);
CREATE INDEX information_request_disclosure ON information_request (disclosure_id);

-- What officers asked for legal proceedings. What was said and decided is sealed.
CREATE TABLE legal_request (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    recipient_id BLOB NOT NULL REFERENCES recipient (id),
    status TEXT NOT NULL CHECK (status IN ('received', 'considering', 'permission_sought', 'granted', 'extracted', 'sent_and_copied', 'refused',
        'blocked', 'closed')),
    received_on TEXT NOT NULL,
    deadline_on TEXT,
    -- The last day on which the family may answer.
    answer_by TEXT,
    -- The last day of the permission on which its extract rests.
    permitted_until TEXT,
    sealed BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX legal_request_case ON legal_request (case_id, id);
CREATE INDEX legal_request_recipient ON legal_request (recipient_id);

-- What is drafted to answer them: a disclosure that was not sent yet, under the id it has once it is.
CREATE TABLE legal_extract (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    legal_request_id BLOB NOT NULL REFERENCES legal_request (id),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    status TEXT NOT NULL CHECK (status IN ('draft', 'approved', 'sent', 'blocked', 'cancelled')),
    -- JSON: the permissions it rests on and the people it is about: ids only.
    details TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX legal_extract_request ON legal_extract (legal_request_id, id);
CREATE INDEX legal_extract_case ON legal_extract (case_id, id);
CREATE INDEX legal_extract_open ON legal_extract (status, id);

-- The file of an extract, once it was asked for: sealed, with a digest of what it was made of.
CREATE TABLE legal_bundle (
    id BLOB PRIMARY KEY NOT NULL REFERENCES legal_extract (id),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX legal_bundle_case ON legal_bundle (case_id, id);

-- Who asks for what is held about whom. What was said and decided is sealed under a key of the request: it belongs to no one case.
CREATE TABLE subject_access_request (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    subject_id BLOB NOT NULL REFERENCES person (id),
    requester_id BLOB NOT NULL REFERENCES person (id),
    capacity TEXT NOT NULL CHECK (capacity IN ('subject', 'parent', 'representative', 'solicitor')),
    status TEXT NOT NULL CHECK (status IN ('received', 'awaiting_identity', 'running', 'paused', 'ready', 'sent', 'refused')),
    received_on TEXT NOT NULL,
    sealed BLOB NOT NULL,
    -- When it was sent or refused: its own period counts from then (C16).
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subject_access_request_open ON subject_access_request (status, id);
CREATE INDEX subject_access_request_subject ON subject_access_request (subject_id);
CREATE INDEX subject_access_request_requester ON subject_access_request (requester_id);

-- What of a request belongs to one case, what was decided of its notes: it goes with that case.
CREATE TABLE subject_access_part (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    sar_id BLOB NOT NULL REFERENCES subject_access_request (id),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (sar_id, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX subject_access_part_case ON subject_access_part (case_id, id);

CREATE TABLE task (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    kind TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'done')),
    case_id BLOB REFERENCES case_file (id),
    -- What it is about: a consent, record of capacity, disclosure, concern or recipient.
    about_id BLOB NOT NULL,
    -- Who is to do it: the assigned worker of the case, or the manager.
    for_manager INTEGER NOT NULL CHECK (for_manager IN (0, 1)),
    -- Who may not do it, where two people are needed.
    not_by BLOB REFERENCES staff (id),
    due_on TEXT NOT NULL,
    -- The first day on which it is shown, and the last on which it is to be done; done by itself from then on.
    from_on TEXT,
    until_on TEXT,
    completed_at INTEGER,
    completed_by BLOB REFERENCES staff (id),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX task_due ON task (status, due_on, id);
CREATE INDEX task_on ON task (due_on, id);
CREATE INDEX task_case ON task (case_id);
CREATE INDEX task_about ON task (about_id, kind);

-- Why a case is kept although its time is over (C16). Several may stand at once.
CREATE TABLE retention_hold (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    case_id BLOB NOT NULL REFERENCES case_file (id),
    reason TEXT NOT NULL,
    review_on TEXT NOT NULL,
    sealed BLOB NOT NULL,
    released_at INTEGER,
    released_by BLOB REFERENCES staff (id),
    released_sealed BLOB,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (released_sealed IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX retention_hold_case ON retention_hold (case_id, id);

-- Disposals: proposed by one, approved by another (C16). It holds nothing of a case: what is left is the certificate.
CREATE TABLE disposal (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    class TEXT NOT NULL,
    ground TEXT NOT NULL,
    -- The data protection officer who agreed, and when, where a risk is in it.
    officer TEXT,
    agreed_on TEXT,
    -- How many cases.
    count INTEGER NOT NULL CHECK (count > 0),
    status TEXT NOT NULL CHECK (status IN ('proposed', 'executed', 'cancelled')),
    ended_at INTEGER,
    ended_by BLOB REFERENCES staff (id),
    -- What became of the notices to recipients, and the day on which backups that still hold it have expired.
    notices TEXT,
    backups_expire_on TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    recorded_by BLOB NOT NULL REFERENCES staff (id),
    CHECK ((status = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((status = 'executed') = (notices IS NOT NULL) AND (notices IS NULL) = (backups_expire_on IS NULL)),
    CHECK ((officer IS NULL) = (agreed_on IS NULL)),
    -- Two people.
    CHECK (status <> 'executed' OR ended_by <> recorded_by)
) STRICT, WITHOUT ROWID;

-- The cases of a disposal, while it is proposed. No case is in two.
CREATE TABLE disposal_case (
    case_id BLOB PRIMARY KEY NOT NULL REFERENCES case_file (id),
    disposal_id BLOB NOT NULL REFERENCES disposal (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX disposal_case_disposal ON disposal_case (disposal_id);

-- What is insert-only stays as it was written. Only the text may be sealed again, under a newer key of its owner (rotation). It goes with its case or
-- person, and not before: when the key that is never exchanged is destroyed, without which nobody can read it (disposal).
-- Only a note that stands in another case now is emptied here, once: a bare marker stays.
CREATE TRIGGER note_fixed BEFORE UPDATE ON note
WHEN NOT (OLD.sealed IS NOT NULL AND NEW.sealed IS NULL
    AND (NEW.id, NEW.case_id, NEW.kind, NEW.sensitivity, NEW.occurred_at, NEW.recorded_at, NEW.recorded_by, NEW.worker_id, NEW.first_id,
            NEW.supersedes_note_id, NEW.moved_from_id, NEW.moved_at, NEW.moved_by)
        IS (OLD.id, OLD.case_id, OLD.kind, OLD.sensitivity, OLD.occurred_at, OLD.recorded_at, OLD.recorded_by, OLD.worker_id, OLD.first_id,
            OLD.supersedes_note_id, OLD.moved_from_id, OLD.moved_at, OLD.moved_by)
    AND EXISTS (SELECT 1 FROM note AS moved WHERE moved.moved_from_id = OLD.id AND moved.case_id <> OLD.case_id))
    -- Nor is it told where a note came from once that case is disposed of.
    AND NOT (OLD.moved_from_id IS NOT NULL AND NEW.moved_from_id IS NULL AND (NEW.id, NEW.case_id, NEW.kind, NEW.sensitivity, NEW.occurred_at, NEW.recorded_at, NEW.recorded_by, NEW.worker_id, NEW.first_id, NEW.supersedes_note_id, NEW.details, NEW.sealed)
        IS (OLD.id, OLD.case_id, OLD.kind, OLD.sensitivity, OLD.occurred_at, OLD.recorded_at, OLD.recorded_by, OLD.worker_id, OLD.first_id, OLD.supersedes_note_id, OLD.details, OLD.sealed)
        AND EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM note AS marker WHERE marker.id = OLD.moved_from_id) AND key.purpose = 'ledger' AND key.wrapped IS NULL))
    AND ((NEW.id, NEW.case_id, NEW.kind, NEW.sensitivity, NEW.occurred_at, NEW.recorded_at, NEW.recorded_by, NEW.worker_id, NEW.first_id,
            NEW.supersedes_note_id, NEW.moved_from_id, NEW.moved_at, NEW.moved_by, NEW.details)
        IS NOT (OLD.id, OLD.case_id, OLD.kind, OLD.sensitivity, OLD.occurred_at, OLD.recorded_at, OLD.recorded_by, OLD.worker_id, OLD.first_id,
            OLD.supersedes_note_id, OLD.moved_from_id, OLD.moved_at, OLD.moved_by, OLD.details)
    OR NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version)))
BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;
CREATE TRIGGER note_kept BEFORE DELETE ON note
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;
CREATE TRIGGER capacity_record_fixed BEFORE UPDATE ON capacity_record
WHEN (NEW.id, NEW.person_id, NEW.decision_kind, NEW.outcome, NEW.assessed_on, NEW.review_on, NEW.case_id, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.person_id, OLD.decision_kind, OLD.outcome, OLD.assessed_on, OLD.review_on, OLD.case_id, OLD.created_at, OLD.recorded_by)
    OR NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.person_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'capacity records are append-only'); END;
CREATE TRIGGER capacity_record_kept BEFORE DELETE ON capacity_record
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.person_id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
    OR EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'capacity records are append-only'); END;
CREATE TRIGGER disclosure_fixed BEFORE UPDATE ON disclosure
WHEN (NEW.id, NEW.case_id, NEW.basis, NEW.recipient_id, NEW.decided_at, NEW.decided_by, NEW.concern_id, NEW.wording, NEW.details)
        IS NOT (OLD.id, OLD.case_id, OLD.basis, OLD.recipient_id, OLD.decided_at, OLD.decided_by, OLD.concern_id, OLD.wording, OLD.details)
    OR NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'disclosures are append-only'); END;
CREATE TRIGGER disclosure_kept BEFORE DELETE ON disclosure
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'disclosures are append-only'); END;
CREATE TRIGGER disclosure_annotation_fixed BEFORE UPDATE ON disclosure_annotation
WHEN (NEW.id, NEW.disclosure_id, NEW.kind, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.disclosure_id, OLD.kind, OLD.created_at, OLD.recorded_by)
    OR NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM disclosure WHERE id = OLD.disclosure_id) AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'annotations are append-only'); END;
CREATE TRIGGER disclosure_annotation_kept BEFORE DELETE ON disclosure_annotation
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM disclosure WHERE id = OLD.disclosure_id) AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'annotations are append-only'); END;
CREATE TRIGGER disclosure_address_fixed BEFORE UPDATE ON disclosure_address
WHEN (NEW.id, NEW.disclosure_id, NEW.case_id) IS NOT (OLD.id, OLD.disclosure_id, OLD.case_id)
    OR NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'where something went stands'); END;
CREATE TRIGGER disclosure_address_kept BEFORE DELETE ON disclosure_address
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
    OR EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM disclosure WHERE id = OLD.disclosure_id) AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'where something went stands'); END;
-- INSERT OR REPLACE removes the old row without firing its DELETE trigger, so the id itself is guarded.
CREATE TRIGGER note_new BEFORE INSERT ON note WHEN EXISTS (SELECT 1 FROM note WHERE id = NEW.id OR supersedes_note_id = NEW.supersedes_note_id
    OR moved_from_id = NEW.moved_from_id)
BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;
CREATE TRIGGER disclosure_new BEFORE INSERT ON disclosure WHEN EXISTS (SELECT 1 FROM disclosure WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'disclosures are append-only'); END;
CREATE TRIGGER capacity_record_new BEFORE INSERT ON capacity_record WHEN EXISTS (SELECT 1 FROM capacity_record WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'capacity records are append-only'); END;
CREATE TRIGGER disclosure_annotation_new BEFORE INSERT ON disclosure_annotation
WHEN EXISTS (SELECT 1 FROM disclosure_annotation WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'annotations are append-only'); END;
CREATE TRIGGER disclosure_address_new BEFORE INSERT ON disclosure_address WHEN EXISTS (SELECT 1 FROM disclosure_address WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'where something went stands'); END;
CREATE TRIGGER consent_new BEFORE INSERT ON consent WHEN EXISTS (SELECT 1 FROM consent WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER consent_kept BEFORE DELETE ON consent
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'permissions are never removed'); END;
-- What was agreed cannot be changed; only how it ended, whether it was used, and its version.
CREATE TRIGGER consent_agreed BEFORE UPDATE ON consent
WHEN NEW.id IS NOT OLD.id OR NEW.case_id IS NOT OLD.case_id OR NEW.granter_id IS NOT OLD.granter_id OR NEW.decision IS NOT OLD.decision
    OR NEW.decided_at IS NOT OLD.decided_at OR NEW.starts_at IS NOT OLD.starts_at OR NEW.expires_on IS NOT OLD.expires_on
    OR NEW.supersedes_id IS NOT OLD.supersedes_id OR NEW.authority IS NOT OLD.authority
    OR NEW.created_at IS NOT OLD.created_at OR NEW.recorded_by IS NOT OLD.recorded_by
    OR (OLD.ended IS NOT NULL AND (NEW.ended IS NOT OLD.ended OR NEW.ended_at IS NOT OLD.ended_at))
    OR (OLD.used_at IS NOT NULL AND NEW.used_at IS NOT OLD.used_at)
BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER consent_sealed BEFORE UPDATE ON consent WHEN NEW.sealed IS NOT OLD.sealed
    AND NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER consent_ended_sealed BEFORE UPDATE ON consent WHEN OLD.ended IS NOT NULL AND NEW.ended_sealed IS NOT OLD.ended_sealed
    AND NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.ended_sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.ended_sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
-- Nor by way of the tables it is looked up in: a refusal whose subject was taken away would not be found.
CREATE TRIGGER consent_subject_fixed BEFORE UPDATE ON consent_subject BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER consent_subject_kept BEFORE DELETE ON consent_subject
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM consent WHERE id = OLD.consent_id) AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER consent_recipient_fixed BEFORE UPDATE ON consent_recipient BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER consent_recipient_kept BEFORE DELETE ON consent_recipient
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM consent WHERE id = OLD.consent_id) AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER consent_recipient_new BEFORE INSERT ON consent_recipient
WHEN EXISTS (SELECT 1 FROM consent_recipient WHERE consent_id = NEW.consent_id AND ordinal = NEW.ordinal)
BEGIN SELECT RAISE(ABORT, 'what was agreed cannot be changed'); END;
CREATE TRIGGER disclosure_consent_fixed BEFORE UPDATE ON disclosure_consent BEGIN SELECT RAISE(ABORT, 'disclosures are append-only'); END;
CREATE TRIGGER disclosure_consent_kept BEFORE DELETE ON disclosure_consent
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM consent WHERE id = OLD.consent_id) AND key.purpose = 'ledger' AND key.wrapped IS NULL)
    OR EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = (SELECT case_id FROM disclosure WHERE id = OLD.disclosure_id) AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'disclosures are append-only'); END;
-- What was recorded of a risk stays, and stays where it was; only how it stands, when it is looked at again and its version change.
CREATE TRIGGER safeguarding_concern_kept BEFORE DELETE ON safeguarding_concern
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'concerns are never removed'); END;
CREATE TRIGGER safeguarding_concern_new BEFORE INSERT ON safeguarding_concern WHEN EXISTS (SELECT 1 FROM safeguarding_concern WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'concerns are never removed'); END;
CREATE TRIGGER safeguarding_concern_stays BEFORE UPDATE ON safeguarding_concern
WHEN NEW.id IS NOT OLD.id OR NEW.case_id IS NOT OLD.case_id OR NEW.created_at IS NOT OLD.created_at OR NEW.recorded_by IS NOT OLD.recorded_by
BEGIN SELECT RAISE(ABORT, 'concerns stay where they are'); END;
-- A person without a guard could not be decided about; with that of another, two could be decided about at once.
CREATE TRIGGER decision_guard_kept BEFORE DELETE ON decision_guard
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.person_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'guards stay'); END;
CREATE TRIGGER decision_guard_new BEFORE INSERT ON decision_guard WHEN EXISTS (SELECT 1 FROM decision_guard WHERE person_id = NEW.person_id)
BEGIN SELECT RAISE(ABORT, 'guards stay'); END;
CREATE TRIGGER decision_guard_stays BEFORE UPDATE ON decision_guard WHEN NEW.person_id IS NOT OLD.person_id
BEGIN SELECT RAISE(ABORT, 'guards stay'); END;
-- What was decided about a referral stands, and so does when it came and by whom it was recorded. It goes to another case with a trace only.
CREATE TRIGGER referral_kept BEFORE DELETE ON referral
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'referral' AND key.owner_id = OLD.id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'referrals are never removed'); END;
CREATE TRIGGER referral_new BEFORE INSERT ON referral WHEN EXISTS (SELECT 1 FROM referral WHERE id = NEW.id OR reference = NEW.reference)
BEGIN SELECT RAISE(ABORT, 'referrals are never removed'); END;
CREATE TRIGGER referral_decided BEFORE UPDATE ON referral
WHEN NEW.id IS NOT OLD.id OR NEW.reference IS NOT OLD.reference OR NEW.received_at IS NOT OLD.received_at OR NEW.created_at IS NOT OLD.created_at
    OR NEW.recorded_by IS NOT OLD.recorded_by
    OR (OLD.status <> 'received'
        AND (NEW.status IS NOT OLD.status OR NEW.source IS NOT OLD.source OR NEW.risk_stated IS NOT OLD.risk_stated
            OR NEW.decided_at IS NOT OLD.decided_at OR NEW.decided_by IS NOT OLD.decided_by))
    OR (OLD.status <> 'received' AND NEW.case_id IS NOT OLD.case_id AND (NEW.case_id IS NULL OR NEW.moved_at IS NULL))
    OR (NEW.case_id IS OLD.case_id AND (NEW.moved_at IS NOT OLD.moved_at OR NEW.moved_by IS NOT OLD.moved_by))
BEGIN SELECT RAISE(ABORT, 'what was decided about a referral stands'); END;
-- What was asked, and what came of it, stands.
CREATE TRIGGER information_request_kept BEFORE DELETE ON information_request
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER information_request_new BEFORE INSERT ON information_request WHEN EXISTS (SELECT 1 FROM information_request WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER information_request_stays BEFORE UPDATE ON information_request
WHEN (NEW.id, NEW.case_id, NEW.asked_by, NEW.due_on, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.case_id, OLD.asked_by, OLD.due_on, OLD.created_at, OLD.recorded_by)
    OR (OLD.disclosure_id IS NOT NULL AND NEW.disclosure_id IS NOT OLD.disclosure_id)
    OR (OLD.ended_at IS NOT NULL AND (NEW.status, NEW.disclosure_id, NEW.ended_at) IS NOT (OLD.status, OLD.disclosure_id, OLD.ended_at))
BEGIN SELECT RAISE(ABORT, 'what was asked stands'); END;
CREATE TRIGGER legal_request_kept BEFORE DELETE ON legal_request
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER legal_request_new BEFORE INSERT ON legal_request WHEN EXISTS (SELECT 1 FROM legal_request WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER legal_request_stays BEFORE UPDATE ON legal_request
WHEN (NEW.id, NEW.case_id, NEW.recipient_id, NEW.received_on, NEW.deadline_on, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.case_id, OLD.recipient_id, OLD.received_on, OLD.deadline_on, OLD.created_at, OLD.recorded_by)
BEGIN SELECT RAISE(ABORT, 'what was asked stands'); END;
-- What was sent, blocked or given up stays so for good.
CREATE TRIGGER legal_extract_kept BEFORE DELETE ON legal_extract
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'extracts are never removed'); END;
CREATE TRIGGER legal_extract_new BEFORE INSERT ON legal_extract WHEN EXISTS (SELECT 1 FROM legal_extract WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'extracts are never removed'); END;
CREATE TRIGGER legal_extract_stays BEFORE UPDATE ON legal_extract
WHEN (NEW.id, NEW.legal_request_id, NEW.case_id, NEW.created_at) IS NOT (OLD.id, OLD.legal_request_id, OLD.case_id, OLD.created_at)
    OR (OLD.status NOT IN ('draft', 'approved') AND (NEW.status, NEW.details) IS NOT (OLD.status, OLD.details))
BEGIN SELECT RAISE(ABORT, 'what was drafted stands'); END;
-- Who asked stands, and so does the answer.
CREATE TRIGGER subject_access_request_kept BEFORE DELETE ON subject_access_request
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'subject_access' AND key.owner_id = OLD.id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER subject_access_request_new BEFORE INSERT ON subject_access_request WHEN EXISTS (SELECT 1 FROM subject_access_request WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER subject_access_request_stays BEFORE UPDATE ON subject_access_request
WHEN (NEW.id, NEW.subject_id, NEW.requester_id, NEW.capacity, NEW.received_on, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.subject_id, OLD.requester_id, OLD.capacity, OLD.received_on, OLD.created_at, OLD.recorded_by)
    OR (OLD.status IN ('sent', 'refused') AND NEW.status IS NOT OLD.status)
BEGIN SELECT RAISE(ABORT, 'what was asked stands'); END;
CREATE TRIGGER subject_access_part_kept BEFORE DELETE ON subject_access_part
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER subject_access_part_new BEFORE INSERT ON subject_access_part WHEN EXISTS (SELECT 1 FROM subject_access_part WHERE id = NEW.id
    OR (sar_id = NEW.sar_id AND case_id = NEW.case_id))
BEGIN SELECT RAISE(ABORT, 'requests are never removed'); END;
CREATE TRIGGER subject_access_part_stays BEFORE UPDATE ON subject_access_part
WHEN (NEW.id, NEW.sar_id, NEW.case_id, NEW.created_at) IS NOT (OLD.id, OLD.sar_id, OLD.case_id, OLD.created_at)
BEGIN SELECT RAISE(ABORT, 'what was asked stands'); END;
CREATE TRIGGER case_event_fixed BEFORE UPDATE ON case_event BEGIN SELECT RAISE(ABORT, 'what happened to a case stands'); END;
CREATE TRIGGER case_event_kept BEFORE DELETE ON case_event
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'what happened to a case stands'); END;
CREATE TRIGGER case_event_new BEFORE INSERT ON case_event WHEN EXISTS (SELECT 1 FROM case_event WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what happened to a case stands'); END;
-- Who was found to be whom, by whom and when stands; only its end is written, once.
CREATE TRIGGER person_merge_kept BEFORE DELETE ON person_merge
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.kept_id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
    OR EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.merged_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'merges are never removed'); END;
CREATE TRIGGER person_merge_new BEFORE INSERT ON person_merge WHEN EXISTS (SELECT 1 FROM person_merge WHERE id = NEW.id
    OR (merged_id = NEW.merged_id AND reversed_at IS NULL))
BEGIN SELECT RAISE(ABORT, 'merges are never removed'); END;
CREATE TRIGGER person_merge_stands BEFORE UPDATE ON person_merge
WHEN NEW.id IS NOT OLD.id OR NEW.kept_id IS NOT OLD.kept_id OR NEW.merged_id IS NOT OLD.merged_id OR NEW.created_at IS NOT OLD.created_at
    OR NEW.recorded_by IS NOT OLD.recorded_by
    OR (OLD.reversed_at IS NOT NULL AND (NEW.reversed_at IS NOT OLD.reversed_at OR NEW.reversed_by IS NOT OLD.reversed_by))
BEGIN SELECT RAISE(ABORT, 'what was merged stands'); END;
CREATE TRIGGER person_merge_sealed BEFORE UPDATE ON person_merge WHEN NEW.sealed IS NOT OLD.sealed
    AND NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.kept_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'what was merged stands'); END;
CREATE TRIGGER person_merge_reversed_sealed BEFORE UPDATE ON person_merge
WHEN OLD.reversed_at IS NOT NULL AND NEW.reversed_sealed IS NOT OLD.reversed_sealed
    AND NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.kept_id AND key.purpose = 'seal'
        AND hex(substr(NEW.reversed_sealed, 1, 6)) = printf('0101%08X', key.version)
        AND hex(substr(OLD.reversed_sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'what was merged stands'); END;
CREATE TRIGGER concern_event_fixed BEFORE UPDATE ON concern_event
WHEN (NEW.id, NEW.concern_id, NEW.case_id, NEW.status, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.concern_id, OLD.case_id, OLD.status, OLD.created_at, OLD.recorded_by)
    OR NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'what was decided of a concern stands'); END;
CREATE TRIGGER concern_event_kept BEFORE DELETE ON concern_event
WHEN NOT (EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL))
BEGIN SELECT RAISE(ABORT, 'what was decided of a concern stands'); END;
CREATE TRIGGER concern_event_new BEFORE INSERT ON concern_event WHEN EXISTS (SELECT 1 FROM concern_event WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what was decided of a concern stands'); END;
-- Nor is what was told first rewritten: what is said later is a row of its own.
CREATE TRIGGER safeguarding_concern_told BEFORE UPDATE ON safeguarding_concern
WHEN NEW.details IS NOT OLD.details OR (NEW.sealed IS NOT OLD.sealed
    AND NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.sealed, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.sealed, 1, 6)) < printf('0101%08X', key.version)))
BEGIN SELECT RAISE(ABORT, 'what was told of a risk stays'); END;
-- What is destroyed may be forgotten; what is not, and what a hold protects, stays (C16).
CREATE TRIGGER sealing_key_kept BEFORE DELETE ON sealing_key WHEN OLD.wrapped IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'keys are destroyed first'); END;
-- Nobody makes a key that was never there, lets a destroyed one come back, or hands on that of another: rows go only with what could read them. Of the
-- key that is never exchanged there is one.
CREATE TRIGGER sealing_key_made BEFORE INSERT ON sealing_key WHEN NEW.wrapped IS NULL OR (NEW.purpose = 'ledger' AND NEW.version <> 1)
BEGIN SELECT RAISE(ABORT, 'keys are made whole, and one never exchanged'); END;
CREATE TRIGGER sealing_key_fixed BEFORE UPDATE ON sealing_key
WHEN (NEW.owner_kind, NEW.owner_id, NEW.purpose) IS NOT (OLD.owner_kind, OLD.owner_id, OLD.purpose) OR (OLD.wrapped IS NULL AND NEW.wrapped IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'keys stay whose they are, and destroyed'); END;
-- An older key of the text goes when all is sealed under a newer one.
CREATE TRIGGER sealing_key_held BEFORE UPDATE ON sealing_key WHEN NEW.wrapped IS NULL AND OLD.owner_kind = 'case'
    AND (EXISTS (SELECT 1 FROM retention_hold WHERE case_id = OLD.owner_id AND released_at IS NULL)
        OR EXISTS (SELECT 1 FROM subject_access_part AS part JOIN subject_access_request AS request ON request.id = part.sar_id
            WHERE part.case_id = OLD.owner_id AND request.status NOT IN ('sent', 'refused')))
    AND NOT (OLD.purpose = 'seal' AND EXISTS (
        SELECT 1 FROM sealing_key AS newer WHERE (newer.owner_kind, newer.owner_id, newer.purpose) = (OLD.owner_kind, OLD.owner_id, OLD.purpose)
            AND newer.version > OLD.version AND newer.wrapped IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'the case is on hold'); END;
CREATE TRIGGER case_file_kept BEFORE DELETE ON case_file
WHEN NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
BEGIN SELECT RAISE(ABORT, 'cases go by disposal only'); END;
CREATE TRIGGER case_file_new BEFORE INSERT ON case_file WHEN EXISTS (SELECT 1 FROM case_file WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'cases go by disposal only'); END;
CREATE TRIGGER person_kept BEFORE DELETE ON person
WHEN NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'person' AND key.owner_id = OLD.id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
BEGIN SELECT RAISE(ABORT, 'people go by disposal only'); END;
CREATE TRIGGER person_new BEFORE INSERT ON person WHEN EXISTS (SELECT 1 FROM person WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'people go by disposal only'); END;
CREATE TRIGGER participant_kept BEFORE DELETE ON participant
WHEN NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
BEGIN SELECT RAISE(ABORT, 'who took part stands'); END;
CREATE TRIGGER participant_new BEFORE INSERT ON participant WHEN EXISTS (SELECT 1 FROM participant WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'who took part stands'); END;
-- Who is named in a case that is there is not forgotten, and so stays on record.
CREATE TRIGGER named_person_fixed BEFORE UPDATE ON named_person BEGIN SELECT RAISE(ABORT, 'who was named stays'); END;
CREATE TRIGGER named_person_kept BEFORE DELETE ON named_person
WHEN NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
BEGIN SELECT RAISE(ABORT, 'who was named stays'); END;
CREATE TRIGGER retention_hold_kept BEFORE DELETE ON retention_hold
WHEN NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'ledger' AND key.wrapped IS NULL)
BEGIN SELECT RAISE(ABORT, 'holds are released, not removed'); END;
CREATE TRIGGER retention_hold_new BEFORE INSERT ON retention_hold WHEN EXISTS (SELECT 1 FROM retention_hold WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'holds are released, not removed'); END;
-- A hold stands as it was placed, and is released once.
CREATE TRIGGER retention_hold_stands BEFORE UPDATE ON retention_hold
WHEN (NEW.id, NEW.case_id, NEW.reason, NEW.review_on, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.case_id, OLD.reason, OLD.review_on, OLD.created_at, OLD.recorded_by)
    OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by) IS NOT (OLD.released_at, OLD.released_by))
BEGIN SELECT RAISE(ABORT, 'a hold stands as it was placed'); END;
-- So does the certificate.
-- A case may leave it while it is proposed, and none is added.
CREATE TRIGGER disposal_stands BEFORE UPDATE ON disposal
WHEN OLD.status <> 'proposed' OR NEW.count > OLD.count OR (NEW.id, NEW.class, NEW.ground, NEW.officer, NEW.agreed_on, NEW.created_at, NEW.recorded_by)
        IS NOT (OLD.id, OLD.class, OLD.ground, OLD.officer, OLD.agreed_on, OLD.created_at, OLD.recorded_by)
BEGIN SELECT RAISE(ABORT, 'a disposal stands as it was decided'); END;
CREATE TRIGGER disposal_kept BEFORE DELETE ON disposal BEGIN SELECT RAISE(ABORT, 'certificates stay'); END;
CREATE TRIGGER disposal_new BEFORE INSERT ON disposal WHEN EXISTS (SELECT 1 FROM disposal WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'certificates stay'); END;
