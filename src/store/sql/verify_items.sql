-- Counters against the sums that they must equal: ledger and lines. One row for each difference.
-- Lines that were carried forward stand for every version up to their own.
WITH carried AS (
    SELECT sku, max(version) AS version
    FROM movement WHERE program = $1 AND kind = 'carried' GROUP BY sku
), ledger AS (
    SELECT m.sku, sum(m.on_hand)::bigint AS on_hand, sum(m.allocated)::bigint AS allocated,
           sum(m.backordered)::bigint AS backordered, sum(m.bumped)::bigint AS bumped,
           sum(m.inbound)::bigint AS inbound, max(m.version) AS newest,
           count(DISTINCT m.version) FILTER (WHERE c.version IS NULL OR m.version > c.version)
           + coalesce(max(c.version), 0) AS versions
    FROM movement m LEFT JOIN carried c ON c.sku = m.sku
    WHERE m.program = $1 GROUP BY m.sku
), lines AS (
    SELECT sku, sum(allocated)::bigint AS allocated, sum(backordered)::bigint AS backordered,
           sum(bumped)::bigint AS bumped,
           min(expires_at) FILTER (WHERE allocated + backordered + bumped > 0) AS due_at
    FROM line WHERE program = $1 GROUP BY sku
), stocks AS (
    SELECT sku, sum(on_hand)::bigint AS on_hand, sum(allocated)::bigint AS allocated
    FROM item_stock WHERE program = $1 GROUP BY sku
), announced AS (
    SELECT sku, sum(greatest(expected - received - damaged, 0))::bigint AS units
    FROM inbound WHERE program = $1 AND NOT cancelled AND NOT closed GROUP BY sku
)
SELECT i.sku, NULL::text AS location, checked.what, checked.counter, checked.total
FROM item i
LEFT JOIN ledger ON ledger.sku = i.sku
LEFT JOIN lines ON lines.sku = i.sku
LEFT JOIN stocks ON stocks.sku = i.sku
LEFT JOIN announced ON announced.sku = i.sku
CROSS JOIN LATERAL (VALUES
    ('on_hand: item against ledger', i.on_hand, coalesce(ledger.on_hand, 0)),
    ('allocated: item against ledger', i.allocated, coalesce(ledger.allocated, 0)),
    ('backordered: item against ledger', i.backordered, coalesce(ledger.backordered, 0)),
    ('bumped: item against ledger', i.bumped, coalesce(ledger.bumped, 0)),
    ('inbound: item against ledger', i.inbound, coalesce(ledger.inbound, 0)),
    ('inbound: item against announced', i.inbound, coalesce(announced.units, 0)),
    ('version: item against newest in ledger', i.version, coalesce(ledger.newest, 0)),
    ('version: item against count in ledger', i.version, coalesce(ledger.versions, 0)),
    ('allocated: item against lines', i.allocated, coalesce(lines.allocated, 0)),
    ('backordered: item against lines', i.backordered, coalesce(lines.backordered, 0)),
    ('bumped: item against lines', i.bumped, coalesce(lines.bumped, 0)),
    ('due_at: item, in seconds, against its first hold', coalesce(extract(epoch FROM i.due_at)::bigint, 0),
     coalesce(extract(epoch FROM least(i.due_at, lines.due_at))::bigint, 0)),
    ('on_hand: item against locations', i.on_hand, coalesce(stocks.on_hand, 0)),
    ('allocated: item against locations', i.allocated, coalesce(stocks.allocated, 0))
) AS checked (what, counter, total)
WHERE i.program = $1 AND checked.counter IS DISTINCT FROM checked.total
ORDER BY i.sku, checked.what
LIMIT 1000
