-- Receipts that were counted. A receipt counts once, for ever.
CREATE TABLE receipt (
    program     text COLLATE "C" NOT NULL,
    receipt     text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (program, receipt)
);
