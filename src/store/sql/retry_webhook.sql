-- Goes on with a webhook, at the event that failed or behind it. Where none failed there is none to
-- leave out, so that the call may be repeated. What is kept no more is left out with the one that
-- failed, and without leave to do so nothing is done.
UPDATE sink
SET position = CASE
        WHEN $3 THEN greatest(sink.position + CASE WHEN attempts > 0 THEN 1 ELSE 0 END, tail.position)
        ELSE sink.position END,
    attempts = 0, next_attempt_at = NULL, parked_at = NULL, last_error = ''
FROM (SELECT coalesce((SELECT position FROM feed_tail WHERE program = $1), 0) AS position) AS tail
WHERE sink.program = $1 AND sink.kind = 'webhook' AND sink.sink = $2
  AND ($3 OR sink.position >= tail.position)
