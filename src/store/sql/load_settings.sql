-- What people say of items.
SELECT wanted.sku, s.listing, s.title, i.safety_stock, i.low_stock
FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN LATERAL (
    SELECT listing, title FROM item_settings WHERE program = $1 AND sku = wanted.sku OFFSET 0
) AS s
CROSS JOIN LATERAL (
    SELECT safety_stock, low_stock FROM item WHERE program = $1 AND sku = wanted.sku OFFSET 0
) AS i
