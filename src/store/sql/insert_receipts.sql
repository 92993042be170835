-- Receipts that are counted now, in byte order. One that another transaction has just counted is an
-- error (23505), and the batch begins again.
INSERT INTO receipt (program, receipt, received_at)
SELECT $1, receipt, $3 FROM unnest($2::text[]) AS new (receipt)
