-- Units that customers have backordered of items.
SELECT sku, customer, sum(backordered)::bigint AS units
FROM line
WHERE program = $1 AND sku = ANY ($2) AND customer = ANY ($3) AND backordered > 0
GROUP BY sku, customer
