-- Locks the items of a batch and reads what decides. They are given in byte order, the same order
-- everywhere, and locked one after the other.
SELECT item.sku, item.on_hand, item.allocated, item.backordered, item.bumped, item.safety_stock, item.owed,
       item.inbound, item.low_stock, item.redating, item.cap, item.plan_version, item.version,
       item.changed_at, item.location
FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN LATERAL (
    SELECT sku, on_hand, allocated, backordered, bumped, safety_stock, owed, inbound, low_stock, redating,
           cap, plan_version, version, changed_at, location
    FROM item
    WHERE program = $1 AND sku = wanted.sku
    FOR NO KEY UPDATE
) AS item
