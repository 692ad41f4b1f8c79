DROP TABLE access_pending;
DROP TABLE access_case_ix;
DROP TABLE access_prune;
DROP TABLE access_cosignature;
DROP TABLE access_checkpoint;
DROP TABLE access_subtree;
DROP TABLE access_leaf;
DROP TABLE access_entry;
