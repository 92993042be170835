-- Receipts that are counted now, in byte order. One that another transaction has just counted is
-- left out, which the count tells.
INSERT INTO receipt (program, receipt, received_at)
SELECT $1, receipt, $3 FROM unnest($2::text[]) AS new (receipt)
ORDER BY receipt COLLATE "C"
ON CONFLICT DO NOTHING
