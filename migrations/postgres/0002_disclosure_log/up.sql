-- The disclosure log. `body` is the canonical entry as it was hashed; the other columns are computed from it, so that they cannot drift.
CREATE TABLE disclosure_entry (
    idx bigint PRIMARY KEY,
    body text NOT NULL,
    at text COLLATE "C" NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'at') STORED,
    kind text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'kind') STORED,
    actor text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'actor') STORED,
    decided_by text GENERATED ALWAYS AS (body::jsonb ->> 'decidedBy') STORED,
    recipient text GENERATED ALWAYS AS (body::jsonb ->> 'recipient') STORED,
    basis text GENERATED ALWAYS AS (body::jsonb ->> 'basis') STORED,
    condition text GENERATED ALWAYS AS (body::jsonb ->> 'condition') STORED,
    purpose text GENERATED ALWAYS AS (body::jsonb ->> 'purpose') STORED,
    channel text GENERATED ALWAYS AS (body::jsonb ->> 'channel') STORED,
    identified boolean GENERATED ALWAYS AS ((body::jsonb ->> 'identified')::boolean) STORED,
    copied boolean NOT NULL GENERATED ALWAYS AS (coalesce(jsonb_array_length(body::jsonb -> 'copies'), 0) > 0) STORED
);
CREATE INDEX disclosure_entry_at ON disclosure_entry (at);
CREATE INDEX disclosure_entry_recipient ON disclosure_entry (recipient, idx);
CREATE INDEX disclosure_entry_basis ON disclosure_entry (basis, idx);
CREATE INDEX disclosure_entry_actor ON disclosure_entry (actor, idx);

CREATE TABLE disclosure_leaf (
    idx bigint PRIMARY KEY,
    h bytea NOT NULL CHECK (octet_length(h) = 32)
);

-- Roots of full tiles of 256, 256^2, ... leaves.
CREATE TABLE disclosure_subtree (
    level integer NOT NULL CHECK (level > 0),
    n bigint NOT NULL CHECK (n >= 0),
    h bytea NOT NULL CHECK (octet_length(h) = 32),
    PRIMARY KEY (level, n)
);

CREATE TABLE disclosure_checkpoint (
    size bigint PRIMARY KEY,
    note text NOT NULL
);

-- What witnesses say of the checkpoints: each line proves itself.
CREATE TABLE disclosure_cosignature (
    size bigint NOT NULL,
    witness text NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (size, witness)
);

CREATE TABLE disclosure_prune (
    upto bigint PRIMARY KEY
);

-- Side tables, which disposal may empty: what the commitments of an entry stand for (sealed), and whose case it was.
CREATE TABLE disclosure_private (
    idx bigint PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    disclosure_id uuid REFERENCES disclosure (id),
    openings bytea NOT NULL
);
CREATE INDEX disclosure_private_disclosure ON disclosure_private (disclosure_id);
CREATE INDEX disclosure_private_case ON disclosure_private (case_id);

-- The entries that account for the cases of a disposal.
CREATE TABLE disposal_entry (
    idx bigint PRIMARY KEY,
    disposal_id uuid NOT NULL REFERENCES disposal (id)
);
CREATE INDEX disposal_entry_disposal ON disposal_entry (disposal_id, idx);

CREATE TABLE disclosure_case_ix (
    case_id uuid NOT NULL REFERENCES case_file (id),
    idx bigint NOT NULL,
    PRIMARY KEY (case_id, idx)
);

