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
        due_at = new.due_at,
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
                unnest($16::boolean[]) AS redating, unnest($17::text[]) AS location,
                unnest($18::timestamptz[]) AS due_at
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
    FROM unnest($19::text[], $20::text[], $21::bigint[], $22::bigint[]) AS new (sku, location, on_hand, allocated)
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
        SELECT unnest($23::text[]) AS reservation, unnest($24::integer[]) AS position,
               unnest($25::text[]) AS sku, unnest($26::bigint[]) AS ordered, unnest($27::bigint[]) AS allocated,
               unnest($28::bigint[]) AS backordered, unnest($29::bigint[]) AS bumped,
               unnest($30::bigint[]) AS shipped, unnest($31::bigint[]) AS released,
               unnest($32::bigint[]) AS lapsed_allocated, unnest($33::bigint[]) AS lapsed_backordered,
               unnest($34::text[]) AS location, unnest($35::jsonb[]) AS allocations, unnest($36::bigint[]) AS age,
               unnest($37::date[]) AS ship_by, unnest($38::date[]) AS original_ship_by,
               unnest($39::bigint[]) AS plan_version, unnest($40::text[]) AS customer,
               unnest($41::text[]) AS ship_policy, unnest($42::text[]) AS purpose,
               unnest($43::timestamptz[]) AS expires_at, unnest($44::date[]) AS together_until,
               unnest($45::timestamptz[]) AS ready_at
    ) AS new
), movements AS (
    INSERT INTO movement (program, sku, version, part, kind, location, on_hand, allocated, backordered,
                          bumped, damaged, inbound, reservation, reference, at, event)
    SELECT $1, sku, version, coalesce(part, 0), kind, location, coalesce(on_hand, 0), coalesce(allocated, 0),
           coalesce(backordered, 0), coalesce(bumped, 0), coalesce(damaged, 0), coalesce(inbound, 0),
           reservation, coalesce(reference, ''), $2, event
    FROM (
        SELECT unnest($46::text[]) AS sku, unnest($47::bigint[]) AS version, unnest($48::integer[]) AS part,
               unnest($49::text[]) AS kind, unnest($50::text[]) AS location, unnest($51::bigint[]) AS on_hand,
               unnest($52::bigint[]) AS allocated, unnest($53::bigint[]) AS backordered,
               unnest($54::bigint[]) AS bumped, unnest($55::bigint[]) AS damaged,
               unnest($56::bigint[]) AS inbound, unnest($57::text[]) AS reservation,
               unnest($58::text[]) AS reference, unnest($59::jsonb[]) AS event
    ) AS new
), news AS (
    INSERT INTO change (program, change, at, skus, from_versions, to_versions, events)
    SELECT $1, $60, $2, $61, $62, $63, $64 WHERE cardinality($61::text[]) > 0
), answers AS (
    INSERT INTO answer (program, request, hash, is_refusal, body, answered_at)
    SELECT $1, request, hash, is_refusal, body, $2
    FROM unnest($65::text[], $66::bytea[], $67::boolean[], $68::bytea[]) AS new (request, hash, is_refusal, body)
)
SELECT 1 / (count(*) = cardinality($3::text[]))::integer FROM items
