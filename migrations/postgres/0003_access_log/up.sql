-- The access log: the disclosure log once more, of who saw and changed what. `body` is the canonical entry as it was hashed; the other columns are computed from it, so that they cannot drift.
CREATE TABLE access_entry (
    idx bigint PRIMARY KEY,
    body text NOT NULL,
    at text COLLATE "C" NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'at') STORED,
    kind text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'kind') STORED,
    outcome text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'outcome') STORED,
    actor text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'actor') STORED,
    role text GENERATED ALWAYS AS (body::jsonb ->> 'role') STORED,
    operation text GENERATED ALWAYS AS (body::jsonb ->> 'operation') STORED
);
CREATE INDEX access_entry_at ON access_entry (at);
CREATE INDEX access_entry_kind ON access_entry (kind, idx);
CREATE INDEX access_entry_actor ON access_entry (actor, idx);
CREATE INDEX access_entry_operation ON access_entry (operation, idx);

CREATE TABLE access_leaf (
    idx bigint PRIMARY KEY,
    h bytea NOT NULL CHECK (octet_length(h) = 32)
);

-- Roots of full tiles of 256, 256^2, ... leaves.
CREATE TABLE access_subtree (
    level integer NOT NULL CHECK (level > 0),
    n bigint NOT NULL CHECK (n >= 0),
    h bytea NOT NULL CHECK (octet_length(h) = 32),
    PRIMARY KEY (level, n)
);

CREATE TABLE access_checkpoint (
    size bigint PRIMARY KEY,
    note text NOT NULL
);

-- What witnesses say of the checkpoints: each line proves itself.
CREATE TABLE access_cosignature (
    size bigint NOT NULL,
    witness text NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (size, witness)
);

CREATE TABLE access_prune (
    upto bigint PRIMARY KEY
);

-- The side table that disposal may empty: whose cases an entry is about.
CREATE TABLE access_case_ix (
    case_id uuid NOT NULL REFERENCES case_file (id),
    idx bigint NOT NULL,
    PRIMARY KEY (case_id, idx)
);

