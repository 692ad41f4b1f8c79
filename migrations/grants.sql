-- What the role of the running service may do: the role `sendiass_app`, where there is one (docs/postgresql-roles.sql makes it). It adds to
-- every table and reads all; what is written once it can neither change nor, before its key is destroyed, remove, whatever the service is made to say.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sendiass_app') THEN
        RETURN;
    END IF;
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM sendiass_app;
    GRANT USAGE ON SCHEMA public TO sendiass_app;
    GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO sendiass_app;
    REVOKE INSERT ON __diesel_schema_migrations FROM sendiass_app;
    -- How far a log was pruned its owner says alone.
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'access_prune') THEN
        REVOKE INSERT ON disclosure_prune, access_prune FROM sendiass_app;
    END IF;
    -- The name of the key that signs the logs, when another takes its place.
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'deployment') THEN
        GRANT UPDATE (keys) ON deployment TO sendiass_app;
    END IF;
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'case_file') THEN
        GRANT UPDATE ON sealing_key, staff, recipient, team, person, person_merge, decision_guard, reference_counter, case_file, referral,
            case_staff, participant, consent, safeguarding_concern, information_request, legal_request, legal_extract, legal_bundle,
            subject_access_request, subject_access_part, retention_hold, disposal, task TO sendiass_app;
        -- A note that was moved to another case is emptied where it was.
        GRANT UPDATE (details, sealed, moved_from_id, moved_at, moved_by) ON note TO sendiass_app;
        GRANT DELETE ON idempotency, revoked_token, blind_index, case_staff, referral_staff, disposal_case TO sendiass_app;
        -- Disposal: of what is written once only rows go whose key was destroyed; the triggers see to that.
        GRANT DELETE ON sealing_key, person, person_merge, decision_guard, capacity_record, case_file, case_event, referral, participant, named_person, note,
            consent,
            consent_subject, consent_recipient, safeguarding_concern, concern_event, disclosure, disclosure_consent, disclosure_annotation,
            disclosure_address,
            information_request, legal_request, legal_extract, legal_bundle, subject_access_request, subject_access_part, retention_hold, task TO sendiass_app;
    END IF;
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'disclosure_private') THEN
        -- Disposal empties the side tables of the log, row by row.
        GRANT DELETE ON disclosure_private, disclosure_case_ix TO sendiass_app;
    END IF;
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'access_case_ix') THEN
        -- What waits for its place in the log is moved there.
        GRANT DELETE ON access_case_ix, access_pending TO sendiass_app;
    END IF;
END
$$;
