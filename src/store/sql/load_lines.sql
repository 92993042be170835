-- Reservations, with all of their lines.
SELECT reservation, position, sku, ordered, backordered, bumped, shipped, released, lapsed_allocated,
       lapsed_backordered, allocations, age, ship_by, original_ship_by, plan_version, customer, ship_policy,
       purpose, created_at, expires_at, delays, answer_by, silence_keeps, together_until, ready_at
FROM line
WHERE program = $1 AND reservation = ANY ($2)
ORDER BY reservation, position
