-- Which versions of the items have events, and how many, so that the relay need not look them up in
-- the ledger. And when: a change of an item is always later than the item's change before, so the
-- order of the instants is the order of each item's versions, whichever replica made them.
ALTER TABLE change
    ADD COLUMN at timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN from_versions bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN to_versions bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN events bigint[] NOT NULL DEFAULT '{}';
