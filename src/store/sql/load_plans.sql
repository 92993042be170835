-- Plans, by SKU and version.
SELECT p.sku, p.version, p.cap, p.opens_at, p.closes_at, p.ship_by, p.note, p.allowance, p.customer_limit,
       p.timeline, p.closed_at, p.cap_by_inbound, p.answer_within_seconds, p.on_silence, p.told_closed, p.overdue
FROM unnest($2::text[], $3::bigint[]) AS wanted (sku, version)
JOIN plan p ON p.program = $1 AND p.sku = wanted.sku AND p.version = wanted.version
