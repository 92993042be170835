-- New reservations, in byte order. One whose id another transaction has just used is left out,
-- which the count tells.
INSERT INTO line (program, reservation, position, sku, ordered, allocated, backordered, bumped, shipped,
                  released, lapsed_allocated, lapsed_backordered, allocations, age, ship_by, original_ship_by,
                  plan_version, customer, ship_policy, purpose, created_at, expires_at, together_until, ready_at)
SELECT $1, reservation, position, sku, ordered, allocated, backordered, bumped, shipped, released,
       lapsed_allocated, lapsed_backordered, allocations, age, ship_by, original_ship_by, plan_version,
       customer, ship_policy, purpose, created_at, expires_at, together_until, ready_at
FROM unnest(
    $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::jsonb[], $14::bigint[], $15::date[],
    $16::date[], $17::bigint[], $18::text[], $19::text[], $20::text[], $21::timestamptz[],
    $22::timestamptz[], $23::date[], $24::timestamptz[]
) AS new (reservation, position, sku, ordered, allocated, backordered, bumped, shipped, released,
          lapsed_allocated, lapsed_backordered, allocations, age, ship_by, original_ship_by, plan_version,
          customer, ship_policy, purpose, created_at, expires_at, together_until, ready_at)
ORDER BY reservation COLLATE "C", position
ON CONFLICT DO NOTHING
