-- A page of an item's ledger.
SELECT version, part, kind, location, on_hand, allocated, backordered, bumped, damaged, inbound,
       reservation, reference, at
FROM movement
WHERE program = $1 AND sku = $2 AND (version, part) > ($3, $4)
ORDER BY version, part LIMIT $5
