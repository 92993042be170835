-- Counters at locations against the sums that they must equal: ledger and lines. One row for each
-- difference.
WITH ledger AS (
    SELECT sku, location, sum(on_hand)::bigint AS on_hand, sum(allocated)::bigint AS allocated
    FROM movement WHERE program = $1 AND location IS NOT NULL GROUP BY sku, location
), lines AS (
    SELECT sku, location, sum(units)::bigint AS allocated FROM (
        SELECT sku, location, allocated AS units FROM line
        WHERE program = $1 AND allocated > 0 AND location IS NOT NULL
        UNION ALL
        SELECT l.sku, a.entry ->> 0, (a.entry ->> 1)::bigint
        FROM line l CROSS JOIN LATERAL jsonb_array_elements(l.allocations) AS a (entry)
        WHERE l.program = $1 AND l.allocated > 0 AND l.location IS NULL
    ) AS placed GROUP BY sku, location
)
SELECT keys.sku, keys.location, checked.what, checked.counter, checked.total
FROM (
    SELECT sku, location FROM item_stock WHERE program = $1
    UNION SELECT sku, location FROM ledger
    UNION SELECT sku, location FROM lines
) AS keys
LEFT JOIN item_stock s ON s.program = $1 AND s.sku = keys.sku AND s.location = keys.location
LEFT JOIN ledger ON ledger.sku = keys.sku AND ledger.location = keys.location
LEFT JOIN lines ON lines.sku = keys.sku AND lines.location = keys.location
CROSS JOIN LATERAL (VALUES
    ('on_hand: location against ledger', coalesce(s.on_hand, 0), coalesce(ledger.on_hand, 0)),
    ('allocated: location against ledger', coalesce(s.allocated, 0), coalesce(ledger.allocated, 0)),
    ('allocated: location against lines', coalesce(s.allocated, 0), coalesce(lines.allocated, 0))
) AS checked (what, counter, total)
WHERE checked.counter <> checked.total
ORDER BY keys.sku, keys.location, checked.what
LIMIT 1000
