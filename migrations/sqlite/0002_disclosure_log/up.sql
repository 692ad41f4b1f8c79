-- The disclosure log. `body` is the canonical entry as it was hashed; the other columns are computed from it, so that they cannot drift.
CREATE TABLE disclosure_entry (
    idx INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    at TEXT NOT NULL GENERATED ALWAYS AS (body ->> 'at') STORED,
    kind TEXT NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    actor TEXT NOT NULL GENERATED ALWAYS AS (body ->> 'actor') STORED,
    decided_by TEXT GENERATED ALWAYS AS (body ->> 'decidedBy') STORED,
    recipient TEXT GENERATED ALWAYS AS (body ->> 'recipient') STORED,
    basis TEXT GENERATED ALWAYS AS (body ->> 'basis') STORED,
    condition TEXT GENERATED ALWAYS AS (body ->> 'condition') STORED,
    purpose TEXT GENERATED ALWAYS AS (body ->> 'purpose') STORED,
    channel TEXT GENERATED ALWAYS AS (body ->> 'channel') STORED,
    identified INTEGER GENERATED ALWAYS AS (body ->> 'identified') STORED,
    copied INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(json_array_length(body, '$.copies'), 0) > 0) STORED
) STRICT;
CREATE INDEX disclosure_entry_at ON disclosure_entry (at);
CREATE INDEX disclosure_entry_recipient ON disclosure_entry (recipient, idx);
CREATE INDEX disclosure_entry_basis ON disclosure_entry (basis, idx);
CREATE INDEX disclosure_entry_actor ON disclosure_entry (actor, idx);

CREATE TABLE disclosure_leaf (
    idx INTEGER PRIMARY KEY,
    h BLOB NOT NULL CHECK (length(h) = 32)
) STRICT;

