-- Writes locked items. The version guards: a row that is not as it was read is left out, which the
-- count tells.
UPDATE item SET
    on_hand = new.on_hand,
    allocated = new.allocated,
    backordered = new.backordered,
    bumped = new.bumped,
    safety_stock = new.safety_stock,
    cap = new.cap,
    plan_version = new.plan_version,
    version = new.version,
    owed = new.owed,
    inbound = new.inbound,
    low_stock = new.low_stock,
    redating = new.redating,
    changed_at = $3
FROM unnest(
    $2::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::boolean[]
) AS new (sku, on_hand, allocated, backordered, bumped, safety_stock, cap, plan_version, version, read_version,
          owed, inbound, low_stock, redating)
WHERE item.program = $1 AND item.sku = new.sku AND item.version = new.read_version
