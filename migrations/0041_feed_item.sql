-- Up to which version the events of an item have their places.
CREATE TABLE feed_item (
    program text COLLATE "C" NOT NULL,
    sku     text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (program, sku)
) WITH (fillfactor = 80);
