-- The counters at the location with those copies in them.
UPDATE stock SET allocated = allocated + $3 WHERE program = $1 AND sku = $2
