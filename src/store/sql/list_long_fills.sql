-- What the background has to fill, of one programme.
SELECT sku FROM long_fill WHERE program = $1 ORDER BY sku COLLATE "C" LIMIT $2
