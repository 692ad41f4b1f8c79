-- The two roles of the service on PostgreSQL 14 or newer. Run once as a superuser, connected to the database of the service:
--
--   psql -d sendiass -f docs/postgresql-roles.sql
--   psql -d sendiass -c '\password sendiass_owner' -c '\password sendiass_app'
--
-- `sendiass_owner` owns the tables and runs `sendiass migrate run`, which grants `sendiass_app` what it may do (migrations/grants.sql).
-- `sendiass_app` runs `sendiass serve`: it cannot change, remove or empty what is written once, nor switch a trigger off.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['sendiass_owner', 'sendiass_app'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', role);
        END IF;
        -- The service tells by its words whether a refusal of the server is over in a moment.
        EXECUTE format('ALTER ROLE %I SET lc_messages = %L', role, 'C');
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
    END LOOP;
    -- Nobody else comes in, and nobody makes tables of a session's own that could stand in for those of the record.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO sendiass_owner;
GRANT USAGE ON SCHEMA public TO sendiass_app;
