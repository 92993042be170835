-- Items as they are shown, counters and locations of one instant: an expired hold counts for
-- nothing, swept or not.
SELECT i.sku, i.on_hand, i.allocated - due.allocated AS allocated,
       i.backordered - due.backordered AS backordered, i.bumped - due.bumped AS bumped,
       i.safety_stock, i.owed, i.inbound, i.low_stock, i.redating, i.cap, i.plan_version, i.version,
       i.changed_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(s.location, s.on_hand, s.allocated)), '[]')
        FROM stock s WHERE s.program = i.program AND s.sku = i.sku) AS stocks
FROM item i
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.allocated), 0)::bigint AS allocated,
           coalesce(sum(l.backordered), 0)::bigint AS backordered,
           coalesce(sum(l.bumped), 0)::bigint AS bumped
    FROM line l
    WHERE l.program = i.program AND l.sku = i.sku
      AND l.expires_at IS NOT NULL AND l.allocated + l.backordered + l.bumped > 0
      AND l.expires_at <= $3
) AS due
WHERE i.program = $1 AND i.sku = ANY ($2)
