-- One line for each SKU of a reservation, changed only under that item's row lock. What belongs to
-- the reservation stands in each of its lines, because most have one, and rows are what time goes
-- to; line 0 makes the reservation's id unique.
CREATE TABLE line (
    program            text COLLATE "C" NOT NULL,
    reservation        text COLLATE "C" NOT NULL,
    position           integer NOT NULL,
    sku                text COLLATE "C" NOT NULL,
    ordered            bigint NOT NULL,
    allocated          bigint NOT NULL,
    backordered        bigint NOT NULL,
    bumped             bigint NOT NULL,
    shipped            bigint NOT NULL,
    released           bigint NOT NULL,
    -- Of the released units, those that expiry took: a late Confirm takes the same again.
    lapsed_allocated   bigint NOT NULL,
    lapsed_backordered bigint NOT NULL,
    -- Where the allocated units stand: [["main", 2], ["east", 1]].
    allocations        jsonb NOT NULL,
    -- The item's version when the line was accepted: its place in the queue.
    age                bigint NOT NULL,
    ship_by            date,
    original_ship_by   date,
    plan_version       bigint,
    -- The reservation's own facts, the same in each of its lines.
    customer           text COLLATE "C",
    ship_policy        text NOT NULL,
    purpose            text NOT NULL,
    created_at         timestamptz NOT NULL,
    -- When the hold runs out, or ran out. NULL: an order.
    expires_at         timestamptz,
    PRIMARY KEY (program, reservation, position),
    CONSTRAINT line_adds_up CHECK (ordered = allocated + backordered + bumped + shipped + released),
    CONSTRAINT line_not_negative CHECK (
        allocated >= 0 AND backordered >= 0 AND bumped >= 0 AND shipped >= 0
        AND lapsed_allocated >= 0 AND lapsed_backordered >= 0
        AND released >= lapsed_allocated + lapsed_backordered
    ),
    CONSTRAINT line_ship_policy CHECK (ship_policy IN ('together', 'as_available')),
    CONSTRAINT line_purpose CHECK (purpose IN ('sale', 'replacement'))
) WITH (fillfactor = 80);
