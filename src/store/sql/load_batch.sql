-- What a batch reads, in one round and of one instant: its items ($2); the database's clock, but
-- later than the last change of any of them, so that an item's changes can be told in order by their
-- instants whatever the clock of a new primary says; the programme and its locations in the order
-- they are drawn; units at locations of the items that stand in several; requests that were answered
-- before ($3); the holds that run out first, run out or not, at most $4 for each item that may have
-- some that did; reservations that the batch wants to make ($5) and that exist.
WITH found AS MATERIALIZED (
    SELECT item.*
    FROM unnest($2::text[]) AS wanted (sku)
    CROSS JOIN LATERAL (
        SELECT i.sku, i.on_hand, i.allocated, i.backordered, i.bumped, i.safety_stock, i.owed, i.inbound,
               i.low_stock, i.redating, i.cap, i.plan_version, i.version, i.changed_at, i.location, i.due_at
        FROM item i
        WHERE i.program = $1 AND i.sku = wanted.sku OFFSET 0
    ) AS item
), clock AS MATERIALIZED (
    SELECT greatest(clock_timestamp(), max(changed_at) + interval '1 microsecond') AS now,
           pg_backend_pid() AS backend
    FROM found
)
SELECT clock.now, clock.backend, program.program, program.display_name, program.default_hold_seconds,
       program.max_backorder_listings, program.default_ship_policy, program.default_location,
       program.settings_at,
       items.skus, items.on_hand, items.allocated, items.backordered, items.bumped, items.safety_stock,
       items.owed, items.inbound, items.low_stock, items.redating, items.cap, items.plan_version,
       items.version, items.only_locations, items.due_ats,
       items.changed_ats,
       places.locations, places.display_names, places.priorities,
       stocks.skus AS stock_skus, stocks.locations AS stock_locations, stocks.on_hand AS stock_on_hand,
       stocks.allocated AS stock_allocated,
       answered.requests, answered.hashes, held.skus AS held_skus, held.reservations AS held_reservations,
       held.expire AS held_expire, made.reservations AS made
FROM clock
LEFT JOIN program ON program.program = $1
CROSS JOIN (
    SELECT array_agg(sku) AS skus, array_agg(on_hand) AS on_hand, array_agg(allocated) AS allocated,
           array_agg(backordered) AS backordered, array_agg(bumped) AS bumped,
           array_agg(safety_stock) AS safety_stock, array_agg(owed) AS owed, array_agg(inbound) AS inbound,
           array_agg(low_stock) AS low_stock, array_agg(redating) AS redating, array_agg(cap) AS cap,
           array_agg(plan_version) AS plan_version, array_agg(version) AS version,
           array_agg(location) AS only_locations, array_agg(due_at) AS due_ats,
           array_agg(changed_at) AS changed_ats
    FROM found
) AS items
CROSS JOIN (
    SELECT array_agg(location ORDER BY priority, location) AS locations,
           array_agg(display_name ORDER BY priority, location) AS display_names,
           array_agg(priority ORDER BY priority, location) AS priorities
    FROM location WHERE program = $1
) AS places
CROSS JOIN (
    SELECT array_agg(found.sku) AS skus, array_agg(stock.location) AS locations,
           array_agg(stock.on_hand) AS on_hand, array_agg(stock.allocated) AS allocated
    FROM found
    CROSS JOIN LATERAL (
        SELECT s.location, s.on_hand, s.allocated FROM stock s
        WHERE s.program = $1 AND s.sku = found.sku OFFSET 0
    ) AS stock
    WHERE found.location IS NULL
) AS stocks
CROSS JOIN (
    SELECT array_agg(wanted.request) AS requests, array_agg(answer.hash) AS hashes
    FROM unnest($3::text[]) AS wanted (request)
    CROSS JOIN LATERAL (
        SELECT a.hash FROM answer a WHERE a.program = $1 AND a.request = wanted.request OFFSET 0
    ) AS answer
) AS answered
CROSS JOIN (
    SELECT array_agg(found.sku) AS skus, array_agg(line.reservation) AS reservations,
           array_agg(line.expires_at) AS expire
    FROM found
    CROSS JOIN LATERAL (
        SELECT l.reservation, l.expires_at FROM line l
        WHERE l.program = $1 AND l.sku = found.sku
          AND l.expires_at IS NOT NULL AND l.allocated + l.backordered + l.bumped > 0
        ORDER BY l.expires_at
        LIMIT $4
    ) AS line
    WHERE found.due_at <= (SELECT now FROM clock)
) AS held
CROSS JOIN (
    SELECT array_agg(wanted.reservation) AS reservations
    FROM unnest($5::text[]) AS wanted (reservation)
    CROSS JOIN LATERAL (
        SELECT FROM line l
        WHERE l.program = $1 AND l.reservation = wanted.reservation AND l.position = 0 OFFSET 0
    ) AS line
) AS made
