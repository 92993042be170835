-- Items of a programme of which a hold may have run out, those that are due longest first.
SELECT sku FROM item
WHERE program = $1 AND due_at <= statement_timestamp()
ORDER BY due_at
LIMIT $2
