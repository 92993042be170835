-- The sink of a programme that has come least far, parked ones left out, and how far the stream has.
SELECT s.kind, s.sink, s.position, h.position AS head
FROM sink s JOIN feed_head h ON h.program = $1
WHERE s.program = $1 AND s.parked_at IS NULL
ORDER BY s.position LIMIT 1
