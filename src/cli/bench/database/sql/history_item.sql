-- The item's counters with those copies in them.
UPDATE item
SET allocated = allocated + $3, backordered = backordered + $4, version = version + $5
WHERE program = $1 AND sku = $2
