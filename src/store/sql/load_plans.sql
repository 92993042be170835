-- Plans, by SKU and version.
SELECT plan.*
FROM unnest($2::text[], $3::bigint[]) AS wanted (sku, version)
CROSS JOIN LATERAL (
    SELECT sku, version, cap, opens_at, closes_at, ship_by, note, allowance, customer_limit, timeline,
           closed_at, cap_by_inbound, answer_within_seconds, on_silence, told_closed, overdue
    FROM plan WHERE program = $1 AND sku = wanted.sku AND version = wanted.version OFFSET 0
) AS plan
