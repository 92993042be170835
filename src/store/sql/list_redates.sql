-- Items whose queue is being given new dates, of one programme.
SELECT sku FROM redate WHERE program = $1 ORDER BY sku COLLATE "C" LIMIT $2
