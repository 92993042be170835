-- The items of reservations, which never change: they are what to lock.
SELECT DISTINCT sku FROM line WHERE program = $1 AND reservation = ANY ($2)
