-- The event behind a place failed: when it is tried again, or that it is not. Gives the lease back.
UPDATE sink
SET position = $6, attempts = $7, next_attempt_at = $8, parked_at = $9, last_error = $10,
    lease = NULL, leased_until = NULL
WHERE program = $1 AND kind = $2 AND sink = $3 AND lease = $4 AND position = $5
