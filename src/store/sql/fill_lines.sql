-- Writes lines of locked items that were filled: no more than that moves in them. Else as
-- update_lines.sql. A column that says nothing for any row comes as an empty list, and is NULL for each.
UPDATE line SET
    allocated = new.allocated,
    backordered = new.backordered,
    bumped = new.bumped,
    location = new.location,
    allocations = new.allocations,
    answer_by = new.answer_by,
    silence_keeps = new.silence_keeps,
    ready_at = new.ready_at
FROM (
    SELECT new.*, found.at
    FROM (
        SELECT
            unnest($2::text[]) AS reservation, unnest($3::integer[]) AS position,
            unnest($4::bigint[]) AS allocated, unnest($5::bigint[]) AS backordered,
            unnest($6::bigint[]) AS bumped, unnest($7::text[]) AS location, unnest($8::jsonb[]) AS allocations,
            unnest($9::timestamptz[]) AS answer_by, unnest($10::boolean[]) AS silence_keeps,
            unnest($11::timestamptz[]) AS ready_at
        LIMIT cardinality($2)
    ) AS new
    CROSS JOIN LATERAL (
        SELECT ctid AS at FROM line
        WHERE program = $1 AND reservation = new.reservation AND position = new.position OFFSET 0
    ) AS found
) AS new
WHERE line.program = $1 AND line.ctid = new.at
