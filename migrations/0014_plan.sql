-- Plans, every version of each: a promise names the version that it was made under. The newest of
-- an item is the one in force; `item.cap` is its cap.
CREATE TABLE plan (
    program        text COLLATE "C" NOT NULL,
    sku            text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    cap            bigint NOT NULL,
    opens_at       timestamptz NOT NULL,
    closes_at      timestamptz NOT NULL,
    ship_by        date NOT NULL,
    note           text NOT NULL,
    allowance      bigint NOT NULL,
    customer_limit bigint NOT NULL,
    -- Stages in order: [["collecting", "2026-12-01"], ...].
    timeline       jsonb NOT NULL,
    closed_at      timestamptz,
    PRIMARY KEY (program, sku, version),
    CONSTRAINT plan_window CHECK (opens_at < closes_at),
    CONSTRAINT plan_cap CHECK (cap > 0)
);
