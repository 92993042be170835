-- Items that have, or had, a plan.
SELECT DISTINCT sku FROM plan WHERE program = $1 AND sku > $2 ORDER BY sku LIMIT $3
