-- Sinks with something to deliver now, to whom nobody delivers.
SELECT s.program, s.kind, s.sink
FROM sink s JOIN feed_head h ON h.program = s.program
WHERE s.position < h.position AND s.parked_at IS NULL
  AND (s.kind = 'webhook' OR s.sink = $1)
  AND (s.next_attempt_at IS NULL OR s.next_attempt_at <= clock_timestamp())
  AND (s.leased_until IS NULL OR s.leased_until <= clock_timestamp())
ORDER BY s.next_attempt_at NULLS FIRST, s.position - h.position, s.program COLLATE "C"
LIMIT $2
