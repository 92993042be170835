-- Copies of an item with all that belongs to it, named by number: from $3 to $4.
WITH number AS (
    SELECT 'G-' || lpad(n::text, 8, '0') AS sku FROM generate_series($3::bigint, $4::bigint) AS n
), items AS (
    INSERT INTO item
    SELECT copy.* FROM item AS original CROSS JOIN number
    CROSS JOIN LATERAL jsonb_populate_record(original, jsonb_build_object('sku', number.sku)) AS copy
    WHERE original.program = $1 AND original.sku = $2
), settings AS (
    INSERT INTO item_settings
    SELECT copy.* FROM item_settings AS original CROSS JOIN number
    CROSS JOIN LATERAL jsonb_populate_record(original, jsonb_build_object('sku', number.sku)) AS copy
    WHERE original.program = $1 AND original.sku = $2
), stocks AS (
    INSERT INTO stock
    SELECT copy.* FROM stock AS original CROSS JOIN number
    CROSS JOIN LATERAL jsonb_populate_record(original, jsonb_build_object('sku', number.sku)) AS copy
    WHERE original.program = $1 AND original.sku = $2
)
INSERT INTO movement
SELECT copy.* FROM movement AS original CROSS JOIN number
CROSS JOIN LATERAL jsonb_populate_record(
    original, jsonb_build_object('sku', number.sku, 'event', NULL)
) AS copy
WHERE original.program = $1 AND original.sku = $2
