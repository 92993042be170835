-- Items that take backorders now or will, each with its listing: those whose newest plan is not over.
SELECT i.sku, s.listing
FROM plan p
JOIN item i ON i.program = $1 AND i.sku = p.sku AND i.plan_version = p.version
JOIN item_settings s ON s.program = $1 AND s.sku = p.sku
WHERE p.program = $1 AND NOT p.told_closed AND p.closed_at IS NULL AND p.closes_at > $2
