-- Gives the right to deliver back.
UPDATE sink SET lease = NULL, leased_until = NULL
WHERE program = $1 AND kind = $2 AND sink = $3 AND lease = $4
