-- The access log: the disclosure log once more, of who saw and changed what. `body` is the canonical entry as it was hashed; the other columns are computed from it, so that they cannot drift.
CREATE TABLE access_entry (
    idx INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    at TEXT NOT NULL GENERATED ALWAYS AS (body ->> 'at') STORED,
    kind TEXT NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    outcome TEXT NOT NULL GENERATED ALWAYS AS (body ->> 'outcome') STORED,
    actor TEXT NOT NULL GENERATED ALWAYS AS (body ->> 'actor') STORED,
    role TEXT GENERATED ALWAYS AS (body ->> 'role') STORED,
    operation TEXT GENERATED ALWAYS AS (body ->> 'operation') STORED
) STRICT;
CREATE INDEX access_entry_at ON access_entry (at);
CREATE INDEX access_entry_kind ON access_entry (kind, idx);
CREATE INDEX access_entry_actor ON access_entry (actor, idx);
CREATE INDEX access_entry_operation ON access_entry (operation, idx);

CREATE TABLE access_leaf (
    idx INTEGER PRIMARY KEY,
    h BLOB NOT NULL CHECK (length(h) = 32)
) STRICT;

-- Roots of full tiles of 256, 256^2, ... leaves.
CREATE TABLE access_subtree (
    level INTEGER NOT NULL CHECK (level > 0),
    n INTEGER NOT NULL CHECK (n >= 0),
    h BLOB NOT NULL CHECK (length(h) = 32),
    PRIMARY KEY (level, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;

-- What witnesses say of the checkpoints: each line proves itself.
CREATE TABLE access_cosignature (
    size INTEGER NOT NULL,
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (size, witness)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_prune (
    upto INTEGER PRIMARY KEY
) STRICT;

-- The side table that disposal may empty: whose cases an entry is about.
CREATE TABLE access_case_ix (
    case_id BLOB NOT NULL REFERENCES case_file (id),
    idx INTEGER NOT NULL,
    PRIMARY KEY (case_id, idx)
) STRICT, WITHOUT ROWID;

-- What was logged and has no place yet, on a server where many write at once. Here one writes for all, and nothing ever waits.
CREATE TABLE access_pending (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    body TEXT NOT NULL,
    cases TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Refusals of change. The guards on INSERT also stop REPLACE, IGNORE, UPSERT and a missing index: the next index is the only one that fits.
CREATE TRIGGER access_entry_next BEFORE INSERT ON access_entry
WHEN NEW.idx IS NOT coalesce((SELECT max(idx) + 1 FROM access_entry), (SELECT max(upto) FROM access_prune), 0)
BEGIN SELECT RAISE(ABORT, 'the log takes the next entry only'); END;
CREATE TRIGGER access_entry_fixed BEFORE UPDATE ON access_entry BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER access_entry_kept BEFORE DELETE ON access_entry
WHEN OLD.idx >= coalesce((SELECT max(upto) FROM access_prune), 0)
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER access_leaf_next BEFORE INSERT ON access_leaf
WHEN NEW.idx IS NOT coalesce((SELECT max(idx) + 1 FROM access_leaf), 0)
BEGIN SELECT RAISE(ABORT, 'the log takes the next leaf only'); END;
CREATE TRIGGER access_leaf_fixed BEFORE UPDATE ON access_leaf BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER access_leaf_kept BEFORE DELETE ON access_leaf BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER access_subtree_next BEFORE INSERT ON access_subtree
WHEN NEW.n IS NOT coalesce((SELECT max(n) + 1 FROM access_subtree WHERE level = NEW.level), 0)
BEGIN SELECT RAISE(ABORT, 'the log takes the next subtree only'); END;
CREATE TRIGGER access_subtree_fixed BEFORE UPDATE ON access_subtree BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER access_subtree_kept BEFORE DELETE ON access_subtree BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER access_checkpoint_grows BEFORE INSERT ON access_checkpoint
WHEN NEW.size IS NULL OR NEW.size <= coalesce((SELECT max(size) FROM access_checkpoint), 0)
BEGIN SELECT RAISE(ABORT, 'checkpoints grow'); END;
CREATE TRIGGER access_checkpoint_fixed BEFORE UPDATE ON access_checkpoint BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER access_checkpoint_kept BEFORE DELETE ON access_checkpoint BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER access_cosignature_new BEFORE INSERT ON access_cosignature
WHEN EXISTS (SELECT 1 FROM access_cosignature WHERE size = NEW.size AND witness = NEW.witness)
BEGIN SELECT RAISE(ABORT, 'what a witness said stands'); END;
CREATE TRIGGER access_cosignature_fixed BEFORE UPDATE ON access_cosignature BEGIN SELECT RAISE(ABORT, 'what a witness said stands'); END;
CREATE TRIGGER access_cosignature_kept BEFORE DELETE ON access_cosignature BEGIN SELECT RAISE(ABORT, 'what a witness said stands'); END;

CREATE TRIGGER access_prune_grows BEFORE INSERT ON access_prune
WHEN NEW.upto IS NULL OR NEW.upto <= coalesce((SELECT max(upto) FROM access_prune), 0)
    OR NEW.upto > coalesce((SELECT max(idx) + 1 FROM access_leaf), 0)
BEGIN SELECT RAISE(ABORT, 'the watermark grows within the log'); END;
CREATE TRIGGER access_prune_fixed BEFORE UPDATE ON access_prune BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER access_prune_kept BEFORE DELETE ON access_prune BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- The look-up by case may be deleted on disposal, never changed.
CREATE TRIGGER access_case_ix_fixed BEFORE UPDATE ON access_case_ix BEGIN SELECT RAISE(ABORT, 'the look-up is never changed'); END;

CREATE TRIGGER access_pending_new BEFORE INSERT ON access_pending BEGIN SELECT RAISE(ABORT, 'entries have their place at once'); END;
CREATE TRIGGER access_pending_fixed BEFORE UPDATE ON access_pending BEGIN SELECT RAISE(ABORT, 'what waits is never changed'); END;
