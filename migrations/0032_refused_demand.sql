-- Demand that the cap refused, added up by day: what a manager orders more for. Changed only under
-- the item's row lock.
CREATE TABLE refused_demand (
    program text COLLATE "C" NOT NULL,
    sku     text COLLATE "C" NOT NULL,
    day     date NOT NULL,
    units   bigint NOT NULL,
    calls   bigint NOT NULL,
    PRIMARY KEY (program, sku, day)
);
