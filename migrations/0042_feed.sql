-- The stream of a programme's events: a row is a run of one item's events, which stand in the
-- ledger. Places are gap-free, from 1. Rows are only ever added.
CREATE TABLE feed (
    program      text COLLATE "C" NOT NULL,
    -- The place of the run's last event.
    position     bigint NOT NULL,
    sku          text COLLATE "C" NOT NULL,
    -- The versions whose events these are, both ends included.
    from_version bigint NOT NULL,
    to_version   bigint NOT NULL,
    -- How many there are.
    events       bigint NOT NULL,
    PRIMARY KEY (program, position),
    CONSTRAINT feed_not_empty CHECK (events > 0 AND events <= position AND from_version <= to_version)
);
