-- Writes what nearly every batch brings about, in one round: its items, their units at locations
-- where an item stands in several, new reservations, lines of the ledger, whose ledgers have news,
-- and the answers. New rows come in byte order; one whose key another transaction has just used is
-- an error (23505), and the batch begins again. The version guards: an item that is not as it was
-- read is not found, and nothing at all is written, which the division by zero (22012) says. A column
-- that says nothing for any row comes as an empty list: it then is NULL for each, and read as 0 or as
-- no text where it must be. Lists stand in the select list, where PostgreSQL takes them row by row; in
-- FROM it would first copy each.
WITH items AS (
    UPDATE item SET
        on_hand = new.on_hand,
        allocated = new.allocated,
        backordered = new.backordered,
        bumped = new.bumped,
        safety_stock = new.safety_stock,
        cap = new.cap,
        plan_version = new.plan_version,
        version = new.version,
        owed = new.owed,
        inbound = new.inbound,
        low_stock = new.low_stock,
        redating = new.redating,
        location = new.location,
        changed_at = $2
    FROM (
        SELECT new.*, found.at
        FROM (
            SELECT
                unnest($3::text[]) AS sku, unnest($4::bigint[]) AS on_hand, unnest($5::bigint[]) AS allocated,
                unnest($6::bigint[]) AS backordered, unnest($7::bigint[]) AS bumped,
                unnest($8::bigint[]) AS safety_stock, unnest($9::bigint[]) AS cap,
                unnest($10::bigint[]) AS plan_version, unnest($11::bigint[]) AS version,
                unnest($12::bigint[]) AS read_version, unnest($13::bigint[]) AS owed,
                unnest($14::bigint[]) AS inbound, unnest($15::bigint[]) AS low_stock,
                unnest($16::boolean[]) AS redating, unnest($17::text[]) AS location
            LIMIT cardinality($3)
        ) AS new
        CROSS JOIN LATERAL (
            SELECT ctid AS at FROM item
            WHERE program = $1 AND sku = new.sku AND version = new.read_version OFFSET 0
        ) AS found
    ) AS new
    WHERE item.program = $1 AND item.ctid = new.at
    RETURNING 1
), stocks AS (
    INSERT INTO stock (program, sku, location, on_hand, allocated)
    SELECT $1, sku, location, on_hand, allocated
    FROM unnest($18::text[], $19::text[], $20::bigint[], $21::bigint[]) AS new (sku, location, on_hand, allocated)
    ON CONFLICT (program, sku, location)
    DO UPDATE SET on_hand = excluded.on_hand, allocated = excluded.allocated
), lines AS (
    INSERT INTO line (program, reservation, position, sku, ordered, allocated, backordered, bumped, shipped,
                      released, lapsed_allocated, lapsed_backordered, location, allocations, age, ship_by,
                      original_ship_by, plan_version, customer, ship_policy, purpose, created_at, expires_at,
                      together_until, ready_at)
    SELECT $1, reservation, coalesce(position, 0), sku, ordered, coalesce(allocated, 0),
           coalesce(backordered, 0), coalesce(bumped, 0), coalesce(shipped, 0), coalesce(released, 0),
           coalesce(lapsed_allocated, 0), coalesce(lapsed_backordered, 0), location, allocations, age, ship_by,
           original_ship_by, plan_version, customer, ship_policy, purpose, $2, expires_at, together_until,
           ready_at
    FROM (
        SELECT unnest($22::text[]) AS reservation, unnest($23::integer[]) AS position,
               unnest($24::text[]) AS sku, unnest($25::bigint[]) AS ordered, unnest($26::bigint[]) AS allocated,
               unnest($27::bigint[]) AS backordered, unnest($28::bigint[]) AS bumped,
               unnest($29::bigint[]) AS shipped, unnest($30::bigint[]) AS released,
               unnest($31::bigint[]) AS lapsed_allocated, unnest($32::bigint[]) AS lapsed_backordered,
               unnest($33::text[]) AS location, unnest($34::jsonb[]) AS allocations, unnest($35::bigint[]) AS age,
               unnest($36::date[]) AS ship_by, unnest($37::date[]) AS original_ship_by,
               unnest($38::bigint[]) AS plan_version, unnest($39::text[]) AS customer,
               unnest($40::text[]) AS ship_policy, unnest($41::text[]) AS purpose,
               unnest($42::timestamptz[]) AS expires_at, unnest($43::date[]) AS together_until,
               unnest($44::timestamptz[]) AS ready_at
    ) AS new
), movements AS (
    INSERT INTO movement (program, sku, version, part, kind, location, on_hand, allocated, backordered,
                          bumped, damaged, inbound, reservation, reference, at, event)
    SELECT $1, sku, version, coalesce(part, 0), kind, location, coalesce(on_hand, 0), coalesce(allocated, 0),
           coalesce(backordered, 0), coalesce(bumped, 0), coalesce(damaged, 0), coalesce(inbound, 0),
           reservation, coalesce(reference, ''), $2, event
    FROM (
        SELECT unnest($45::text[]) AS sku, unnest($46::bigint[]) AS version, unnest($47::integer[]) AS part,
               unnest($48::text[]) AS kind, unnest($49::text[]) AS location, unnest($50::bigint[]) AS on_hand,
               unnest($51::bigint[]) AS allocated, unnest($52::bigint[]) AS backordered,
               unnest($53::bigint[]) AS bumped, unnest($54::bigint[]) AS damaged,
               unnest($55::bigint[]) AS inbound, unnest($56::text[]) AS reservation,
               unnest($57::text[]) AS reference, unnest($58::jsonb[]) AS event
    ) AS new
), news AS (
    INSERT INTO change (program, change, at, skus, from_versions, to_versions, events)
    SELECT $1, $59, $2, $60, $61, $62, $63 WHERE cardinality($60::text[]) > 0
), answers AS (
    INSERT INTO answer (program, request, hash, is_refusal, body, answered_at)
    SELECT $1, request, hash, is_refusal, body, $2
    FROM unnest($64::text[], $65::bytea[], $66::boolean[], $67::bytea[]) AS new (request, hash, is_refusal, body)
)
SELECT 1 / (count(*) = cardinality($3::text[]))::integer FROM items
