-- A page of an item's queue, in the order it will be filled: bumped units, then accepted ones, each
-- in the order accepted. Expired holds count for nothing.
SELECT l.reservation, l.customer, l.age, queue.is_bumped, queue.units, l.ship_by, l.original_ship_by,
       l.plan_version, l.ship_policy, l.together_until, l.created_at,
       p.note, p.ship_by AS note_ship_by, p.closes_at AS note_closes_at
FROM (
    (SELECT reservation, position, age, true AS is_bumped, bumped AS units FROM line
     WHERE program = $1 AND sku = $2 AND bumped > 0 AND $3 AND age > $4
       AND NOT (expires_at IS NOT NULL AND expires_at <= $6)
     ORDER BY age LIMIT $5)
    UNION ALL
    (SELECT reservation, position, age, false, backordered FROM line
     WHERE program = $1 AND sku = $2 AND backordered > 0 AND age > CASE WHEN $3 THEN 0 ELSE $4 END
       AND NOT (expires_at IS NOT NULL AND expires_at <= $6)
     ORDER BY age LIMIT $5)
) AS queue
CROSS JOIN LATERAL (
    SELECT reservation, customer, age, ship_by, original_ship_by, plan_version, ship_policy,
           together_until, created_at
    FROM line WHERE program = $1 AND reservation = queue.reservation AND position = queue.position OFFSET 0
) AS l
LEFT JOIN LATERAL (
    SELECT note, ship_by, closes_at FROM plan
    WHERE program = $1 AND sku = $2 AND version = l.plan_version OFFSET 0
) AS p ON true
ORDER BY queue.is_bumped DESC, queue.age
LIMIT $5
