-- What to order of items: their queue, the allowance of their plan, what the cap refused since a
-- day, what is on its way.
SELECT i.sku, i.backordered + i.bumped AS queued, coalesce(p.allowance, 0) AS allowance,
       coalesce(refused.units, 0)::bigint AS refused, coalesce(refused.calls, 0)::bigint AS refused_calls,
       i.inbound
FROM item i
LEFT JOIN plan p ON p.program = $1 AND p.sku = i.sku AND p.version = i.plan_version
LEFT JOIN LATERAL (
    SELECT sum(r.units) AS units, sum(r.calls) AS calls
    FROM refused_demand r WHERE r.program = $1 AND r.sku = i.sku AND r.day >= $3
) AS refused ON true
WHERE i.program = $1 AND i.sku = ANY ($2)
ORDER BY i.sku COLLATE "C"
