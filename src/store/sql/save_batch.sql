-- Writes what nearly every batch brings about, in one round: its items, their units at locations
-- where an item stands in several, new reservations, lines of the ledger, whose ledgers have news,
-- and the answers. New rows come in byte order; one whose key another transaction has just used is
-- an error (23505), and the batch begins again. Version and instant guard: an item that is not as it
-- was read is not found, and nothing at all is written, which the division by zero (22012) says; nor
-- is it where the programme's settings are not those of $70 (NULL: they are). A column
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
                unnest($18::timestamptz[]) AS due_at, unnest($19::timestamptz[]) AS read_changed_at
            LIMIT cardinality($3)
        ) AS new
        CROSS JOIN LATERAL (
            SELECT ctid AS at FROM item
            WHERE program = $1 AND sku = new.sku AND version = new.read_version
              AND changed_at = new.read_changed_at OFFSET 0
        ) AS found
    ) AS new
    WHERE item.program = $1 AND item.ctid = new.at
    RETURNING 1
), stocks AS (
    INSERT INTO stock (program, sku, location, on_hand, allocated)
    SELECT $1, sku, location, on_hand, allocated
    FROM unnest($20::text[], $21::text[], $22::bigint[], $23::bigint[]) AS new (sku, location, on_hand, allocated)
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
        SELECT unnest($24::text[]) AS reservation, unnest($25::integer[]) AS position,
               unnest($26::text[]) AS sku, unnest($27::bigint[]) AS ordered, unnest($28::bigint[]) AS allocated,
               unnest($29::bigint[]) AS backordered, unnest($30::bigint[]) AS bumped,
               unnest($31::bigint[]) AS shipped, unnest($32::bigint[]) AS released,
               unnest($33::bigint[]) AS lapsed_allocated, unnest($34::bigint[]) AS lapsed_backordered,
               unnest($35::text[]) AS location, unnest($36::jsonb[]) AS allocations, unnest($37::bigint[]) AS age,
               unnest($38::date[]) AS ship_by, unnest($39::date[]) AS original_ship_by,
               unnest($40::bigint[]) AS plan_version, unnest($41::text[]) AS customer,
               unnest($42::text[]) AS ship_policy, unnest($43::text[]) AS purpose,
               unnest($44::timestamptz[]) AS expires_at, unnest($45::date[]) AS together_until,
               unnest($46::timestamptz[]) AS ready_at
    ) AS new
), movements AS (
    INSERT INTO movement (program, sku, version, part, kind, location, on_hand, allocated, backordered,
                          bumped, damaged, inbound, reservation, reference, at, event)
    SELECT $1, sku, version, coalesce(part, 0), kind, location, coalesce(on_hand, 0), coalesce(allocated, 0),
           coalesce(backordered, 0), coalesce(bumped, 0), coalesce(damaged, 0), coalesce(inbound, 0),
           reservation, coalesce(reference, ''), $2, event
    FROM (
        SELECT unnest($47::text[]) AS sku, unnest($48::bigint[]) AS version, unnest($49::integer[]) AS part,
               unnest($50::text[]) AS kind, unnest($51::text[]) AS location, unnest($52::bigint[]) AS on_hand,
               unnest($53::bigint[]) AS allocated, unnest($54::bigint[]) AS backordered,
               unnest($55::bigint[]) AS bumped, unnest($56::bigint[]) AS damaged,
               unnest($57::bigint[]) AS inbound, unnest($58::text[]) AS reservation,
               unnest($59::text[]) AS reference, unnest($60::jsonb[]) AS event
    ) AS new
), news AS (
    INSERT INTO change (program, change, at, skus, from_versions, to_versions, events)
    SELECT $1, $61, $2, $62, $63, $64, $65 WHERE cardinality($62::text[]) > 0
), answers AS (
    INSERT INTO answer (program, request, hash, is_refusal, body, answered_at)
    SELECT $1, request, hash, is_refusal, body, $2
    FROM unnest($66::text[], $67::bytea[], $68::boolean[], $69::bytea[]) AS new (request, hash, is_refusal, body)
)
SELECT clock_timestamp() AS now, 1 / (
    count(*) = cardinality($3::text[]) AND ($70::timestamptz IS NULL OR EXISTS (
        SELECT FROM program WHERE program = $1 AND settings_at = $70
    ))
)::integer AS saved
FROM items
