-- Lines of an item that were asked about a delay and did not answer in time; those that were asked
-- together in the order of the queue.
SELECT reservation FROM line
WHERE program = $1 AND sku = $2 AND answer_by IS NOT NULL AND answer_by <= $3
ORDER BY answer_by, age LIMIT $4
