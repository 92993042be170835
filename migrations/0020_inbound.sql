-- Announced supply of an item, changed only under the item's row lock. One number may stand for
-- several SKUs of a purchase order.
CREATE TABLE inbound (
    program    text COLLATE "C" NOT NULL,
    sku        text COLLATE "C" NOT NULL,
    inbound    text COLLATE "C" NOT NULL,
    expected   bigint NOT NULL,
    received   bigint NOT NULL,
    damaged    bigint NOT NULL,
    arrives_on date NOT NULL,
    ships_on   date NOT NULL,
    cancelled  boolean NOT NULL,
    -- A receipt closed it short: the rest will not come.
    closed     boolean NOT NULL,
    -- Its date passed while units were left: promises do not count on it until it gets a new one.
    overdue    boolean NOT NULL,
    PRIMARY KEY (program, sku, inbound),
    CONSTRAINT inbound_units CHECK (expected > 0 AND received >= 0 AND damaged >= 0),
    CONSTRAINT inbound_dates CHECK (ships_on >= arrives_on)
);
