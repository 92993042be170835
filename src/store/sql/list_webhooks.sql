-- The webhooks of a programme, or one of them, and how far each has come.
SELECT s.sink, s.url, s.types, s.position, greatest(coalesce(h.position, 0) - s.position, 0) AS lag,
       s.attempts, s.next_attempt_at, s.parked_at IS NOT NULL AS parked, s.last_error
FROM sink s LEFT JOIN feed_head h ON h.program = $1
WHERE s.program = $1 AND s.kind = 'webhook' AND ($2::text IS NULL OR s.sink = $2)
ORDER BY s.sink COLLATE "C"
