-- The right to deliver to a sink for a while, unless another has it or it is not due.
UPDATE sink SET lease = $4, leased_until = $6
WHERE program = $1 AND kind = $2 AND sink = $3 AND parked_at IS NULL
  AND (next_attempt_at IS NULL OR next_attempt_at <= $5)
  AND (leased_until IS NULL OR leased_until <= $5)
RETURNING url, types, secret, position, attempts
