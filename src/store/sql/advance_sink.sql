-- Everything up to a place was delivered or filtered out, by whoever has the lease.
UPDATE sink SET position = $6, attempts = 0, next_attempt_at = NULL, last_error = '', leased_until = $7
WHERE program = $1 AND kind = $2 AND sink = $3 AND lease = $4 AND position = $5
