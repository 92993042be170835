-- The row that decides: an item's counters, changed only under its row lock. It is narrow, nothing
-- that changes is indexed, and half of each page is kept free, so that updates stay heap-only. The
-- constraints are the last line of defence; the service decides before it writes.
CREATE TABLE item (
    program      text COLLATE "C" NOT NULL,
    sku          text COLLATE "C" NOT NULL,
    on_hand      bigint NOT NULL,
    allocated    bigint NOT NULL,
    backordered  bigint NOT NULL,
    bumped       bigint NOT NULL,
    safety_stock bigint NOT NULL,
    cap          bigint NOT NULL,
    plan_version bigint NOT NULL,
    version      bigint NOT NULL,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (program, sku),
    CONSTRAINT item_allocated_within_on_hand CHECK (allocated BETWEEN 0 AND on_hand),
    CONSTRAINT item_backordered_within_cap CHECK (backordered BETWEEN 0 AND cap),
    CONSTRAINT item_bumped_not_negative CHECK (bumped >= 0),
    CONSTRAINT item_safety_stock_not_negative CHECK (safety_stock >= 0),
    CONSTRAINT item_on_hand_countable CHECK (on_hand <= 9000000000000000)
) WITH (fillfactor = 50);
