-- What is known of the holds that are there already.
UPDATE item SET due_at = held.due_at
FROM (
    SELECT program, sku, min(expires_at) AS due_at FROM line
    WHERE expires_at IS NOT NULL AND allocated + backordered + bumped > 0
    GROUP BY program, sku
) AS held
WHERE item.program = held.program AND item.sku = held.sku;
