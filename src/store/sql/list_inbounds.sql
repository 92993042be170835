-- A page of announced supply, by item and then by id.
SELECT sku, inbound, expected, received, damaged, arrives_on, ships_on, cancelled, closed, overdue
FROM inbound
WHERE program = $1 AND ($2::text IS NULL OR sku = $2) AND (sku, inbound) > ($3, $4)
  AND (NOT $5 OR (NOT cancelled AND NOT closed AND expected > received + damaged))
ORDER BY sku COLLATE "C", inbound COLLATE "C" LIMIT $6
