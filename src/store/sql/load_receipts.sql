-- Receipts that were counted before.
SELECT wanted.id
FROM unnest($2::text[]) AS wanted (id)
CROSS JOIN LATERAL (SELECT FROM receipt WHERE program = $1 AND receipt = wanted.id OFFSET 0) AS known
