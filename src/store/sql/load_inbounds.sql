-- Announced supply of items: what is still to come, and what commands name.
SELECT supply.*
FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN LATERAL (
    SELECT sku, inbound, expected, received, damaged, arrives_on, ships_on, cancelled, closed, overdue
    FROM inbound
    WHERE program = $1 AND sku = wanted.sku
      AND ((NOT cancelled AND NOT closed AND expected > received + damaged) OR inbound = ANY ($3))
    OFFSET 0
) AS supply
