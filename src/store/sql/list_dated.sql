-- Reservations with queued units that are promised for a day of a span, each at its first such
-- line. Expired holds wait for nothing.
SELECT l.reservation, l.position, l.ship_by
FROM line l
WHERE l.program = $1 AND l.backordered + l.bumped > 0 AND ($2::text IS NULL OR l.sku = $2)
  AND NOT (l.expires_at IS NOT NULL AND l.expires_at <= $9)
  AND l.ship_by BETWEEN $3 AND $4 AND (l.ship_by, l.reservation, l.position) > ($5, $6, $7)
  AND NOT EXISTS (
      SELECT FROM line e
      WHERE e.program = $1 AND e.reservation = l.reservation AND e.backordered + e.bumped > 0
        AND ($2::text IS NULL OR e.sku = $2) AND e.ship_by BETWEEN $3 AND $4
        AND (e.ship_by, e.position) < (l.ship_by, l.position)
      OFFSET 0
  )
ORDER BY l.ship_by, l.reservation, l.position LIMIT $8
