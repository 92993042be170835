-- Copies of a reservation's line, $4 of them, one after the other in its item's queue, that run out
-- in $5 seconds (NULL: as the original). Copies keep every other column, whatever there is.
INSERT INTO line
SELECT copy.*
FROM line AS original
CROSS JOIN generate_series(1, $4::bigint) AS number
CROSS JOIN LATERAL jsonb_populate_record(original, jsonb_build_object(
    'reservation', $3 || '-' || lpad(number::text, 9, '0'),
    'age', original.age + number,
    'expires_at', coalesce(now() + make_interval(secs => $5::bigint), original.expires_at)
)) AS copy
WHERE original.program = $1 AND original.sku = $2 AND original.reservation = $3
