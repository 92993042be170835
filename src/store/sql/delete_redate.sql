-- A queue has its new dates.
DELETE FROM redate WHERE program = $1 AND sku = $2
