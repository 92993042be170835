-- Locks the items of a batch. They are given in byte order, the same order everywhere, and locked one
-- after the other. What they are is read by the next statement.
SELECT FROM unnest($2::text[]) AS wanted (sku)
CROSS JOIN LATERAL (
    SELECT FROM item
    WHERE program = $1 AND sku = wanted.sku
    FOR NO KEY UPDATE
) AS item
