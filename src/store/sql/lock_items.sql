-- Locks the items of a batch in byte order, the same order everywhere, and reads what decides.
SELECT sku, on_hand, allocated, backordered, bumped, safety_stock, owed, inbound, low_stock, redating, cap,
       plan_version, version, changed_at
FROM item
WHERE program = $1 AND sku = ANY ($2)
ORDER BY sku COLLATE "C"
FOR NO KEY UPDATE
