-- Items that have no more to fill.
DELETE FROM long_fill WHERE program = $1 AND sku = ANY ($2)
