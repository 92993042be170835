-- What to order of items: their queue, the allowance of their plan, what the cap refused since a
-- day, what is on its way.
SELECT i.sku, i.backordered + i.bumped AS queued, coalesce(p.allowance, 0) AS allowance,
       coalesce(refused.units, 0)::bigint AS refused, coalesce(refused.calls, 0)::bigint AS refused_calls,
       i.inbound
FROM unnest($2::text[]) AS wanted (of)
CROSS JOIN LATERAL (
    SELECT sku, backordered, bumped, inbound, plan_version
    FROM item WHERE program = $1 AND sku = wanted.of OFFSET 0
) AS i
LEFT JOIN LATERAL (
    SELECT allowance FROM plan WHERE program = $1 AND sku = i.sku AND version = i.plan_version OFFSET 0
) AS p ON true
LEFT JOIN LATERAL (
    SELECT sum(r.units) AS units, sum(r.calls) AS calls
    FROM refused_demand r WHERE r.program = $1 AND r.sku = i.sku AND r.day >= $3
) AS refused ON true
ORDER BY i.sku COLLATE "C"