-- What was logged and has no place yet: the entry as it will be hashed, unless its time must be moved so that times do not decrease, and the cases
-- it is about. On a server many write at once, and one at a time moves what waits into the log.
CREATE TABLE access_pending (
    id uuid PRIMARY KEY,
    body text NOT NULL,
    cases jsonb NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Refusals of change. The guards on INSERT also stop a missing index: the next index is the only one that fits. ENABLE ALWAYS and TRUNCATE: as
-- in the ground. A table of a session's own must not stand in for one of these, so the path is fixed.
CREATE FUNCTION access_entry_next() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM coalesce((SELECT max(idx) + 1 FROM access_entry), (SELECT max(upto) FROM access_prune), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log takes the next entry only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION access_entry_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.idx >= coalesce((SELECT max(upto) FROM access_prune), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log is append-only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
CREATE FUNCTION access_leaf_next() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM coalesce((SELECT max(idx) + 1 FROM access_leaf), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log takes the next leaf only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION access_subtree_next() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.n IS DISTINCT FROM coalesce((SELECT max(n) + 1 FROM access_subtree WHERE level = NEW.level), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log takes the next subtree only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION access_checkpoint_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.size IS NULL OR NEW.size <= coalesce((SELECT max(size) FROM access_checkpoint), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'checkpoints grow', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION access_prune_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.upto IS NULL OR NEW.upto <= coalesce((SELECT max(upto) FROM access_prune), 0)
        OR NEW.upto > coalesce((SELECT max(idx) + 1 FROM access_leaf), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the watermark grows within the log', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER access_entry_next BEFORE INSERT ON access_entry FOR EACH ROW EXECUTE FUNCTION access_entry_next();
ALTER TABLE access_entry ENABLE ALWAYS TRIGGER access_entry_next;
CREATE TRIGGER access_entry_fixed BEFORE UPDATE ON access_entry FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_entry ENABLE ALWAYS TRIGGER access_entry_fixed;
CREATE TRIGGER access_entry_emptied BEFORE TRUNCATE ON access_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_entry ENABLE ALWAYS TRIGGER access_entry_emptied;
CREATE TRIGGER access_entry_kept BEFORE DELETE ON access_entry FOR EACH ROW EXECUTE FUNCTION access_entry_kept();
ALTER TABLE access_entry ENABLE ALWAYS TRIGGER access_entry_kept;
CREATE TRIGGER access_leaf_next BEFORE INSERT ON access_leaf FOR EACH ROW EXECUTE FUNCTION access_leaf_next();
ALTER TABLE access_leaf ENABLE ALWAYS TRIGGER access_leaf_next;
CREATE TRIGGER access_leaf_fixed BEFORE UPDATE ON access_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_leaf ENABLE ALWAYS TRIGGER access_leaf_fixed;
CREATE TRIGGER access_leaf_kept BEFORE DELETE ON access_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_leaf ENABLE ALWAYS TRIGGER access_leaf_kept;
CREATE TRIGGER access_leaf_emptied BEFORE TRUNCATE ON access_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_leaf ENABLE ALWAYS TRIGGER access_leaf_emptied;
CREATE TRIGGER access_subtree_next BEFORE INSERT ON access_subtree FOR EACH ROW EXECUTE FUNCTION access_subtree_next();
ALTER TABLE access_subtree ENABLE ALWAYS TRIGGER access_subtree_next;
CREATE TRIGGER access_subtree_fixed BEFORE UPDATE ON access_subtree FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_subtree ENABLE ALWAYS TRIGGER access_subtree_fixed;
CREATE TRIGGER access_subtree_kept BEFORE DELETE ON access_subtree FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_subtree ENABLE ALWAYS TRIGGER access_subtree_kept;
CREATE TRIGGER access_subtree_emptied BEFORE TRUNCATE ON access_subtree FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_subtree ENABLE ALWAYS TRIGGER access_subtree_emptied;
CREATE TRIGGER access_checkpoint_grows BEFORE INSERT ON access_checkpoint FOR EACH ROW EXECUTE FUNCTION access_checkpoint_grows();
ALTER TABLE access_checkpoint ENABLE ALWAYS TRIGGER access_checkpoint_grows;
CREATE TRIGGER access_checkpoint_fixed BEFORE UPDATE ON access_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_checkpoint ENABLE ALWAYS TRIGGER access_checkpoint_fixed;
CREATE TRIGGER access_checkpoint_kept BEFORE DELETE ON access_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_checkpoint ENABLE ALWAYS TRIGGER access_checkpoint_kept;
CREATE TRIGGER access_checkpoint_emptied BEFORE TRUNCATE ON access_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_checkpoint ENABLE ALWAYS TRIGGER access_checkpoint_emptied;
CREATE TRIGGER access_cosignature_fixed BEFORE UPDATE ON access_cosignature FOR EACH ROW EXECUTE FUNCTION refuse_change('what a witness said stands');
ALTER TABLE access_cosignature ENABLE ALWAYS TRIGGER access_cosignature_fixed;
CREATE TRIGGER access_cosignature_kept BEFORE DELETE ON access_cosignature FOR EACH ROW EXECUTE FUNCTION refuse_change('what a witness said stands');
ALTER TABLE access_cosignature ENABLE ALWAYS TRIGGER access_cosignature_kept;
CREATE TRIGGER access_cosignature_emptied BEFORE TRUNCATE ON access_cosignature FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('what a witness said stands');
ALTER TABLE access_cosignature ENABLE ALWAYS TRIGGER access_cosignature_emptied;
CREATE TRIGGER access_prune_grows BEFORE INSERT ON access_prune FOR EACH ROW EXECUTE FUNCTION access_prune_grows();
ALTER TABLE access_prune ENABLE ALWAYS TRIGGER access_prune_grows;
CREATE TRIGGER access_prune_fixed BEFORE UPDATE ON access_prune FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_prune ENABLE ALWAYS TRIGGER access_prune_fixed;
CREATE TRIGGER access_prune_kept BEFORE DELETE ON access_prune FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_prune ENABLE ALWAYS TRIGGER access_prune_kept;
CREATE TRIGGER access_prune_emptied BEFORE TRUNCATE ON access_prune FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE access_prune ENABLE ALWAYS TRIGGER access_prune_emptied;

-- The look-up by case may be deleted on disposal, row by row, never changed.
CREATE TRIGGER access_case_ix_fixed BEFORE UPDATE ON access_case_ix FOR EACH ROW EXECUTE FUNCTION refuse_change('the look-up is never changed');
ALTER TABLE access_case_ix ENABLE ALWAYS TRIGGER access_case_ix_fixed;
CREATE TRIGGER access_case_ix_emptied BEFORE TRUNCATE ON access_case_ix FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the look-up is never changed');
ALTER TABLE access_case_ix ENABLE ALWAYS TRIGGER access_case_ix_emptied;

-- What waits is never changed, and leaves only into the log: what is removed is what the newest entries tell.
-- EXCEPT and a range of two ends, because the planner takes a range of one end for a third of the log and compares each with each: at a million entries
-- a batch of 2,000 took 18 seconds.
CREATE FUNCTION access_pending_moved() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT body::jsonb - 'at' FROM gone
        EXCEPT
        SELECT body::jsonb - 'at' FROM access_entry
        WHERE idx BETWEEN (SELECT max(idx) + 1 FROM access_entry) - (SELECT count(*) FROM gone) AND (SELECT max(idx) FROM access_entry)
    ) THEN
        RAISE EXCEPTION USING MESSAGE = 'what waits leaves only into the log', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER access_pending_fixed BEFORE UPDATE ON access_pending FOR EACH ROW EXECUTE FUNCTION refuse_change('what waits is never changed');
ALTER TABLE access_pending ENABLE ALWAYS TRIGGER access_pending_fixed;
CREATE TRIGGER access_pending_emptied BEFORE TRUNCATE ON access_pending FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('what waits is never changed');
ALTER TABLE access_pending ENABLE ALWAYS TRIGGER access_pending_emptied;
CREATE TRIGGER access_pending_moved AFTER DELETE ON access_pending REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION access_pending_moved();
ALTER TABLE access_pending ENABLE ALWAYS TRIGGER access_pending_moved;