-- Refusals of change. The guards on INSERT also stop a missing index: the next index is the only one that fits. ENABLE ALWAYS and TRUNCATE: as
-- in the ground. A table of a session's own must not stand in for one of these, so the path is fixed.
CREATE FUNCTION disclosure_entry_next() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM coalesce((SELECT max(idx) + 1 FROM disclosure_entry), (SELECT max(upto) FROM disclosure_prune), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log takes the next entry only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION disclosure_entry_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.idx >= coalesce((SELECT max(upto) FROM disclosure_prune), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log is append-only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;
CREATE FUNCTION disclosure_leaf_next() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM coalesce((SELECT max(idx) + 1 FROM disclosure_leaf), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log takes the next leaf only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION disclosure_subtree_next() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.n IS DISTINCT FROM coalesce((SELECT max(n) + 1 FROM disclosure_subtree WHERE level = NEW.level), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the log takes the next subtree only', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION disclosure_checkpoint_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.size IS NULL OR NEW.size <= coalesce((SELECT max(size) FROM disclosure_checkpoint), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'checkpoints grow', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE FUNCTION disclosure_prune_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.upto IS NULL OR NEW.upto <= coalesce((SELECT max(upto) FROM disclosure_prune), 0)
        OR NEW.upto > coalesce((SELECT max(idx) + 1 FROM disclosure_leaf), 0) THEN
        RAISE EXCEPTION USING MESSAGE = 'the watermark grows within the log', ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER disclosure_entry_next BEFORE INSERT ON disclosure_entry FOR EACH ROW EXECUTE FUNCTION disclosure_entry_next();
ALTER TABLE disclosure_entry ENABLE ALWAYS TRIGGER disclosure_entry_next;
CREATE TRIGGER disclosure_entry_fixed BEFORE UPDATE ON disclosure_entry FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_entry ENABLE ALWAYS TRIGGER disclosure_entry_fixed;
CREATE TRIGGER disclosure_entry_emptied BEFORE TRUNCATE ON disclosure_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_entry ENABLE ALWAYS TRIGGER disclosure_entry_emptied;
CREATE TRIGGER disclosure_entry_kept BEFORE DELETE ON disclosure_entry FOR EACH ROW EXECUTE FUNCTION disclosure_entry_kept();
ALTER TABLE disclosure_entry ENABLE ALWAYS TRIGGER disclosure_entry_kept;
CREATE TRIGGER disclosure_leaf_next BEFORE INSERT ON disclosure_leaf FOR EACH ROW EXECUTE FUNCTION disclosure_leaf_next();
ALTER TABLE disclosure_leaf ENABLE ALWAYS TRIGGER disclosure_leaf_next;
CREATE TRIGGER disclosure_leaf_fixed BEFORE UPDATE ON disclosure_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_leaf ENABLE ALWAYS TRIGGER disclosure_leaf_fixed;
CREATE TRIGGER disclosure_leaf_kept BEFORE DELETE ON disclosure_leaf FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_leaf ENABLE ALWAYS TRIGGER disclosure_leaf_kept;
CREATE TRIGGER disclosure_leaf_emptied BEFORE TRUNCATE ON disclosure_leaf FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_leaf ENABLE ALWAYS TRIGGER disclosure_leaf_emptied;
CREATE TRIGGER disclosure_subtree_next BEFORE INSERT ON disclosure_subtree FOR EACH ROW EXECUTE FUNCTION disclosure_subtree_next();
ALTER TABLE disclosure_subtree ENABLE ALWAYS TRIGGER disclosure_subtree_next;
CREATE TRIGGER disclosure_subtree_fixed BEFORE UPDATE ON disclosure_subtree FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_subtree ENABLE ALWAYS TRIGGER disclosure_subtree_fixed;
CREATE TRIGGER disclosure_subtree_kept BEFORE DELETE ON disclosure_subtree FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_subtree ENABLE ALWAYS TRIGGER disclosure_subtree_kept;
CREATE TRIGGER disclosure_subtree_emptied BEFORE TRUNCATE ON disclosure_subtree FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_subtree ENABLE ALWAYS TRIGGER disclosure_subtree_emptied;
CREATE TRIGGER disclosure_checkpoint_grows BEFORE INSERT ON disclosure_checkpoint FOR EACH ROW EXECUTE FUNCTION disclosure_checkpoint_grows();
ALTER TABLE disclosure_checkpoint ENABLE ALWAYS TRIGGER disclosure_checkpoint_grows;
CREATE TRIGGER disclosure_checkpoint_fixed BEFORE UPDATE ON disclosure_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_checkpoint ENABLE ALWAYS TRIGGER disclosure_checkpoint_fixed;
CREATE TRIGGER disclosure_checkpoint_kept BEFORE DELETE ON disclosure_checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_checkpoint ENABLE ALWAYS TRIGGER disclosure_checkpoint_kept;
CREATE TRIGGER disclosure_checkpoint_emptied BEFORE TRUNCATE ON disclosure_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_checkpoint ENABLE ALWAYS TRIGGER disclosure_checkpoint_emptied;
CREATE TRIGGER disclosure_cosignature_fixed BEFORE UPDATE ON disclosure_cosignature FOR EACH ROW EXECUTE FUNCTION refuse_change('what a witness said stands');
ALTER TABLE disclosure_cosignature ENABLE ALWAYS TRIGGER disclosure_cosignature_fixed;
CREATE TRIGGER disclosure_cosignature_kept BEFORE DELETE ON disclosure_cosignature FOR EACH ROW EXECUTE FUNCTION refuse_change('what a witness said stands');
ALTER TABLE disclosure_cosignature ENABLE ALWAYS TRIGGER disclosure_cosignature_kept;
CREATE TRIGGER disclosure_cosignature_emptied BEFORE TRUNCATE ON disclosure_cosignature FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('what a witness said stands');
ALTER TABLE disclosure_cosignature ENABLE ALWAYS TRIGGER disclosure_cosignature_emptied;
CREATE TRIGGER disclosure_prune_grows BEFORE INSERT ON disclosure_prune FOR EACH ROW EXECUTE FUNCTION disclosure_prune_grows();
ALTER TABLE disclosure_prune ENABLE ALWAYS TRIGGER disclosure_prune_grows;
CREATE TRIGGER disclosure_prune_fixed BEFORE UPDATE ON disclosure_prune FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_prune ENABLE ALWAYS TRIGGER disclosure_prune_fixed;
CREATE TRIGGER disclosure_prune_kept BEFORE DELETE ON disclosure_prune FOR EACH ROW EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_prune ENABLE ALWAYS TRIGGER disclosure_prune_kept;
CREATE TRIGGER disclosure_prune_emptied BEFORE TRUNCATE ON disclosure_prune FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the log is append-only');
ALTER TABLE disclosure_prune ENABLE ALWAYS TRIGGER disclosure_prune_emptied;

-- Openings and the look-up by case may be deleted on disposal, row by row, never changed.
CREATE TRIGGER disclosure_private_fixed BEFORE UPDATE ON disclosure_private FOR EACH ROW EXECUTE FUNCTION refuse_all_but_sealing('openings are never changed', 'case', 'case_id', 'openings');
ALTER TABLE disclosure_private ENABLE ALWAYS TRIGGER disclosure_private_fixed;
CREATE TRIGGER disclosure_private_emptied BEFORE TRUNCATE ON disclosure_private FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('openings are never changed');
ALTER TABLE disclosure_private ENABLE ALWAYS TRIGGER disclosure_private_emptied;
CREATE TRIGGER disclosure_case_ix_fixed BEFORE UPDATE ON disclosure_case_ix FOR EACH ROW EXECUTE FUNCTION refuse_change('the look-up is never changed');
ALTER TABLE disclosure_case_ix ENABLE ALWAYS TRIGGER disclosure_case_ix_fixed;
CREATE TRIGGER disclosure_case_ix_emptied BEFORE TRUNCATE ON disclosure_case_ix FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the look-up is never changed');
ALTER TABLE disclosure_case_ix ENABLE ALWAYS TRIGGER disclosure_case_ix_emptied;
CREATE TRIGGER disposal_entry_fixed BEFORE UPDATE ON disposal_entry FOR EACH ROW EXECUTE FUNCTION refuse_change('certificates stay');
ALTER TABLE disposal_entry ENABLE ALWAYS TRIGGER disposal_entry_fixed;
CREATE TRIGGER disposal_entry_kept BEFORE DELETE ON disposal_entry FOR EACH ROW EXECUTE FUNCTION refuse_change('certificates stay');
ALTER TABLE disposal_entry ENABLE ALWAYS TRIGGER disposal_entry_kept;
CREATE TRIGGER disposal_entry_emptied BEFORE TRUNCATE ON disposal_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('certificates stay');
ALTER TABLE disposal_entry ENABLE ALWAYS TRIGGER disposal_entry_emptied;
