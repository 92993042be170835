-- Items that take backorders now or will, each with its listing.
SELECT i.sku, s.listing
FROM item i
JOIN plan p ON p.program = $1 AND p.sku = i.sku AND p.version = i.plan_version
JOIN item_settings s ON s.program = $1 AND s.sku = i.sku
WHERE i.program = $1 AND i.plan_version > 0 AND p.closed_at IS NULL AND p.closes_at > $2
