-- Reservations of an item in the order made, as its ledger has them.
SELECT m.reservation, m.version
FROM movement m
CROSS JOIN LATERAL (
    SELECT FROM line l
    WHERE l.program = $1 AND l.reservation = m.reservation AND l.sku = $2 AND l.age = m.version OFFSET 0
) AS made
WHERE m.program = $1 AND m.sku = $2 AND m.version > $3 AND m.part = 0 AND m.kind = 'reserve'
ORDER BY m.version LIMIT $4
