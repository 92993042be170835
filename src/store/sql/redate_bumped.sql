-- The next bumped lines of a queue that get new dates.
SELECT reservation FROM line
WHERE program = $1 AND sku = $2 AND bumped > 0 AND age > $3
ORDER BY age LIMIT $4
