-- What the background has still to do for an item: whether its queue is owed units or dates, and
-- whether holds of it ran out and were not swept yet.
SELECT EXISTS (SELECT FROM long_fill AS l WHERE l.program = i.program AND l.sku = i.sku) AS fills,
       EXISTS (SELECT FROM redate AS r WHERE r.program = i.program AND r.sku = i.sku) AS dates,
       EXISTS (
           SELECT FROM line AS l
           WHERE l.program = i.program AND l.sku = i.sku AND l.expires_at IS NOT NULL
             AND l.allocated + l.backordered + l.bumped > 0 AND l.expires_at <= clock_timestamp()
       ) AS sweeps
FROM item AS i WHERE i.program = $1 AND i.sku = $2
