-- Orders of a programme that have waited for every line long enough and have something to ship. An
-- order stands where the first of its lines does that has units: any line may be shipped or given
-- back before the others.
SELECT l.reservation FROM line l
WHERE l.program = $1 AND l.together_until IS NOT NULL AND l.ready_at IS NULL
  AND l.expires_at IS NULL AND l.ship_policy = 'together' AND l.allocated > 0
  AND l.together_until < (statement_timestamp() AT TIME ZONE 'UTC')::date
  AND NOT EXISTS (
      SELECT FROM line a
      WHERE a.program = $1 AND a.reservation = l.reservation AND a.position < l.position
        AND a.allocated > 0 OFFSET 0
  )
LIMIT $2
