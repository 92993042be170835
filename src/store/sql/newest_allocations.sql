-- Whose units were allocated at a location, newest first, as the ledger tells; a page below version
-- $4.
SELECT version, reservation
FROM movement
WHERE program = $1 AND sku = $2 AND location = $3 AND version < $4
  AND allocated > 0 AND reservation IS NOT NULL
ORDER BY version DESC, part DESC
LIMIT $5
