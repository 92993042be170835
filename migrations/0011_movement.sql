-- The ledger. The deltas of an item's movements add up to its counters. One change of an item is
-- one version; it may have several lines (parts). Rows are only ever added.
CREATE TABLE movement (
    program     text COLLATE "C" NOT NULL,
    sku         text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    part        integer NOT NULL,
    kind        text NOT NULL,
    location    text COLLATE "C",
    on_hand     bigint NOT NULL,
    allocated   bigint NOT NULL,
    backordered bigint NOT NULL,
    bumped      bigint NOT NULL,
    damaged     bigint NOT NULL,
    reservation text COLLATE "C",
    reference   text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (program, sku, version, part)
);
