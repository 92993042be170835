-- Programmes that have events, and no cursor yet for the NATS server of this prefix.
SELECT h.program FROM feed_head h
WHERE NOT EXISTS (
    SELECT FROM sink s WHERE s.program = h.program AND s.kind = 'nats' AND s.sink = $1
)
