-- Goes on with a webhook, at the event that failed or behind it. Where none failed there is none to
-- leave out, so that the call may be repeated.
UPDATE sink
SET position = position + CASE WHEN $3 AND attempts > 0 THEN 1 ELSE 0 END,
    attempts = 0, next_attempt_at = NULL, parked_at = NULL, last_error = ''
WHERE program = $1 AND kind = 'webhook' AND sink = $2
