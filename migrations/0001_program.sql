-- A merch programme: whose stock it is. `program` leads every key of every table, so that one
-- transaction touches one programme and a sharded PostgreSQL can hold it on one shard.
CREATE TABLE program (
    program                text COLLATE "C" PRIMARY KEY,
    display_name           text NOT NULL,
    default_hold_seconds   bigint NOT NULL,
    max_backorder_listings integer NOT NULL,
    default_ship_policy    text NOT NULL,
    default_location       text COLLATE "C" NOT NULL,
    CONSTRAINT program_hold CHECK (default_hold_seconds BETWEEN 1 AND 86400),
    CONSTRAINT program_listings CHECK (max_backorder_listings BETWEEN 1 AND 10000),
    CONSTRAINT program_ship_policy CHECK (default_ship_policy IN ('together', 'as_available'))
);
