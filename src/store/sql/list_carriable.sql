-- The next items of a programme behind a SKU, and whether the first line of the ledger of each that
-- stands for itself was written before $3.
SELECT i.sku, coalesce(first.at < $3, false) AS is_old
FROM (
    SELECT sku FROM item WHERE program = $1 AND sku > $2 ORDER BY sku LIMIT $4
) AS i
LEFT JOIN LATERAL (
    SELECT m.at FROM movement m
    WHERE m.program = $1 AND m.sku = i.sku AND m.kind <> 'carried'
    ORDER BY m.version, m.part LIMIT 1
) AS first ON true
ORDER BY i.sku COLLATE "C"
