-- Writes lines of locked items.
UPDATE line SET
    allocated = new.allocated,
    backordered = new.backordered,
    bumped = new.bumped,
    shipped = new.shipped,
    released = new.released,
    lapsed_allocated = new.lapsed_allocated,
    lapsed_backordered = new.lapsed_backordered,
    allocations = new.allocations,
    age = new.age,
    ship_by = new.ship_by,
    original_ship_by = new.original_ship_by,
    plan_version = new.plan_version,
    expires_at = new.expires_at,
    delays = new.delays,
    answer_by = new.answer_by,
    silence_keeps = new.silence_keeps,
    ready_at = new.ready_at
FROM unnest(
    $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::jsonb[], $12::bigint[], $13::date[], $14::date[], $15::bigint[],
    $16::timestamptz[], $17::integer[], $18::timestamptz[], $19::boolean[], $20::timestamptz[]
) AS new (reservation, position, allocated, backordered, bumped, shipped, released, lapsed_allocated,
          lapsed_backordered, allocations, age, ship_by, original_ship_by, plan_version, expires_at, delays,
          answer_by, silence_keeps, ready_at)
WHERE line.program = $1 AND line.reservation = new.reservation AND line.position = new.position
