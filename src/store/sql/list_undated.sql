-- Reservations with queued units whose date is not known, each at its first such line; but for
-- those that have a line promised for an earlier day than today. Expired holds wait for nothing.
SELECT l.reservation, l.position
FROM line l
WHERE l.program = $1 AND l.backordered + l.bumped > 0 AND ($2::text IS NULL OR l.sku = $2)
  AND NOT (l.expires_at IS NOT NULL AND l.expires_at <= $7)
  AND l.ship_by IS NULL AND (l.reservation, l.position) > ($3, $4)
  AND NOT EXISTS (
      SELECT FROM line e
      WHERE e.program = $1 AND e.reservation = l.reservation AND e.backordered + e.bumped > 0
        AND ($2::text IS NULL OR e.sku = $2)
        AND (e.ship_by < $5 OR (e.ship_by IS NULL AND e.position < l.position))
      OFFSET 0
  )
ORDER BY l.reservation, l.position LIMIT $6
