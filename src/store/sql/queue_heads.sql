-- The lines that are filled next: bumped ones, then accepted ones, each in the order accepted, at
-- most $3 of either kind for each item.
SELECT wanted.sku, head.reservation, head.age, head.is_bumped
FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN LATERAL (
    (SELECT l.reservation, l.age, true AS is_bumped FROM line l
     WHERE l.program = $1 AND l.sku = wanted.sku AND l.bumped > 0
     ORDER BY l.age LIMIT $3)
    UNION ALL
    (SELECT l.reservation, l.age, false FROM line l
     WHERE l.program = $1 AND l.sku = wanted.sku AND l.backordered > 0
     ORDER BY l.age LIMIT $3)
) AS head
ORDER BY wanted.sku, head.is_bumped DESC, head.age
