-- Holds of locked items that ran out, oldest first, at most $4 for each item.
SELECT wanted.sku, due.reservation
FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN LATERAL (
    SELECT l.reservation FROM line l
    WHERE l.program = $1 AND l.sku = wanted.sku
      AND l.expires_at IS NOT NULL AND l.allocated + l.backordered + l.bumped > 0
      AND l.expires_at <= $3
    ORDER BY l.expires_at
    LIMIT $4
) AS due
