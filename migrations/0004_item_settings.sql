-- What people say of an item. Apart from its counters, which are written at every sale.
CREATE TABLE item_settings (
    program text COLLATE "C" NOT NULL,
    sku     text COLLATE "C" NOT NULL,
    listing text COLLATE "C" NOT NULL,
    title   text NOT NULL,
    PRIMARY KEY (program, sku)
);
