-- Programmes with orders that are not ready although they have waited for every line long enough.
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM line l
    WHERE l.program = p.program AND l.together_until IS NOT NULL AND l.ready_at IS NULL
      AND l.position = 0
      AND l.together_until < (statement_timestamp() AT TIME ZONE 'UTC')::date
)
ORDER BY p.program COLLATE "C"
