-- Units in front of a line in its queue: all that is bumped ahead of it, and, for an accepted line,
-- what was accepted before it. Expired holds count for nothing.
SELECT coalesce(sum(
    CASE WHEN l.bumped > 0 AND (NOT $4 OR l.age < $3) THEN l.bumped ELSE 0 END
    + CASE WHEN l.backordered > 0 AND NOT $4 AND l.age < $3 THEN l.backordered ELSE 0 END
), 0)::bigint AS units
FROM line l
WHERE l.program = $1 AND l.sku = $2 AND (l.bumped > 0 OR l.backordered > 0)
  AND NOT (l.expires_at IS NOT NULL AND l.expires_at <= $5)
