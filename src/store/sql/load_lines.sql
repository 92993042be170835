-- Reservations, with all of their lines.
SELECT line.*
FROM unnest($2::text[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT reservation, position, sku, ordered, allocated, backordered, bumped, shipped, released,
           lapsed_allocated, lapsed_backordered, location, allocations, age, ship_by, original_ship_by,
           plan_version, customer, ship_policy, purpose, created_at, expires_at, delays, answer_by,
           silence_keeps, together_until, ready_at
    FROM line WHERE program = $1 AND reservation = wanted.id OFFSET 0
) AS line
ORDER BY line.reservation, line.position
