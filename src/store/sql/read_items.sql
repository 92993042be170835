-- Items as they are shown, counters and locations of one instant, which it tells too: an expired
-- hold counts for nothing, swept or not. Locations only of items that stand in several; whether
-- orders ship together, which notes may say, only of items with a plan.
SELECT statement_timestamp() AS now, i.sku, i.on_hand, i.allocated - due.allocated AS allocated,
       i.backordered - due.backordered AS backordered, i.bumped - due.bumped AS bumped,
       i.safety_stock, i.owed, i.inbound, i.low_stock, i.redating, i.cap, i.plan_version, i.version,
       i.changed_at, i.location, i.due_at,
       CASE WHEN i.location IS NULL THEN (
           SELECT jsonb_agg(jsonb_build_array(s.location, s.on_hand, s.allocated))
           FROM stock s WHERE s.program = $1 AND s.sku = i.sku
       ) END AS stocks,
       CASE WHEN i.plan_version > 0 THEN (
           SELECT default_ship_policy FROM program WHERE program = $1
       ) END AS ship_policy
FROM unnest($2::text[]) AS wanted (of)
CROSS JOIN LATERAL (
    SELECT sku, on_hand, allocated, backordered, bumped, safety_stock, owed, inbound, low_stock,
           redating, cap, plan_version, version, changed_at, location, due_at
    FROM item WHERE program = $1 AND sku = wanted.of OFFSET 0
) AS i
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.allocated), 0)::bigint AS allocated,
           coalesce(sum(l.backordered), 0)::bigint AS backordered,
           coalesce(sum(l.bumped), 0)::bigint AS bumped
    FROM line l
    WHERE i.due_at <= statement_timestamp() AND l.program = $1 AND l.sku = i.sku
      AND l.expires_at IS NOT NULL AND l.allocated + l.backordered + l.bumped > 0
      AND l.expires_at <= statement_timestamp()
) AS due
