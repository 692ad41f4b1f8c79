DROP TABLE disclosure_case_ix;
DROP TABLE disclosure_private;
DROP TABLE disclosure_prune;
DROP TABLE disclosure_cosignature;
DROP TABLE disclosure_checkpoint;
DROP TABLE disclosure_subtree;
DROP TABLE disclosure_leaf;
DROP TABLE disclosure_entry;
