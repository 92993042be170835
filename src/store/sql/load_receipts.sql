-- Receipts that were counted before.
SELECT receipt FROM receipt WHERE program = $1 AND receipt = ANY ($2)
