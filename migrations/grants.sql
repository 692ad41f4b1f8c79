-- What the role of the running service may do: the role `sendiass_app`, where there is one (docs/postgresql-roles.sql makes it). It adds to
-- every table and reads all; what is written once it can neither change nor remove, whatever the service is made to say.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sendiass_app') THEN
        RETURN;
    END IF;
    REVOKE ALL ON ALL TABLES IN SCHEMA public FROM sendiass_app;
    GRANT USAGE ON SCHEMA public TO sendiass_app;
    GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO sendiass_app;
    REVOKE INSERT ON __diesel_schema_migrations FROM sendiass_app;
    -- The name of the key that signs the logs, when another takes its place.
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'deployment') THEN
        GRANT UPDATE (keys) ON deployment TO sendiass_app;
    END IF;
    IF EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public' AND tablename = 'case_file') THEN
        GRANT UPDATE ON sealing_key, staff, recipient, team, person, person_merge, decision_guard, reference_counter, case_file, referral,
            case_staff, participant, consent, safeguarding_concern, information_request, legal_request, legal_extract, legal_bundle, task TO sendiass_app;
        -- A note that was moved to another case is emptied where it was.
        GRANT UPDATE (details, sealed) ON note TO sendiass_app;
        GRANT DELETE ON idempotency, revoked_token, blind_index, case_staff TO sendiass_app;
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
