-- Reservations as they are shown: all of their lines with their items' versions and the notes of
-- the plans that they were promised under, each with the days by which it is read, of one instant,
-- which it tells too: what had expired then is shown as expired.
SELECT statement_timestamp() AS now, l.reservation, l.position, l.sku, l.ordered, l.allocated, l.backordered, l.bumped, l.shipped, l.released,
       l.lapsed_allocated, l.lapsed_backordered, l.location, l.allocations, l.age, l.ship_by, l.original_ship_by,
       l.plan_version, l.customer, l.ship_policy, l.purpose, l.created_at, l.expires_at,
       l.delays, l.answer_by, l.silence_keeps, l.together_until, l.ready_at,
       i.version AS item_version, p.note, p.ship_by AS note_ship_by, p.closes_at AS note_closes_at
FROM unnest($2::text[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT reservation, position, sku, ordered, allocated, backordered, bumped, shipped, released,
           lapsed_allocated, lapsed_backordered, location, allocations, age, ship_by, original_ship_by,
           plan_version, customer, ship_policy, purpose, created_at, expires_at,
           delays, answer_by, silence_keeps, together_until, ready_at
    FROM line WHERE program = $1 AND reservation = wanted.id OFFSET 0
) AS l
CROSS JOIN LATERAL (SELECT version FROM item WHERE program = $1 AND sku = l.sku OFFSET 0) AS i
LEFT JOIN LATERAL (
    SELECT note, ship_by, closes_at FROM plan
    WHERE program = $1 AND sku = l.sku AND version = l.plan_version OFFSET 0
) AS p ON true
ORDER BY l.reservation COLLATE "C", l.position
