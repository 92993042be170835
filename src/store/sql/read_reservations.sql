-- Reservations as they are shown: all of their lines with their items' versions and the notes of
-- the plans that they were promised under, of one instant.
SELECT l.reservation, l.position, l.sku, l.ordered, l.backordered, l.bumped, l.shipped, l.released,
       l.lapsed_allocated, l.lapsed_backordered, l.allocations, l.age, l.ship_by, l.original_ship_by,
       l.plan_version, l.customer, l.ship_policy, l.purpose, l.created_at, l.expires_at,
       l.delays, l.answer_by, l.silence_keeps, l.together_until, l.ready_at,
       i.version AS item_version, coalesce(p.note, '') AS note
FROM line l
JOIN item i ON i.program = $1 AND i.sku = l.sku
LEFT JOIN plan p ON p.program = $1 AND p.sku = l.sku AND p.version = l.plan_version
WHERE l.program = $1 AND l.reservation = ANY ($2)
ORDER BY l.reservation COLLATE "C", l.position
