-- What the baselines work on, apart from the tables of the product.
CREATE SCHEMA backstock_bench
    CREATE TABLE item (
        sku       text COLLATE "C" PRIMARY KEY,
        on_hand   bigint NOT NULL,
        allocated bigint NOT NULL,
        CONSTRAINT item_allocated_within_on_hand CHECK (allocated BETWEEN 0 AND on_hand)
    ) WITH (fillfactor = 50)
    CREATE TABLE line (
        reservation text COLLATE "C" PRIMARY KEY,
        sku         text COLLATE "C" NOT NULL,
        quantity    bigint NOT NULL
    )
    CREATE TABLE note (
        line bigint NOT NULL
    )
