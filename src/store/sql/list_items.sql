-- A page of items.
SELECT s.sku, s.listing, s.title, i.safety_stock, i.low_stock
FROM item i JOIN item_settings s ON s.program = $1 AND s.sku = i.sku
WHERE i.program = $1 AND i.sku COLLATE "C" > $2
ORDER BY i.sku COLLATE "C" LIMIT $3
