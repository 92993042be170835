-- Carries old lines of an item's ledger forward: of the next $6 behind (version, part), those written
-- before $5 whose reservation has nothing open become one line for each location, with their sums. It
-- stands at the newest of their versions, before all lines of that: parts are below 0. Lines whose
-- events can still be read, or have no places yet, stay: none of those behind the tail $7 of the stream
-- is older than the first by more than $8, unless one came late.
WITH bound AS (
    SELECT least($5::timestamptz,
                 (SELECT at - $8::interval FROM feed WHERE program = $1 AND position > $7 ORDER BY position LIMIT 1),
                 (SELECT min(at) FROM change WHERE program = $1)) AS at
    WHERE coalesce((SELECT late FROM feed_head WHERE program = $1), 0) <= $7
), old AS (
    SELECT next.ctid AS place, next.version, next.part, next.kind, next.reservation
    FROM (
        SELECT ctid, version, part, kind, at, reservation FROM movement
        WHERE program = $1 AND sku = $2 AND (version, part) > ($3, $4)
        ORDER BY version, part LIMIT $6
    ) AS next CROSS JOIN bound
    WHERE next.at < bound.at
), closed AS (
    SELECT old.place, old.kind FROM old
    WHERE coalesce((
        SELECT l.allocated + l.backordered + l.bumped FROM line l
        WHERE l.program = $1 AND l.reservation = old.reservation AND l.sku = $2 LIMIT 1
    ), 0) = 0
), gone AS (
    DELETE FROM movement
    WHERE program = $1 AND ctid = ANY (ARRAY (SELECT place FROM closed))
      AND (SELECT count(*) FROM closed WHERE kind <> 'carried') > 0
    RETURNING version, location, on_hand, allocated, backordered, bumped, damaged, inbound, at
), carried AS (
    INSERT INTO movement (program, sku, version, part, kind, location, on_hand, allocated, backordered,
                          bumped, damaged, inbound, reservation, reference, at, event)
    SELECT $1, $2, (SELECT max(version) FROM gone), -row_number() OVER (ORDER BY location), 'carried',
           location, on_hand, allocated, backordered, bumped, damaged, inbound, NULL, '',
           (SELECT max(at) FROM gone), NULL
    FROM (
        SELECT location, sum(on_hand)::bigint AS on_hand, sum(allocated)::bigint AS allocated,
               sum(backordered)::bigint AS backordered, sum(bumped)::bigint AS bumped,
               sum(damaged)::bigint AS damaged, sum(inbound)::bigint AS inbound
        FROM gone GROUP BY location
    ) AS summed
)
SELECT (SELECT count(*) FROM gone) AS lines, (SELECT max(version) FROM gone) AS carried,
       (SELECT count(*) FROM old) = $6 AS is_full, last.version, last.part
FROM (SELECT) AS always
LEFT JOIN (SELECT version, part FROM old ORDER BY version DESC, part DESC LIMIT 1) AS last ON true
