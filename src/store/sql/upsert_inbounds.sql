-- Writes announced supply of locked items.
INSERT INTO inbound (program, sku, inbound, expected, received, damaged, arrives_on, ships_on, cancelled,
                     closed, overdue)
SELECT $1, sku, inbound, expected, received, damaged, arrives_on, ships_on, cancelled, closed, overdue
FROM unnest(
    $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::date[], $8::date[], $9::boolean[],
    $10::boolean[], $11::boolean[]
) AS new (sku, inbound, expected, received, damaged, arrives_on, ships_on, cancelled, closed, overdue)
ORDER BY sku COLLATE "C", inbound COLLATE "C"
ON CONFLICT (program, sku, inbound) DO UPDATE SET
    expected = excluded.expected, received = excluded.received, damaged = excluded.damaged,
    arrives_on = excluded.arrives_on, ships_on = excluded.ships_on, cancelled = excluded.cancelled,
    closed = excluded.closed, overdue = excluded.overdue
