-- Writes lines of locked items. Nobody else moves their rows meanwhile, so each is looked up once and
-- found again where it stands.
UPDATE line SET
    allocated = new.allocated,
    backordered = new.backordered,
    bumped = new.bumped,
    shipped = new.shipped,
    released = new.released,
    lapsed_allocated = new.lapsed_allocated,
    lapsed_backordered = new.lapsed_backordered,
    location = new.location,
    allocations = new.allocations,
    age = new.age,
    ship_by = new.ship_by,
    original_ship_by = new.original_ship_by,
    plan_version = new.plan_version,
    expires_at = new.expires_at,
    delays = new.delays,
    answer_by = new.answer_by,
    silence_keeps = new.silence_keeps,
    ready_at = new.ready_at
FROM (
    SELECT new.*, found.at
    FROM (
        SELECT
            unnest($2::text[]) AS reservation, unnest($3::integer[]) AS position,
            unnest($4::bigint[]) AS allocated, unnest($5::bigint[]) AS backordered,
            unnest($6::bigint[]) AS bumped, unnest($7::bigint[]) AS shipped, unnest($8::bigint[]) AS released,
            unnest($9::bigint[]) AS lapsed_allocated, unnest($10::bigint[]) AS lapsed_backordered,
            unnest($11::text[]) AS location, unnest($12::jsonb[]) AS allocations, unnest($13::bigint[]) AS age,
            unnest($14::date[]) AS ship_by, unnest($15::date[]) AS original_ship_by,
            unnest($16::bigint[]) AS plan_version, unnest($17::timestamptz[]) AS expires_at,
            unnest($18::integer[]) AS delays, unnest($19::timestamptz[]) AS answer_by,
            unnest($20::boolean[]) AS silence_keeps, unnest($21::timestamptz[]) AS ready_at
        LIMIT cardinality($2)
    ) AS new
    CROSS JOIN LATERAL (
        SELECT ctid AS at FROM line
        WHERE program = $1 AND reservation = new.reservation AND position = new.position OFFSET 0
    ) AS found
) AS new
WHERE line.program = $1 AND line.ctid = new.at
