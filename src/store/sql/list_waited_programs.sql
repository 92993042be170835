-- Programmes with orders that have waited for every line long enough and have something to ship.
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM line l
    WHERE l.program = p.program AND l.together_until IS NOT NULL AND l.ready_at IS NULL
      AND l.expires_at IS NULL AND l.ship_policy = 'together' AND l.allocated > 0
      AND l.together_until < (statement_timestamp() AT TIME ZONE 'UTC')::date
)
ORDER BY p.program COLLATE "C"
