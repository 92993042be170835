-- New items, in byte order. One that another transaction has just made is an error (23505), and the
-- batch begins again.
INSERT INTO item (program, sku, on_hand, allocated, backordered, bumped, safety_stock, low_stock, cap,
                  plan_version, version, changed_at)
SELECT $1, sku, 0, 0, 0, 0, safety_stock, low_stock, 0, 0, version, $4
FROM unnest($2::text[], $3::bigint[], $5::bigint[], $6::bigint[]) AS new (sku, safety_stock, version, low_stock)
