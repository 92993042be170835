-- How far the queues of items were given new dates.
SELECT wanted.sku, redate.*
FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN LATERAL (
    SELECT at_bumped, age, units_before, again FROM redate WHERE program = $1 AND sku = wanted.sku OFFSET 0
) AS redate
