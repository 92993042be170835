-- Units that customers have backordered of items.
SELECT wanted.sku, who.customer, sum(line.backordered)::bigint AS units
FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN unnest($3::text[]) AS who (customer)
CROSS JOIN LATERAL (
    SELECT backordered FROM line
    WHERE program = $1 AND sku = wanted.sku AND customer = who.customer AND backordered > 0 OFFSET 0
) AS line
GROUP BY wanted.sku, who.customer
