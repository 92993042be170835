-- The events of a stretch of a stream. An event's place follows from its row: the row's runs stand
-- one after the other, and the events of a run in the order of the ledger.
SELECT placed.behind - placed.events + told.place AS position, placed.sku, told.version, told.part, told.at,
       told.reservation, line.customer, told.location, told.reference, told.on_hand, told.allocated,
       told.backordered, told.bumped, told.inbound, told.damaged, told.event
FROM (
    SELECT run.sku, run.from_version, run.to_version, run.events,
           (f.position - f.events
            + sum(run.events) OVER (PARTITION BY f.position ORDER BY run.nth))::bigint AS behind
    FROM (
        SELECT position, events, skus, from_versions, to_versions, counts FROM feed
        WHERE program = $1 AND position > $2
        ORDER BY position LIMIT $3
    ) f
    CROSS JOIN LATERAL unnest(f.skus, f.from_versions, f.to_versions, f.counts) WITH ORDINALITY
        AS run (sku, from_version, to_version, events, nth)
    WHERE f.position - f.events < $2 + $3
) placed
CROSS JOIN LATERAL (
    SELECT m.version, m.part, m.at, m.reservation, m.location, m.reference, m.on_hand, m.allocated,
           m.backordered, m.bumped, m.inbound, m.damaged, m.event,
           row_number() OVER (ORDER BY m.version, m.part) AS place FROM movement m
    WHERE m.program = $1 AND m.sku = placed.sku
      AND m.version BETWEEN placed.from_version AND placed.to_version AND m.event IS NOT NULL
) told
LEFT JOIN LATERAL (
    SELECT l.customer FROM line l
    WHERE l.program = $1 AND l.reservation = told.reservation AND l.sku = placed.sku OFFSET 0
) AS line ON true
WHERE placed.behind > $2 AND placed.behind - placed.events < $2 + $3
  AND placed.behind - placed.events + told.place BETWEEN $2 + 1 AND $2 + $3
ORDER BY 1
