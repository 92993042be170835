-- A page of items.
SELECT s.sku, s.listing, s.title, i.safety_stock, i.low_stock
FROM item i
CROSS JOIN LATERAL (
    SELECT sku, listing, title FROM item_settings WHERE program = $1 AND sku = i.sku OFFSET 0
) AS s
WHERE i.program = $1 AND i.sku COLLATE "C" > $2
ORDER BY i.sku COLLATE "C" LIMIT $3
