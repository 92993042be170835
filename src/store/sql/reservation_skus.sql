-- The items of reservations, which never change: they are what to lock.
SELECT DISTINCT line.sku
FROM unnest($2::text[]) AS wanted (id)
CROSS JOIN LATERAL (SELECT sku FROM line WHERE program = $1 AND reservation = wanted.id OFFSET 0) AS line
