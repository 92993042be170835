-- What people say of items.
SELECT s.sku, s.listing, s.title, i.safety_stock, i.low_stock
FROM item_settings s JOIN item i ON i.program = s.program AND i.sku = s.sku
WHERE s.program = $1 AND s.sku = ANY ($2)
