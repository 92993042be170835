-- What a batch reads once its items are locked, in one round: the database's clock (never earlier
-- than $2, the instant behind the last change of a locked item) and the programme; its locations in
-- the order they are drawn; units at locations of the items that stand in several ($3); requests
-- that were answered before ($4); holds of locked items ($5) that ran out, oldest first, at most $6
-- for each; reservations that the batch wants to make ($7) and that exist.
WITH clock AS MATERIALIZED (
    SELECT greatest(clock_timestamp(), $2) AS now, pg_backend_pid() AS backend
)
SELECT clock.now, clock.backend, program.program, program.display_name, program.default_hold_seconds,
       program.max_backorder_listings, program.default_ship_policy, program.default_location,
       places.locations, places.display_names, places.priorities,
       stocks.skus AS stock_skus, stocks.locations AS stock_locations, stocks.on_hand AS stock_on_hand,
       stocks.allocated AS stock_allocated,
       answered.requests, answered.hashes, due.skus AS due_skus, due.reservations AS due_reservations,
       made.reservations AS made
FROM clock
LEFT JOIN program ON program.program = $1
CROSS JOIN (
    SELECT array_agg(location ORDER BY priority, location) AS locations,
           array_agg(display_name ORDER BY priority, location) AS display_names,
           array_agg(priority ORDER BY priority, location) AS priorities
    FROM location WHERE program = $1
) AS places
CROSS JOIN (
    SELECT array_agg(wanted.sku) AS skus, array_agg(stock.location) AS locations,
           array_agg(stock.on_hand) AS on_hand, array_agg(stock.allocated) AS allocated
    FROM unnest($3::text[]) AS wanted (sku)
    CROSS JOIN LATERAL (
        SELECT s.location, s.on_hand, s.allocated FROM stock s
        WHERE s.program = $1 AND s.sku = wanted.sku OFFSET 0
    ) AS stock
) AS stocks
CROSS JOIN (
    SELECT array_agg(wanted.request) AS requests, array_agg(answer.hash) AS hashes
    FROM unnest($4::text[]) AS wanted (request)
    CROSS JOIN LATERAL (
        SELECT a.hash FROM answer a WHERE a.program = $1 AND a.request = wanted.request OFFSET 0
    ) AS answer
) AS answered
CROSS JOIN (
    SELECT array_agg(wanted.sku) AS skus, array_agg(line.reservation) AS reservations
    FROM unnest($5::text[]) AS wanted (sku)
    CROSS JOIN LATERAL (
        SELECT l.reservation FROM line l
        WHERE l.program = $1 AND l.sku = wanted.sku
          AND l.expires_at IS NOT NULL AND l.allocated + l.backordered + l.bumped > 0
          AND l.expires_at <= (SELECT now FROM clock)
        ORDER BY l.expires_at
        LIMIT $6
    ) AS line
) AS due
CROSS JOIN (
    SELECT array_agg(wanted.reservation) AS reservations
    FROM unnest($7::text[]) AS wanted (reservation)
    CROSS JOIN LATERAL (
        SELECT FROM line l
        WHERE l.program = $1 AND l.reservation = wanted.reservation AND l.position = 0 OFFSET 0
    ) AS line
) AS made
