-- The events of a stretch of a stream. An event's place follows from its run: the run's events, in
-- the order of the ledger, have one place after the other.
SELECT run.position - run.events + told.place AS position, run.sku, told.version, told.part, told.at,
       told.reservation, line.customer, told.location, told.reference, told.on_hand, told.allocated,
       told.backordered, told.bumped, told.inbound, told.damaged, told.event
FROM (
    SELECT f.position, f.sku, f.from_version, f.to_version, f.events FROM feed f
    WHERE f.program = $1 AND f.position > $2
    ORDER BY f.position LIMIT $3
) run
CROSS JOIN LATERAL (
    SELECT m.version, m.part, m.at, m.reservation, m.location, m.reference, m.on_hand, m.allocated,
           m.backordered, m.bumped, m.inbound, m.damaged, m.event,
           row_number() OVER (ORDER BY m.version, m.part) AS place FROM movement m
    WHERE m.program = $1 AND m.sku = run.sku
      AND m.version BETWEEN run.from_version AND run.to_version AND m.event IS NOT NULL
) told
LEFT JOIN line
    ON line.program = $1 AND line.reservation = told.reservation AND line.sku = run.sku
WHERE run.position - run.events < $2 + $3
  AND run.position - run.events + told.place BETWEEN $2 + 1 AND $2 + $3
ORDER BY 1
