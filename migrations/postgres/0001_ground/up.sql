-- The ground of the record. Columns named `sealed` hold personal text, encrypted under a key of the case or person; nothing personal
-- stands in the clear. Lists that are never searched are JSON. Columns and tables carry the
-- same names as in the embedded database.

CREATE TABLE deployment (
    singleton integer PRIMARY KEY CHECK (singleton = 1),
    id uuid NOT NULL,
    -- Public names of the keys it was opened with, so that it is not run with others by mistake.
    keys text NOT NULL,
    created_at timestamptz NOT NULL
);

-- Data keys, wrapped by the key-encryption key. Disposal sets `wrapped` to NULL and what it sealed is gone.
CREATE TABLE sealing_key (
    owner_kind text NOT NULL CHECK (owner_kind IN ('case', 'person', 'referral', 'subject_access')),
    owner_id bytea NOT NULL CHECK (octet_length(owner_id) = 16),
    purpose text NOT NULL CHECK (purpose IN ('seal', 'ledger')),
    version integer NOT NULL CHECK (version > 0),
    kek_id text NOT NULL,
    wrapped bytea,
    created_at timestamptz NOT NULL,
    destroyed_at timestamptz,
    PRIMARY KEY (owner_kind, owner_id, purpose, version)
);

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    issuer text NOT NULL,
    subject text NOT NULL,
    display_name text NOT NULL,
    disabled boolean NOT NULL,
    -- Whether they last came with a role that works on cases.
    casework boolean NOT NULL,
    -- Whether they last came as a service manager.
    manages boolean NOT NULL,
    not_before timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE revoked_token (
    id text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- The result of a repeated request. Nothing of the body is kept but a keyed digest.
CREATE TABLE idempotency (
    actor_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    resource_id uuid NOT NULL,
    -- The record whose path it was sent to, if it names one.
    about_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (actor_id, route, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE INDEX idempotency_resource ON idempotency (resource_id);
CREATE INDEX idempotency_about ON idempotency (about_id);

CREATE TABLE recipient (
    id uuid PRIMARY KEY,
    body_type text NOT NULL,
    name text NOT NULL,
    safeguarding_function boolean NOT NULL,
    address text,
    verified_on date,
    active boolean NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);

CREATE TABLE team (
    id uuid PRIMARY KEY,
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    name text NOT NULL,
    removed boolean NOT NULL
);
CREATE INDEX team_recipient ON team (recipient_id);

CREATE TABLE person (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    sealed bytea NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    -- As whom they count: as themselves, unless they were found to be somebody else on record.
    counts_as uuid NOT NULL REFERENCES person (id),
    -- The only case they took part in is gone, and with it all that was told of them; what stays is the id, which other rows name.
    emptied boolean NOT NULL,
    -- So it is, but a risk that is on record in another case names them, and so does who they are.
    by_name boolean NOT NULL
);
CREATE INDEX person_counts_as ON person (counts_as);

-- Two people on record who are one. Whoever was merged counts as the one who is kept until that is reversed; nothing else is written.
CREATE TABLE person_merge (
    id uuid PRIMARY KEY,
    kept_id uuid NOT NULL REFERENCES person (id),
    merged_id uuid NOT NULL REFERENCES person (id),
    -- Why, under the key of the one who is kept.
    sealed bytea NOT NULL,
    reversed_at timestamptz,
    reversed_by uuid REFERENCES staff (id),
    -- Why it was reversed.
    reversed_sealed bytea,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    CHECK (kept_id <> merged_id),
    CHECK ((reversed_at IS NULL) = (reversed_by IS NULL) AND (reversed_at IS NULL) = (reversed_sealed IS NULL))
);
CREATE INDEX person_merge_kept ON person_merge (kept_id);
CREATE INDEX person_merge_merged ON person_merge (merged_id);
CREATE UNIQUE INDEX person_merge_live ON person_merge (merged_id) WHERE reversed_at IS NULL;

-- Keyed 15-bit hashes of names, birth dates and contacts. The kind of term is in the bits above.
CREATE TABLE blind_index (
    token integer NOT NULL,
    person_id uuid NOT NULL REFERENCES person (id),
    PRIMARY KEY (token, person_id)
);
CREATE INDEX blind_index_person ON blind_index (person_id);

-- R16: whoever decides about a person, or changes what could change the decision, first takes this row.
CREATE TABLE decision_guard (
    person_id uuid PRIMARY KEY REFERENCES person (id),
    version integer NOT NULL
);

CREATE TABLE reference_counter (
    year integer PRIMARY KEY,
    last integer NOT NULL
);

CREATE TABLE case_file (
    id uuid PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    status text NOT NULL CHECK (status IN ('open', 'inactive', 'closed')),
    intervention_level text NOT NULL,
    sen_provision text,
    setting text,
    -- Keyed digest of the name of the setting, which is sealed: cases of one setting are told without opening each.
    setting_digest bytea CHECK (octet_length(setting_digest) = 32),
    area text,
    outcome text,
    -- JSON: reasons for contact, types of need, types of appeal, referral source: published figures, never searched alone.
    details jsonb NOT NULL,
    sealed bytea NOT NULL,
    restricted boolean NOT NULL,
    assigned_to uuid NOT NULL REFERENCES staff (id),
    -- Whoever takes a case themselves does not thereby read the restricted notes that were there before.
    assigned_by uuid NOT NULL REFERENCES staff (id),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX case_file_opened ON case_file (opened_at, id);
CREATE INDEX case_file_assigned ON case_file (assigned_to, opened_at);
CREATE INDEX case_file_setting ON case_file (setting_digest, id);

-- What was done to a case, or to a part in it, and the levels of intervention it had: a row each time.
CREATE TABLE case_event (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    kind text NOT NULL,
    intervention_level text,
    participant_id uuid,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX case_event_case ON case_event (case_id, created_at, id);

CREATE TABLE capacity_record (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES person (id),
    decision_kind text NOT NULL,
    outcome text NOT NULL,
    assessed_on date NOT NULL,
    review_on date,
    -- The case of the person's own in which it was recorded: it is for those who see that case.
    case_id uuid REFERENCES case_file (id),
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX capacity_record_person ON capacity_record (person_id);
CREATE INDEX capacity_record_case ON capacity_record (case_id);

-- What arrives from outside. All that was told is sealed under a key of the referral, so that it can be disposed of by itself.
CREATE TABLE referral (
    id uuid PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    status text NOT NULL CHECK (status IN ('received', 'accepted', 'declined', 'signposted')),
    source text NOT NULL,
    risk_stated boolean NOT NULL,
    received_at timestamptz NOT NULL,
    case_id uuid REFERENCES case_file (id),
    decided_at timestamptz,
    decided_by uuid REFERENCES staff (id),
    -- When and by whom it was last moved from a case that it was wrongly accepted into.
    moved_at timestamptz,
    moved_by uuid REFERENCES staff (id),
    sealed bytea NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    CHECK ((status = 'accepted') = (case_id IS NOT NULL)),
    CHECK ((moved_at IS NULL) = (moved_by IS NULL) AND (moved_at IS NULL OR status = 'accepted')),
    CHECK ((status = 'received') = (decided_at IS NULL) AND (status = 'received') = (decided_by IS NULL))
);
CREATE INDEX referral_received ON referral (received_at, id);
CREATE INDEX referral_case ON referral (case_id, received_at, id);

-- Who may never see a referral, because of a conflict of interest.
CREATE TABLE referral_staff (
    referral_id uuid NOT NULL REFERENCES referral (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    PRIMARY KEY (referral_id, staff_id)
);
CREATE INDEX referral_staff_member ON referral_staff (staff_id);

-- Who may open a restricted case (named), and who may never open this one (conflicted).
CREATE TABLE case_staff (
    case_id uuid NOT NULL REFERENCES case_file (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    standing text NOT NULL CHECK (standing IN ('named', 'conflicted')),
    PRIMARY KEY (case_id, staff_id)
);
CREATE INDEX case_staff_member ON case_staff (staff_id, standing);

CREATE TABLE participant (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    person_id uuid NOT NULL REFERENCES person (id),
    role text NOT NULL CHECK (role IN ('subject', 'service_user', 'other_parent', 'sibling', 'supporter', 'professional')),
    relation text NOT NULL CHECK (relation IN (
        'self', 'parent', 'step_parent', 'grandparent', 'guardian', 'foster_carer', 'sibling', 'la_as_corporate_parent',
        'deputy', 'attorney', 'representative_reg64', 'professional', 'other')),
    parental_responsibility jsonb NOT NULL,
    served_separately boolean NOT NULL,
    kept_apart boolean NOT NULL CHECK (kept_apart >= served_separately),
    ended_on date,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX participant_case ON participant (case_id);
CREATE INDEX participant_person ON participant (person_id);

-- Whom the records of a case name although they take no part in it, by this id: they stay on record as long as the case does.
CREATE TABLE named_person (
    case_id uuid NOT NULL REFERENCES case_file (id),
    person_id uuid NOT NULL REFERENCES person (id),
    -- Whether a risk does: then who they are is to be known as long as that.
    risk boolean NOT NULL,
    PRIMARY KEY (case_id, person_id, risk)
);
CREATE INDEX named_person_person ON named_person (person_id);

CREATE TABLE note (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    kind text NOT NULL,
    sensitivity text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    -- Who worked on the case then.
    worker_id uuid NOT NULL REFERENCES staff (id),
    -- The first version: a correction that restricts a note restricts what it corrects.
    first_id uuid NOT NULL REFERENCES note (id),
    supersedes_note_id uuid UNIQUE REFERENCES note (id),
    -- JSON: whose confidence, about whom, categories, wish, provenance: ids and words only.
    details jsonb NOT NULL,
    -- Absent in the marker that a note leaves behind when it is moved to another case.
    sealed bytea,
    -- The marker it left behind in the case from which it was moved.
    moved_from_id uuid UNIQUE REFERENCES note (id),
    moved_at timestamptz,
    moved_by uuid REFERENCES staff (id),
    CHECK ((moved_from_id IS NULL) = (moved_at IS NULL) AND (moved_from_id IS NULL) = (moved_by IS NULL))
);
CREATE INDEX note_case ON note (case_id, id);
CREATE INDEX note_first ON note (first_id, id);

CREATE TABLE consent (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    granter_id uuid NOT NULL REFERENCES person (id),
    decision text NOT NULL CHECK (decision IN ('given', 'refused')),
    decided_at timestamptz NOT NULL,
    starts_at timestamptz NOT NULL,
    expires_on date,
    supersedes_id uuid REFERENCES consent (id),
    -- JSON: in which capacity the granter spoke for each of those it is about, as judged on that day.
    authority jsonb NOT NULL,
    -- The whole of what was agreed.
    sealed bytea NOT NULL,
    ended text CHECK (ended IN ('withdrawn', 'superseded', 'entered_in_error', 'expired')),
    ended_at timestamptz,
    -- How it ended: who withdrew and in which words, or why it was an error.
    ended_sealed bytea,
    -- When a `once_only` permission was relied on.
    used_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    CHECK ((ended IS NULL) = (ended_at IS NULL))
);
CREATE INDEX consent_case ON consent (case_id, id);
CREATE INDEX consent_granter ON consent (granter_id);
CREATE INDEX consent_supersedes ON consent (supersedes_id);

CREATE TABLE consent_subject (
    consent_id uuid NOT NULL REFERENCES consent (id),
    person_id uuid NOT NULL REFERENCES person (id),
    PRIMARY KEY (consent_id, person_id)
);
CREATE INDEX consent_subject_person ON consent_subject (person_id);

CREATE TABLE consent_recipient (
    consent_id uuid NOT NULL REFERENCES consent (id),
    ordinal integer NOT NULL,
    recipient_id uuid REFERENCES recipient (id),
    team_id uuid REFERENCES team (id),
    person_id uuid REFERENCES person (id),
    PRIMARY KEY (consent_id, ordinal)
);
CREATE INDEX consent_recipient_body ON consent_recipient (recipient_id);
CREATE INDEX consent_recipient_team ON consent_recipient (team_id);
CREATE INDEX consent_recipient_person ON consent_recipient (person_id);

CREATE TABLE safeguarding_concern (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    status text NOT NULL,
    review_due_on date NOT NULL,
    -- JSON: kinds of risk.
    details jsonb NOT NULL,
    sealed bytea NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX safeguarding_concern_case ON safeguarding_concern (case_id);

-- Insert-only: what was decided, found and learnt of a concern. How it stands then, unless that stays as it was.
CREATE TABLE concern_event (
    id uuid PRIMARY KEY,
    concern_id uuid NOT NULL REFERENCES safeguarding_concern (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    status text CHECK (status IN ('shared', 'not_shared', 'reviewed')),
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX concern_event_concern ON concern_event (concern_id, id);
CREATE INDEX concern_event_case ON concern_event (case_id, created_at, id);

-- Insert-only: what left the service. What happens later is an annotation.
CREATE TABLE disclosure (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    basis text NOT NULL,
    recipient_id uuid REFERENCES recipient (id),
    decided_at timestamptz NOT NULL,
    decided_by uuid NOT NULL REFERENCES staff (id),
    concern_id uuid REFERENCES safeguarding_concern (id),
    -- A keyed digest of the normalised wording of an anonymous issue, so that the same letter is not sent twice.
    wording bytea,
    -- JSON: purpose, direction, channel, subjects, notes, categories, copies, permissions relied on: ids and words only.
    details jsonb NOT NULL,
    sealed bytea NOT NULL
);
CREATE INDEX disclosure_case ON disclosure (case_id, id);
CREATE INDEX disclosure_concern ON disclosure (concern_id);
CREATE INDEX disclosure_wording ON disclosure (wording) WHERE wording IS NOT NULL;

CREATE TABLE disclosure_consent (
    consent_id uuid NOT NULL REFERENCES consent (id),
    disclosure_id uuid NOT NULL REFERENCES disclosure (id),
    PRIMARY KEY (consent_id, disclosure_id)
);
CREATE INDEX disclosure_consent_disclosure ON disclosure_consent (disclosure_id);

CREATE TABLE disclosure_annotation (
    id uuid PRIMARY KEY,
    disclosure_id uuid NOT NULL REFERENCES disclosure (id),
    kind text NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX disclosure_annotation_disclosure ON disclosure_annotation (disclosure_id);

-- Insert-only: where a disclosure or a copy of it went, as it was then. Each address is of the case in which it is known, which is another than that of
-- the disclosure if somebody told it in a case of their own (C1): it is sealed under the key of that case, shown to those who see that, and goes with it.
CREATE TABLE disclosure_address (
    id uuid PRIMARY KEY,
    disclosure_id uuid NOT NULL REFERENCES disclosure (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    sealed bytea NOT NULL
);
CREATE INDEX disclosure_address_disclosure ON disclosure_address (disclosure_id);
CREATE INDEX disclosure_address_case ON disclosure_address (case_id);

-- What the service asked somebody outside, and what somebody outside asked. What was asked, and what came of it, is sealed.
CREATE TABLE information_request (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    asked_by text NOT NULL CHECK (asked_by IN ('service', 'outside')),
    status text NOT NULL CHECK (status IN ('asked', 'received', 'answered', 'partly_answered', 'refused', 'no_reply', 'no_permission', 'cancelled')),
    -- The disclosure by which the service asked, or by which it answered.
    disclosure_id uuid REFERENCES disclosure (id),
    due_on date,
    -- The last day of the permission by which the service asked.
    permitted_until date,
    sealed bytea NOT NULL,
    ended_at timestamptz,
    ended_sealed bytea,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    CHECK (asked_by <> 'service' OR disclosure_id IS NOT NULL),
    CHECK ((status IN ('asked', 'received')) = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_sealed IS NULL))
);
CREATE INDEX information_request_case ON information_request (case_id, id);
CREATE INDEX information_request_disclosure ON information_request (disclosure_id);

-- What officers asked for legal proceedings. What was said and decided is sealed.
CREATE TABLE legal_request (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    status text NOT NULL CHECK (status IN ('received', 'considering', 'permission_sought', 'granted', 'extracted', 'sent_and_copied', 'refused',
        'blocked', 'closed')),
    received_on date NOT NULL,
    deadline_on date,
    -- The last day on which the family may answer.
    answer_by date,
    -- The last day of the permission on which its extract rests.
    permitted_until date,
    sealed bytea NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX legal_request_case ON legal_request (case_id, id);
CREATE INDEX legal_request_recipient ON legal_request (recipient_id);

-- What is drafted to answer them: a disclosure that was not sent yet, under the id it has once it is.
CREATE TABLE legal_extract (
    id uuid PRIMARY KEY,
    legal_request_id uuid NOT NULL REFERENCES legal_request (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    status text NOT NULL CHECK (status IN ('draft', 'approved', 'sent', 'blocked', 'cancelled')),
    -- JSON: the permissions it rests on and the people it is about: ids only.
    details jsonb NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX legal_extract_request ON legal_extract (legal_request_id, id);
CREATE INDEX legal_extract_case ON legal_extract (case_id, id);
CREATE INDEX legal_extract_open ON legal_extract (status, id);

-- The file of an extract, once it was asked for: sealed, with a digest of what it was made of.
CREATE TABLE legal_bundle (
    id uuid PRIMARY KEY REFERENCES legal_extract (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX legal_bundle_case ON legal_bundle (case_id, id);

-- Who asks for what is held about whom. What was said and decided is sealed under a key of the request: it belongs to no one case.
CREATE TABLE subject_access_request (
    id uuid PRIMARY KEY,
    subject_id uuid NOT NULL REFERENCES person (id),
    requester_id uuid NOT NULL REFERENCES person (id),
    capacity text NOT NULL CHECK (capacity IN ('subject', 'parent', 'representative', 'solicitor')),
    status text NOT NULL CHECK (status IN ('received', 'awaiting_identity', 'running', 'paused', 'ready', 'sent', 'refused')),
    received_on date NOT NULL,
    sealed bytea NOT NULL,
    -- When it was sent or refused: its own period counts from then (C16).
    ended_at timestamptz,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id)
);
CREATE INDEX subject_access_request_open ON subject_access_request (status, id);
CREATE INDEX subject_access_request_subject ON subject_access_request (subject_id);
CREATE INDEX subject_access_request_requester ON subject_access_request (requester_id);

-- What of a request belongs to one case, what was decided of its notes: it goes with that case.
CREATE TABLE subject_access_part (
    id uuid PRIMARY KEY,
    sar_id uuid NOT NULL REFERENCES subject_access_request (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (sar_id, case_id)
);
CREATE INDEX subject_access_part_case ON subject_access_part (case_id, id);

CREATE TABLE task (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'done')),
    case_id uuid REFERENCES case_file (id),
    -- What it is about: a consent, record of capacity, disclosure, concern or recipient.
    about_id uuid NOT NULL,
    -- Who is to do it: the assigned worker of the case, or the manager.
    for_manager boolean NOT NULL,
    -- Who may not do it, where two people are needed.
    not_by uuid REFERENCES staff (id),
    due_on date NOT NULL,
    -- The first day on which it is shown, and the last on which it is to be done; done by itself from then on.
    from_on date,
    until_on date,
    completed_at timestamptz,
    completed_by uuid REFERENCES staff (id),
    version integer NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX task_due ON task (status, due_on, id);
CREATE INDEX task_on ON task (due_on, id);
CREATE INDEX task_case ON task (case_id);
CREATE INDEX task_about ON task (about_id, kind);

-- Why a case is kept although its time is over (C16). Several may stand at once.
CREATE TABLE retention_hold (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    reason text NOT NULL,
    review_on date NOT NULL,
    sealed bytea NOT NULL,
    released_at timestamptz,
    released_by uuid REFERENCES staff (id),
    released_sealed bytea,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    CHECK ((released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (released_sealed IS NULL))
);
CREATE INDEX retention_hold_case ON retention_hold (case_id, id);

-- Disposals: proposed by one, approved by another (C16). It holds nothing of a case: what is left is the certificate.
CREATE TABLE disposal (
    id uuid PRIMARY KEY,
    class text NOT NULL,
    ground text NOT NULL,
    -- The data protection officer who agreed, and when, where a risk is in it.
    officer text,
    agreed_on date,
    -- How many cases.
    count integer NOT NULL CHECK (count > 0),
    status text NOT NULL CHECK (status IN ('proposed', 'executed', 'cancelled')),
    ended_at timestamptz,
    ended_by uuid REFERENCES staff (id),
    -- What became of the notices to recipients, and the day on which backups that still hold it have expired.
    notices text,
    backups_expire_on date,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff (id),
    CHECK ((status = 'proposed') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((status = 'executed') = (notices IS NOT NULL) AND (notices IS NULL) = (backups_expire_on IS NULL)),
    CHECK ((officer IS NULL) = (agreed_on IS NULL)),
    -- Two people.
    CHECK (status <> 'executed' OR ended_by <> recorded_by)
);

-- The cases of a disposal, while it is proposed. No case is in two.
CREATE TABLE disposal_case (
    case_id uuid PRIMARY KEY REFERENCES case_file (id),
    disposal_id uuid NOT NULL REFERENCES disposal (id)
);
CREATE INDEX disposal_case_disposal ON disposal_case (disposal_id);

-- What is insert-only stays as it was written. ENABLE ALWAYS: a session that plays a replica skips other triggers. TRUNCATE fires no row
-- trigger, so it has one of its own. (The owner of a table can still switch its triggers off; the service does not run as the owner.)
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
END
$$;
-- Whether the key that is never exchanged was destroyed: with it goes all of that case, person, referral or subject access request.
CREATE FUNCTION is_disposed_of(kind text, owner uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM sealing_key AS key
        WHERE key.owner_kind = kind AND key.owner_id = uuid_send(owner) AND key.purpose = 'ledger' AND key.wrapped IS NULL
    )
$$;
-- Only the text may be sealed again, under a newer key of its owner (rotation). Its arguments: what is said otherwise, whose key it is, the column
-- that names the owner, and the sealed one.
CREATE FUNCTION refuse_all_but_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner uuid;
    was bytea;
    becomes bytea;
BEGIN
    EXECUTE format('SELECT ($1).%I, ($1).%I, ($2).%I', TG_ARGV[2], TG_ARGV[3], TG_ARGV[3]) USING OLD, NEW INTO owner, was, becomes;
    IF TG_TABLE_NAME = 'disclosure_annotation' THEN
        SELECT case_id INTO owner FROM disclosure WHERE id = owner;
    END IF;
    IF to_jsonb(NEW) - TG_ARGV[3] = to_jsonb(OLD) - TG_ARGV[3] AND EXISTS (
        SELECT FROM sealing_key AS key
        WHERE key.owner_kind = TG_ARGV[1] AND key.owner_id = uuid_send(owner) AND key.purpose = 'seal'
            AND substring(becomes FROM 1 FOR 6) = '\x0101'::bytea || int4send(key.version)
            AND substring(was FROM 1 FOR 6) < '\x0101'::bytea || int4send(key.version)
    ) THEN
        RETURN NEW;
    END IF;
    -- A note that stands in another case now is emptied here, once: a bare marker stays.
    IF TG_TABLE_NAME = 'note' THEN
        IF OLD.sealed IS NOT NULL AND NEW.sealed IS NULL AND to_jsonb(NEW) - 'sealed' - 'details' = to_jsonb(OLD) - 'sealed' - 'details'
            AND EXISTS (SELECT FROM note AS moved WHERE moved.moved_from_id = OLD.id AND moved.case_id <> OLD.case_id) THEN
            RETURN NEW;
        END IF;
        -- Nor is it told where a note came from once that case is disposed of.
        IF OLD.moved_from_id IS NOT NULL AND NEW.moved_from_id IS NULL AND to_jsonb(NEW) - '{moved_from_id,moved_at,moved_by}'::text[] = to_jsonb(OLD) - '{moved_from_id,moved_at,moved_by}'::text[]
            AND is_disposed_of('case', (SELECT case_id FROM note AS marker WHERE marker.id = OLD.moved_from_id)) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
END
$$;
-- What is written once goes with its case or person, and not before: when the key is destroyed without which nobody can read it (disposal). Its
-- arguments: what is said otherwise, and whose key it is with the column that names the owner, once or twice.
CREATE FUNCTION refuse_but_disposal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    owner uuid;
BEGIN
    FOR n IN 1 .. TG_NARGS - 2 BY 2 LOOP
        EXECUTE format('SELECT ($1).%I', TG_ARGV[n + 1]) USING OLD INTO owner;
        IF TG_ARGV[n + 1] = 'consent_id' THEN
            SELECT case_id INTO owner FROM consent WHERE id = owner;
        ELSIF TG_ARGV[n + 1] = 'disclosure_id' THEN
            SELECT case_id INTO owner FROM disclosure WHERE id = owner;
        END IF;
        IF is_disposed_of(TG_ARGV[n], owner) THEN
            RETURN OLD;
        END IF;
    END LOOP;
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER note_fixed BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing('notes are append-only', 'case', 'case_id', 'sealed');
ALTER TABLE note ENABLE ALWAYS TRIGGER note_fixed;
CREATE TRIGGER note_kept BEFORE DELETE ON note FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('notes are append-only', 'case', 'case_id');
ALTER TABLE note ENABLE ALWAYS TRIGGER note_kept;
CREATE TRIGGER note_emptied BEFORE TRUNCATE ON note FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('notes are append-only');
ALTER TABLE note ENABLE ALWAYS TRIGGER note_emptied;
CREATE TRIGGER capacity_record_fixed BEFORE UPDATE ON capacity_record FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing('capacity records are append-only', 'person', 'person_id', 'sealed');
ALTER TABLE capacity_record ENABLE ALWAYS TRIGGER capacity_record_fixed;
CREATE TRIGGER capacity_record_kept BEFORE DELETE ON capacity_record FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('capacity records are append-only', 'person', 'person_id', 'case', 'case_id');
ALTER TABLE capacity_record ENABLE ALWAYS TRIGGER capacity_record_kept;
CREATE TRIGGER capacity_record_emptied BEFORE TRUNCATE ON capacity_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('capacity records are append-only');
ALTER TABLE capacity_record ENABLE ALWAYS TRIGGER capacity_record_emptied;
CREATE TRIGGER disclosure_fixed BEFORE UPDATE ON disclosure FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing('disclosures are append-only', 'case', 'case_id', 'sealed');
ALTER TABLE disclosure ENABLE ALWAYS TRIGGER disclosure_fixed;
CREATE TRIGGER disclosure_kept BEFORE DELETE ON disclosure FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('disclosures are append-only', 'case', 'case_id');
ALTER TABLE disclosure ENABLE ALWAYS TRIGGER disclosure_kept;
CREATE TRIGGER disclosure_emptied BEFORE TRUNCATE ON disclosure FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('disclosures are append-only');
ALTER TABLE disclosure ENABLE ALWAYS TRIGGER disclosure_emptied;
CREATE TRIGGER disclosure_annotation_fixed BEFORE UPDATE ON disclosure_annotation FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing('annotations are append-only', 'case', 'disclosure_id', 'sealed');
ALTER TABLE disclosure_annotation ENABLE ALWAYS TRIGGER disclosure_annotation_fixed;
CREATE TRIGGER disclosure_annotation_kept BEFORE DELETE ON disclosure_annotation FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('annotations are append-only', 'case', 'disclosure_id');
ALTER TABLE disclosure_annotation ENABLE ALWAYS TRIGGER disclosure_annotation_kept;
CREATE TRIGGER disclosure_annotation_emptied BEFORE TRUNCATE ON disclosure_annotation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('annotations are append-only');
ALTER TABLE disclosure_annotation ENABLE ALWAYS TRIGGER disclosure_annotation_emptied;
CREATE TRIGGER disclosure_address_fixed BEFORE UPDATE ON disclosure_address FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing('where something went stands', 'case', 'case_id', 'sealed');
ALTER TABLE disclosure_address ENABLE ALWAYS TRIGGER disclosure_address_fixed;
CREATE TRIGGER disclosure_address_kept BEFORE DELETE ON disclosure_address FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('where something went stands', 'case', 'case_id', 'case', 'disclosure_id');
ALTER TABLE disclosure_address ENABLE ALWAYS TRIGGER disclosure_address_kept;
CREATE TRIGGER disclosure_address_emptied BEFORE TRUNCATE ON disclosure_address FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('where something went stands');
ALTER TABLE disclosure_address ENABLE ALWAYS TRIGGER disclosure_address_emptied;
CREATE TRIGGER consent_subject_fixed BEFORE UPDATE ON consent_subject FOR EACH ROW EXECUTE FUNCTION refuse_change('what was agreed cannot be changed');
ALTER TABLE consent_subject ENABLE ALWAYS TRIGGER consent_subject_fixed;
CREATE TRIGGER consent_subject_kept BEFORE DELETE ON consent_subject FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('what was agreed cannot be changed', 'case', 'consent_id');
ALTER TABLE consent_subject ENABLE ALWAYS TRIGGER consent_subject_kept;
CREATE TRIGGER consent_subject_emptied BEFORE TRUNCATE ON consent_subject FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('what was agreed cannot be changed');
ALTER TABLE consent_subject ENABLE ALWAYS TRIGGER consent_subject_emptied;
CREATE TRIGGER consent_recipient_fixed BEFORE UPDATE ON consent_recipient FOR EACH ROW EXECUTE FUNCTION refuse_change('what was agreed cannot be changed');
ALTER TABLE consent_recipient ENABLE ALWAYS TRIGGER consent_recipient_fixed;
CREATE TRIGGER consent_recipient_kept BEFORE DELETE ON consent_recipient FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('what was agreed cannot be changed', 'case', 'consent_id');
ALTER TABLE consent_recipient ENABLE ALWAYS TRIGGER consent_recipient_kept;
CREATE TRIGGER consent_recipient_emptied BEFORE TRUNCATE ON consent_recipient FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('what was agreed cannot be changed');
ALTER TABLE consent_recipient ENABLE ALWAYS TRIGGER consent_recipient_emptied;
CREATE TRIGGER disclosure_consent_fixed BEFORE UPDATE ON disclosure_consent FOR EACH ROW EXECUTE FUNCTION refuse_change('disclosures are append-only');
ALTER TABLE disclosure_consent ENABLE ALWAYS TRIGGER disclosure_consent_fixed;
CREATE TRIGGER disclosure_consent_kept BEFORE DELETE ON disclosure_consent FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('disclosures are append-only', 'case', 'consent_id', 'case', 'disclosure_id');
ALTER TABLE disclosure_consent ENABLE ALWAYS TRIGGER disclosure_consent_kept;
CREATE TRIGGER disclosure_consent_emptied BEFORE TRUNCATE ON disclosure_consent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('disclosures are append-only');
ALTER TABLE disclosure_consent ENABLE ALWAYS TRIGGER disclosure_consent_emptied;
CREATE TRIGGER consent_kept BEFORE DELETE ON consent FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('permissions are never removed', 'case', 'case_id');
ALTER TABLE consent ENABLE ALWAYS TRIGGER consent_kept;
CREATE TRIGGER consent_emptied BEFORE TRUNCATE ON consent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('permissions are never removed');
ALTER TABLE consent ENABLE ALWAYS TRIGGER consent_emptied;
-- What was agreed cannot be changed; only how it ended, whether it was used, and its version.
CREATE TRIGGER consent_agreed BEFORE UPDATE ON consent FOR EACH ROW
WHEN ((NEW.id, NEW.case_id, NEW.granter_id, NEW.decision, NEW.decided_at, NEW.starts_at, NEW.expires_on, NEW.supersedes_id, NEW.authority,
       NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.granter_id, OLD.decision, OLD.decided_at, OLD.starts_at, OLD.expires_on, OLD.supersedes_id,
       OLD.authority, OLD.created_at, OLD.recorded_by)
    OR (OLD.ended IS NOT NULL
        AND (NEW.ended, NEW.ended_at) IS DISTINCT FROM (OLD.ended, OLD.ended_at))
    OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at))
EXECUTE FUNCTION refuse_change('what was agreed cannot be changed');
ALTER TABLE consent ENABLE ALWAYS TRIGGER consent_agreed;
CREATE TRIGGER consent_sealed BEFORE UPDATE ON consent FOR EACH ROW WHEN (NEW.sealed IS DISTINCT FROM OLD.sealed)
EXECUTE FUNCTION refuse_all_but_sealing('what was agreed cannot be changed', 'case', 'case_id', 'sealed');
ALTER TABLE consent ENABLE ALWAYS TRIGGER consent_sealed;
CREATE TRIGGER consent_ended_sealed BEFORE UPDATE ON consent FOR EACH ROW
WHEN (OLD.ended IS NOT NULL AND NEW.ended_sealed IS DISTINCT FROM OLD.ended_sealed)
EXECUTE FUNCTION refuse_all_but_sealing('what was agreed cannot be changed', 'case', 'case_id', 'ended_sealed');
ALTER TABLE consent ENABLE ALWAYS TRIGGER consent_ended_sealed;
-- What was recorded of a risk stays, and stays where it was; only how it stands, when it is looked at again and its version change.
CREATE TRIGGER safeguarding_concern_kept BEFORE DELETE ON safeguarding_concern FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('concerns are never removed', 'case', 'case_id');
ALTER TABLE safeguarding_concern ENABLE ALWAYS TRIGGER safeguarding_concern_kept;
CREATE TRIGGER safeguarding_concern_emptied BEFORE TRUNCATE ON safeguarding_concern FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('concerns are never removed');
ALTER TABLE safeguarding_concern ENABLE ALWAYS TRIGGER safeguarding_concern_emptied;
CREATE TRIGGER safeguarding_concern_stays BEFORE UPDATE ON safeguarding_concern FOR EACH ROW
WHEN ((NEW.id, NEW.case_id, NEW.created_at, NEW.recorded_by) IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.created_at, OLD.recorded_by))
EXECUTE FUNCTION refuse_change('concerns stay where they are');
ALTER TABLE safeguarding_concern ENABLE ALWAYS TRIGGER safeguarding_concern_stays;
-- A person without a guard could not be decided about; with that of another, two could be decided about at once.
CREATE TRIGGER decision_guard_kept BEFORE DELETE ON decision_guard FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('guards stay', 'person', 'person_id');
ALTER TABLE decision_guard ENABLE ALWAYS TRIGGER decision_guard_kept;
CREATE TRIGGER decision_guard_emptied BEFORE TRUNCATE ON decision_guard FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('guards stay');
ALTER TABLE decision_guard ENABLE ALWAYS TRIGGER decision_guard_emptied;
CREATE TRIGGER decision_guard_stays BEFORE UPDATE ON decision_guard FOR EACH ROW WHEN (NEW.person_id IS DISTINCT FROM OLD.person_id) EXECUTE FUNCTION refuse_change('guards stay');
ALTER TABLE decision_guard ENABLE ALWAYS TRIGGER decision_guard_stays;
-- What was decided about a referral stands, and so does when it came and by whom it was recorded. It goes to another case with a trace only.
CREATE TRIGGER referral_kept BEFORE DELETE ON referral FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('referrals are never removed', 'referral', 'id');
ALTER TABLE referral ENABLE ALWAYS TRIGGER referral_kept;
CREATE TRIGGER referral_emptied BEFORE TRUNCATE ON referral FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('referrals are never removed');
ALTER TABLE referral ENABLE ALWAYS TRIGGER referral_emptied;
CREATE TRIGGER referral_decided BEFORE UPDATE ON referral FOR EACH ROW
WHEN ((NEW.id, NEW.reference, NEW.received_at, NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.reference, OLD.received_at, OLD.created_at, OLD.recorded_by)
    OR (OLD.status <> 'received'
        AND (NEW.status, NEW.source, NEW.risk_stated, NEW.decided_at, NEW.decided_by)
            IS DISTINCT FROM (OLD.status, OLD.source, OLD.risk_stated, OLD.decided_at, OLD.decided_by))
    OR (OLD.status <> 'received' AND NEW.case_id IS DISTINCT FROM OLD.case_id AND (NEW.case_id IS NULL OR NEW.moved_at IS NULL))
    OR (NEW.case_id IS NOT DISTINCT FROM OLD.case_id AND (NEW.moved_at, NEW.moved_by) IS DISTINCT FROM (OLD.moved_at, OLD.moved_by)))
EXECUTE FUNCTION refuse_change('what was decided about a referral stands');
ALTER TABLE referral ENABLE ALWAYS TRIGGER referral_decided;
-- What was asked, and what came of it, stands.
CREATE TRIGGER information_request_kept BEFORE DELETE ON information_request FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('requests are never removed', 'case', 'case_id');
ALTER TABLE information_request ENABLE ALWAYS TRIGGER information_request_kept;
CREATE TRIGGER information_request_emptied BEFORE TRUNCATE ON information_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('requests are never removed');
ALTER TABLE information_request ENABLE ALWAYS TRIGGER information_request_emptied;
CREATE TRIGGER information_request_stays BEFORE UPDATE ON information_request FOR EACH ROW
WHEN ((NEW.id, NEW.case_id, NEW.asked_by, NEW.due_on, NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.asked_by, OLD.due_on, OLD.created_at, OLD.recorded_by)
    OR (OLD.disclosure_id IS NOT NULL AND NEW.disclosure_id IS DISTINCT FROM OLD.disclosure_id)
    OR (OLD.ended_at IS NOT NULL
        AND (NEW.status, NEW.disclosure_id, NEW.ended_at) IS DISTINCT FROM (OLD.status, OLD.disclosure_id, OLD.ended_at)))
EXECUTE FUNCTION refuse_change('what was asked stands');
ALTER TABLE information_request ENABLE ALWAYS TRIGGER information_request_stays;
CREATE TRIGGER legal_request_kept BEFORE DELETE ON legal_request FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('requests are never removed', 'case', 'case_id');
ALTER TABLE legal_request ENABLE ALWAYS TRIGGER legal_request_kept;
CREATE TRIGGER legal_request_emptied BEFORE TRUNCATE ON legal_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('requests are never removed');
ALTER TABLE legal_request ENABLE ALWAYS TRIGGER legal_request_emptied;
CREATE TRIGGER legal_request_stays BEFORE UPDATE ON legal_request FOR EACH ROW
WHEN ((NEW.id, NEW.case_id, NEW.recipient_id, NEW.received_on, NEW.deadline_on, NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.recipient_id, OLD.received_on, OLD.deadline_on, OLD.created_at, OLD.recorded_by))
EXECUTE FUNCTION refuse_change('what was asked stands');
ALTER TABLE legal_request ENABLE ALWAYS TRIGGER legal_request_stays;
-- What was sent, blocked or given up stays so for good.
CREATE TRIGGER legal_extract_kept BEFORE DELETE ON legal_extract FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('extracts are never removed', 'case', 'case_id');
ALTER TABLE legal_extract ENABLE ALWAYS TRIGGER legal_extract_kept;
CREATE TRIGGER legal_extract_emptied BEFORE TRUNCATE ON legal_extract FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('extracts are never removed');
ALTER TABLE legal_extract ENABLE ALWAYS TRIGGER legal_extract_emptied;
CREATE TRIGGER legal_extract_stays BEFORE UPDATE ON legal_extract FOR EACH ROW
WHEN ((NEW.id, NEW.legal_request_id, NEW.case_id, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.legal_request_id, OLD.case_id, OLD.created_at)
    OR (OLD.status NOT IN ('draft', 'approved') AND (NEW.status, NEW.details) IS DISTINCT FROM (OLD.status, OLD.details)))
EXECUTE FUNCTION refuse_change('what was drafted stands');
ALTER TABLE legal_extract ENABLE ALWAYS TRIGGER legal_extract_stays;
-- Who asked stands, and so does the answer.
CREATE TRIGGER subject_access_request_kept BEFORE DELETE ON subject_access_request FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('requests are never removed', 'subject_access', 'id');
ALTER TABLE subject_access_request ENABLE ALWAYS TRIGGER subject_access_request_kept;
CREATE TRIGGER subject_access_request_emptied BEFORE TRUNCATE ON subject_access_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('requests are never removed');
ALTER TABLE subject_access_request ENABLE ALWAYS TRIGGER subject_access_request_emptied;
CREATE TRIGGER subject_access_request_stays BEFORE UPDATE ON subject_access_request FOR EACH ROW
WHEN ((NEW.id, NEW.subject_id, NEW.requester_id, NEW.capacity, NEW.received_on, NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.subject_id, OLD.requester_id, OLD.capacity, OLD.received_on, OLD.created_at, OLD.recorded_by)
    OR (OLD.status IN ('sent', 'refused') AND NEW.status IS DISTINCT FROM OLD.status))
EXECUTE FUNCTION refuse_change('what was asked stands');
ALTER TABLE subject_access_request ENABLE ALWAYS TRIGGER subject_access_request_stays;
CREATE TRIGGER subject_access_part_kept BEFORE DELETE ON subject_access_part FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('requests are never removed', 'case', 'case_id');
ALTER TABLE subject_access_part ENABLE ALWAYS TRIGGER subject_access_part_kept;
CREATE TRIGGER subject_access_part_emptied BEFORE TRUNCATE ON subject_access_part FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('requests are never removed');
ALTER TABLE subject_access_part ENABLE ALWAYS TRIGGER subject_access_part_emptied;
CREATE TRIGGER subject_access_part_stays BEFORE UPDATE ON subject_access_part FOR EACH ROW
WHEN ((NEW.id, NEW.sar_id, NEW.case_id, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.sar_id, OLD.case_id, OLD.created_at))
EXECUTE FUNCTION refuse_change('what was asked stands');
ALTER TABLE subject_access_part ENABLE ALWAYS TRIGGER subject_access_part_stays;
CREATE TRIGGER case_event_fixed BEFORE UPDATE ON case_event FOR EACH ROW EXECUTE FUNCTION refuse_change('what happened to a case stands');
ALTER TABLE case_event ENABLE ALWAYS TRIGGER case_event_fixed;
CREATE TRIGGER case_event_kept BEFORE DELETE ON case_event FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('what happened to a case stands', 'case', 'case_id');
ALTER TABLE case_event ENABLE ALWAYS TRIGGER case_event_kept;
CREATE TRIGGER case_event_emptied BEFORE TRUNCATE ON case_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('what happened to a case stands');
ALTER TABLE case_event ENABLE ALWAYS TRIGGER case_event_emptied;
-- Who was found to be whom, by whom and when stands; only its end is written, once.
CREATE TRIGGER person_merge_kept BEFORE DELETE ON person_merge FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('merges are never removed', 'person', 'kept_id', 'person', 'merged_id');
ALTER TABLE person_merge ENABLE ALWAYS TRIGGER person_merge_kept;
CREATE TRIGGER person_merge_emptied BEFORE TRUNCATE ON person_merge FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('merges are never removed');
ALTER TABLE person_merge ENABLE ALWAYS TRIGGER person_merge_emptied;
CREATE TRIGGER person_merge_stands BEFORE UPDATE ON person_merge FOR EACH ROW
WHEN ((NEW.id, NEW.kept_id, NEW.merged_id, NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.kept_id, OLD.merged_id, OLD.created_at, OLD.recorded_by)
    OR (OLD.reversed_at IS NOT NULL AND (NEW.reversed_at, NEW.reversed_by) IS DISTINCT FROM (OLD.reversed_at, OLD.reversed_by)))
EXECUTE FUNCTION refuse_change('what was merged stands');
ALTER TABLE person_merge ENABLE ALWAYS TRIGGER person_merge_stands;
CREATE TRIGGER person_merge_sealed BEFORE UPDATE ON person_merge FOR EACH ROW WHEN (NEW.sealed IS DISTINCT FROM OLD.sealed)
EXECUTE FUNCTION refuse_all_but_sealing('what was merged stands', 'person', 'kept_id', 'sealed');
ALTER TABLE person_merge ENABLE ALWAYS TRIGGER person_merge_sealed;
CREATE TRIGGER person_merge_reversed_sealed BEFORE UPDATE ON person_merge FOR EACH ROW
WHEN (OLD.reversed_at IS NOT NULL AND NEW.reversed_sealed IS DISTINCT FROM OLD.reversed_sealed)
EXECUTE FUNCTION refuse_all_but_sealing('what was merged stands', 'person', 'kept_id', 'reversed_sealed');
ALTER TABLE person_merge ENABLE ALWAYS TRIGGER person_merge_reversed_sealed;
CREATE TRIGGER concern_event_fixed BEFORE UPDATE ON concern_event FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing('what was decided of a concern stands', 'case', 'case_id', 'sealed');
ALTER TABLE concern_event ENABLE ALWAYS TRIGGER concern_event_fixed;
CREATE TRIGGER concern_event_kept BEFORE DELETE ON concern_event FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('what was decided of a concern stands', 'case', 'case_id');
ALTER TABLE concern_event ENABLE ALWAYS TRIGGER concern_event_kept;
CREATE TRIGGER concern_event_emptied BEFORE TRUNCATE ON concern_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('what was decided of a concern stands');
ALTER TABLE concern_event ENABLE ALWAYS TRIGGER concern_event_emptied;
-- Nor is what was told first rewritten: what is said later is a row of its own.
CREATE TRIGGER safeguarding_concern_told BEFORE UPDATE ON safeguarding_concern FOR EACH ROW
WHEN (NEW.details IS DISTINCT FROM OLD.details OR NEW.sealed IS DISTINCT FROM OLD.sealed)
EXECUTE FUNCTION refuse_all_but_sealing('what was told of a risk stays', 'case', 'case_id', 'sealed');
ALTER TABLE safeguarding_concern ENABLE ALWAYS TRIGGER safeguarding_concern_told;
-- What is destroyed may be forgotten; what is not, and what a hold protects, stays (C16). Nobody makes a key that was never there, lets a destroyed one
-- come back, or hands on that of another: rows go only with what could read them. Of the key that is never exchanged there is one.
CREATE TRIGGER sealing_key_made BEFORE INSERT ON sealing_key FOR EACH ROW
WHEN (NEW.wrapped IS NULL OR (NEW.purpose = 'ledger' AND NEW.version <> 1)) EXECUTE FUNCTION refuse_change('keys are made whole, and one never exchanged');
ALTER TABLE sealing_key ENABLE ALWAYS TRIGGER sealing_key_made;
CREATE TRIGGER sealing_key_fixed BEFORE UPDATE ON sealing_key FOR EACH ROW
WHEN ((NEW.owner_kind, NEW.owner_id, NEW.purpose) IS DISTINCT FROM (OLD.owner_kind, OLD.owner_id, OLD.purpose)
    OR (OLD.wrapped IS NULL AND NEW.wrapped IS NOT NULL)) EXECUTE FUNCTION refuse_change('keys stay whose they are, and destroyed');
ALTER TABLE sealing_key ENABLE ALWAYS TRIGGER sealing_key_fixed;
CREATE TRIGGER sealing_key_kept BEFORE DELETE ON sealing_key FOR EACH ROW WHEN (OLD.wrapped IS NOT NULL) EXECUTE FUNCTION refuse_change('keys are destroyed first');
ALTER TABLE sealing_key ENABLE ALWAYS TRIGGER sealing_key_kept;
CREATE FUNCTION refuse_while_held() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- An older key of the text goes when all is sealed under a newer one.
    IF OLD.purpose = 'seal' AND EXISTS (
        SELECT FROM sealing_key AS newer WHERE (newer.owner_kind, newer.owner_id, newer.purpose) = (OLD.owner_kind, OLD.owner_id, OLD.purpose)
            AND newer.version > OLD.version AND newer.wrapped IS NOT NULL
    ) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM retention_hold WHERE case_id = encode(OLD.owner_id, 'hex')::uuid AND released_at IS NULL)
        OR EXISTS (
            SELECT FROM subject_access_part AS part JOIN subject_access_request AS request ON request.id = part.sar_id
            WHERE part.case_id = encode(OLD.owner_id, 'hex')::uuid AND request.status NOT IN ('sent', 'refused')
        ) THEN
        RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER sealing_key_held BEFORE UPDATE ON sealing_key FOR EACH ROW
WHEN (NEW.wrapped IS NULL AND OLD.owner_kind = 'case') EXECUTE FUNCTION refuse_while_held('the case is on hold');
ALTER TABLE sealing_key ENABLE ALWAYS TRIGGER sealing_key_held;
CREATE TRIGGER case_file_kept BEFORE DELETE ON case_file FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('cases go by disposal only', 'case', 'id');
ALTER TABLE case_file ENABLE ALWAYS TRIGGER case_file_kept;
CREATE TRIGGER case_file_emptied BEFORE TRUNCATE ON case_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('cases go by disposal only');
ALTER TABLE case_file ENABLE ALWAYS TRIGGER case_file_emptied;
CREATE TRIGGER person_kept BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('people go by disposal only', 'person', 'id');
ALTER TABLE person ENABLE ALWAYS TRIGGER person_kept;
CREATE TRIGGER person_emptied BEFORE TRUNCATE ON person FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('people go by disposal only');
ALTER TABLE person ENABLE ALWAYS TRIGGER person_emptied;
CREATE TRIGGER participant_kept BEFORE DELETE ON participant FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('who took part stands', 'case', 'case_id');
ALTER TABLE participant ENABLE ALWAYS TRIGGER participant_kept;
CREATE TRIGGER participant_emptied BEFORE TRUNCATE ON participant FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('who took part stands');
ALTER TABLE participant ENABLE ALWAYS TRIGGER participant_emptied;
-- Who is named in a case that is there is not forgotten, and so stays on record.
CREATE TRIGGER named_person_fixed BEFORE UPDATE ON named_person FOR EACH ROW EXECUTE FUNCTION refuse_change('who was named stays');
ALTER TABLE named_person ENABLE ALWAYS TRIGGER named_person_fixed;
CREATE TRIGGER named_person_kept BEFORE DELETE ON named_person FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('who was named stays', 'case', 'case_id');
ALTER TABLE named_person ENABLE ALWAYS TRIGGER named_person_kept;
CREATE TRIGGER named_person_emptied BEFORE TRUNCATE ON named_person FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('who was named stays');
ALTER TABLE named_person ENABLE ALWAYS TRIGGER named_person_emptied;
CREATE TRIGGER retention_hold_kept BEFORE DELETE ON retention_hold FOR EACH ROW EXECUTE FUNCTION refuse_but_disposal('holds are released, not removed', 'case', 'case_id');
ALTER TABLE retention_hold ENABLE ALWAYS TRIGGER retention_hold_kept;
CREATE TRIGGER retention_hold_emptied BEFORE TRUNCATE ON retention_hold FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('holds are released, not removed');
ALTER TABLE retention_hold ENABLE ALWAYS TRIGGER retention_hold_emptied;
-- A hold stands as it was placed, and is released once.
CREATE TRIGGER retention_hold_stands BEFORE UPDATE ON retention_hold FOR EACH ROW
WHEN ((NEW.id, NEW.case_id, NEW.reason, NEW.review_on, NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.reason, OLD.review_on, OLD.created_at, OLD.recorded_by)
    OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by) IS DISTINCT FROM (OLD.released_at, OLD.released_by)))
EXECUTE FUNCTION refuse_change('a hold stands as it was placed');
ALTER TABLE retention_hold ENABLE ALWAYS TRIGGER retention_hold_stands;
-- So does the certificate.
-- A case may leave it while it is proposed, and none is added.
CREATE TRIGGER disposal_stands BEFORE UPDATE ON disposal FOR EACH ROW
WHEN (OLD.status <> 'proposed' OR NEW.count > OLD.count
    OR (NEW.id, NEW.class, NEW.ground, NEW.officer, NEW.agreed_on, NEW.created_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.class, OLD.ground, OLD.officer, OLD.agreed_on, OLD.created_at, OLD.recorded_by))
EXECUTE FUNCTION refuse_change('a disposal stands as it was decided');
ALTER TABLE disposal ENABLE ALWAYS TRIGGER disposal_stands;
CREATE TRIGGER disposal_kept BEFORE DELETE ON disposal FOR EACH ROW EXECUTE FUNCTION refuse_change('certificates stay');
ALTER TABLE disposal ENABLE ALWAYS TRIGGER disposal_kept;
CREATE TRIGGER disposal_emptied BEFORE TRUNCATE ON disposal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('certificates stay');
ALTER TABLE disposal ENABLE ALWAYS TRIGGER disposal_emptied;
