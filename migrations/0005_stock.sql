-- Units of an item at one location, changed only under the item's row lock.
CREATE TABLE stock (
    program   text COLLATE "C" NOT NULL,
    sku       text COLLATE "C" NOT NULL,
    location  text COLLATE "C" NOT NULL,
    on_hand   bigint NOT NULL,
    allocated bigint NOT NULL,
    PRIMARY KEY (program, sku, location),
    CONSTRAINT stock_allocated_within_on_hand CHECK (allocated BETWEEN 0 AND on_hand)
) WITH (fillfactor = 50);
