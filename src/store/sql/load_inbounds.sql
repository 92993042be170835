-- Announced supply of items: what is still to come, and what commands name.
SELECT sku, inbound, expected, received, damaged, arrives_on, ships_on, cancelled, closed, overdue
FROM inbound
WHERE program = $1 AND sku = ANY ($2)
  AND ((NOT cancelled AND NOT closed AND expected > received + damaged) OR inbound = ANY ($3))
