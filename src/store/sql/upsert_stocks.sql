-- Writes units of locked items at locations.
INSERT INTO stock (program, sku, location, on_hand, allocated)
SELECT $1, sku, location, on_hand, allocated
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) AS new (sku, location, on_hand, allocated)
ORDER BY sku COLLATE "C", location COLLATE "C"
ON CONFLICT (program, sku, location)
DO UPDATE SET on_hand = excluded.on_hand, allocated = excluded.allocated
