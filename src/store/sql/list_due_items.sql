-- Items with holds that ran out, of one programme. Walks the index from SKU to SKU and looks at the
-- oldest hold of each, instead of reading every hold.
WITH RECURSIVE held (sku) AS (
    (SELECT l.sku FROM line l
     WHERE l.program = $1 AND l.expires_at IS NOT NULL AND l.allocated + l.backordered + l.bumped > 0
     ORDER BY l.sku COLLATE "C" LIMIT 1)
    UNION ALL
    SELECT (SELECT l.sku FROM line l
            WHERE l.program = $1 AND l.expires_at IS NOT NULL
              AND l.allocated + l.backordered + l.bumped > 0 AND l.sku COLLATE "C" > held.sku
            ORDER BY l.sku COLLATE "C" LIMIT 1)
    FROM held WHERE held.sku IS NOT NULL
)
SELECT held.sku FROM held
WHERE held.sku IS NOT NULL AND statement_timestamp() >= (
    SELECT l.expires_at FROM line l
    WHERE l.program = $1 AND l.sku = held.sku AND l.expires_at IS NOT NULL
      AND l.allocated + l.backordered + l.bumped > 0
    ORDER BY l.expires_at LIMIT 1
)
LIMIT $2