-- Roots of full tiles of 256, 256^2, ... leaves.
CREATE TABLE disclosure_subtree (
    level INTEGER NOT NULL CHECK (level > 0),
    n INTEGER NOT NULL CHECK (n >= 0),
    h BLOB NOT NULL CHECK (length(h) = 32),
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE disclosure_checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;

-- What witnesses say of the checkpoints: each line proves itself.
CREATE TABLE disclosure_cosignature (
    size INTEGER NOT NULL,
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (size, witness)
) STRICT, WITHOUT ROWID;

CREATE TABLE disclosure_prune (
    upto INTEGER PRIMARY KEY
) STRICT;

-- Side tables, which disposal may empty: what the commitments of an entry stand for (sealed), and whose case it was.
CREATE TABLE disclosure_private (
    idx INTEGER PRIMARY KEY,
    case_id BLOB NOT NULL REFERENCES case_file (id),
    disclosure_id BLOB REFERENCES disclosure (id),
    openings BLOB NOT NULL
) STRICT;
CREATE INDEX disclosure_private_disclosure ON disclosure_private (disclosure_id);
CREATE INDEX disclosure_private_case ON disclosure_private (case_id);

-- The entries that account for the cases of a disposal.
CREATE TABLE disposal_entry (
    idx INTEGER PRIMARY KEY,
    disposal_id BLOB NOT NULL REFERENCES disposal (id)
) STRICT;
CREATE INDEX disposal_entry_disposal ON disposal_entry (disposal_id, idx);

CREATE TABLE disclosure_case_ix (
    case_id BLOB NOT NULL REFERENCES case_file (id),
    idx INTEGER NOT NULL,
    PRIMARY KEY (case_id, idx)
) STRICT, WITHOUT ROWID;

-- Refusals of change. The guards on INSERT also stop REPLACE, IGNORE, UPSERT and a missing index: the next index is the only one that fits.
CREATE TRIGGER disclosure_entry_next BEFORE INSERT ON disclosure_entry
WHEN NEW.idx IS NOT coalesce((SELECT max(idx) + 1 FROM disclosure_entry), (SELECT max(upto) FROM disclosure_prune), 0)
BEGIN SELECT RAISE(ABORT, 'the log takes the next entry only'); END;
CREATE TRIGGER disclosure_entry_fixed BEFORE UPDATE ON disclosure_entry BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER disclosure_entry_kept BEFORE DELETE ON disclosure_entry
WHEN OLD.idx >= coalesce((SELECT max(upto) FROM disclosure_prune), 0)
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER disclosure_leaf_next BEFORE INSERT ON disclosure_leaf
WHEN NEW.idx IS NOT coalesce((SELECT max(idx) + 1 FROM disclosure_leaf), 0)
BEGIN SELECT RAISE(ABORT, 'the log takes the next leaf only'); END;
CREATE TRIGGER disclosure_leaf_fixed BEFORE UPDATE ON disclosure_leaf BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER disclosure_leaf_kept BEFORE DELETE ON disclosure_leaf BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER disclosure_subtree_next BEFORE INSERT ON disclosure_subtree
WHEN NEW.n IS NOT coalesce((SELECT max(n) + 1 FROM disclosure_subtree WHERE level = NEW.level), 0)
BEGIN SELECT RAISE(ABORT, 'the log takes the next subtree only'); END;
CREATE TRIGGER disclosure_subtree_fixed BEFORE UPDATE ON disclosure_subtree BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER disclosure_subtree_kept BEFORE DELETE ON disclosure_subtree BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER disclosure_checkpoint_grows BEFORE INSERT ON disclosure_checkpoint
WHEN NEW.size IS NULL OR NEW.size <= coalesce((SELECT max(size) FROM disclosure_checkpoint), 0)
BEGIN SELECT RAISE(ABORT, 'checkpoints grow'); END;
CREATE TRIGGER disclosure_checkpoint_fixed BEFORE UPDATE ON disclosure_checkpoint BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER disclosure_checkpoint_kept BEFORE DELETE ON disclosure_checkpoint BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER disclosure_cosignature_new BEFORE INSERT ON disclosure_cosignature
WHEN EXISTS (SELECT 1 FROM disclosure_cosignature WHERE size = NEW.size AND witness = NEW.witness)
BEGIN SELECT RAISE(ABORT, 'what a witness said stands'); END;
CREATE TRIGGER disclosure_cosignature_fixed BEFORE UPDATE ON disclosure_cosignature BEGIN SELECT RAISE(ABORT, 'what a witness said stands'); END;
CREATE TRIGGER disclosure_cosignature_kept BEFORE DELETE ON disclosure_cosignature BEGIN SELECT RAISE(ABORT, 'what a witness said stands'); END;

CREATE TRIGGER disclosure_prune_grows BEFORE INSERT ON disclosure_prune
WHEN NEW.upto IS NULL OR NEW.upto <= coalesce((SELECT max(upto) FROM disclosure_prune), 0)
    OR NEW.upto > coalesce((SELECT max(idx) + 1 FROM disclosure_leaf), 0)
BEGIN SELECT RAISE(ABORT, 'the watermark grows within the log'); END;
CREATE TRIGGER disclosure_prune_fixed BEFORE UPDATE ON disclosure_prune BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER disclosure_prune_kept BEFORE DELETE ON disclosure_prune BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- Openings and the look-up by case may be deleted on disposal, never changed; openings may be sealed again under a newer key.
CREATE TRIGGER disclosure_private_fixed BEFORE UPDATE ON disclosure_private
WHEN (NEW.idx, NEW.case_id, NEW.disclosure_id) IS NOT (OLD.idx, OLD.case_id, OLD.disclosure_id)
    OR NOT EXISTS (SELECT 1 FROM sealing_key AS key WHERE key.owner_kind = 'case' AND key.owner_id = OLD.case_id AND key.purpose = 'seal'
        AND hex(substr(NEW.openings, 1, 6)) = printf('0101%08X', key.version) AND hex(substr(OLD.openings, 1, 6)) < printf('0101%08X', key.version))
BEGIN SELECT RAISE(ABORT, 'openings are never changed'); END;
CREATE TRIGGER disclosure_private_new BEFORE INSERT ON disclosure_private
WHEN EXISTS (SELECT 1 FROM disclosure_private WHERE idx = NEW.idx)
BEGIN SELECT RAISE(ABORT, 'openings are never changed'); END;
CREATE TRIGGER disclosure_case_ix_fixed BEFORE UPDATE ON disclosure_case_ix BEGIN SELECT RAISE(ABORT, 'the look-up is never changed'); END;
CREATE TRIGGER disposal_entry_fixed BEFORE UPDATE ON disposal_entry BEGIN SELECT RAISE(ABORT, 'certificates stay'); END;
CREATE TRIGGER disposal_entry_kept BEFORE DELETE ON disposal_entry BEGIN SELECT RAISE(ABORT, 'certificates stay'); END;
CREATE TRIGGER disposal_entry_new BEFORE INSERT ON disposal_entry WHEN EXISTS (SELECT 1 FROM disposal_entry WHERE idx = NEW.idx)
BEGIN SELECT RAISE(ABORT, 'certificates stay'); END;
