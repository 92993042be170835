-- Units in front of a line in its queue: all that is bumped ahead of it, and, for an accepted line,
-- what was accepted before it. Expired holds count for nothing.
SELECT coalesce(sum(ahead.units), 0)::bigint AS units
FROM (
    SELECT bumped AS units FROM line
    WHERE program = $1 AND sku = $2 AND bumped > 0 AND (NOT $4 OR age < $3)
      AND NOT (expires_at IS NOT NULL AND expires_at <= $5)
    UNION ALL
    SELECT backordered FROM line
    WHERE program = $1 AND sku = $2 AND backordered > 0 AND NOT $4 AND age < $3
      AND NOT (expires_at IS NOT NULL AND expires_at <= $5)
) AS ahead
