-- Keeps the right to deliver a while longer.
UPDATE sink SET leased_until = $5 WHERE program = $1 AND kind = $2 AND sink = $3 AND lease = $4
