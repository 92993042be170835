-- The answers to requests, refusals too, written in the transaction of the change. The same id with
-- the same hash gets the same bytes again. Kept 90 days.
CREATE TABLE answer (
    program     text COLLATE "C" NOT NULL,
    request     text COLLATE "C" NOT NULL,
    hash        bytea NOT NULL,
    is_refusal  boolean NOT NULL,
    body        bytea NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (program, request)
);
