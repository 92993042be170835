-- Past reservations, $4 of each of the first $5 numbered items: copies of one that was made and
-- released, with its ledger and the answers to its two requests.
WITH number AS (
    SELECT i.sku, i.version, n, $3 || '-' || n || '-' || i.sku AS reservation
    FROM item AS i CROSS JOIN generate_series(1, $4::bigint) AS n
    WHERE i.program = $1 AND i.sku >= 'G-' AND i.sku < 'G-' || lpad($5::bigint::text, 8, '0')
), lines AS (
    INSERT INTO line
    SELECT copy.* FROM line AS original CROSS JOIN number
    CROSS JOIN LATERAL jsonb_populate_record(original, jsonb_build_object(
        'sku', number.sku, 'reservation', number.reservation, 'age', number.version + 2 * n - 1
    )) AS copy
    WHERE original.program = $1 AND original.sku = $2 AND original.reservation = $3
), answers AS (
    INSERT INTO answer
    SELECT copy.* FROM answer AS original CROSS JOIN number
    CROSS JOIN LATERAL jsonb_populate_record(original, jsonb_build_object(
        'request', original.request || '-' || n || '-' || number.sku
    )) AS copy
    WHERE original.program = $1 AND original.request IN ($3, $3 || '-released')
), versions AS (
    UPDATE item SET version = version + 2 * $4::bigint
    WHERE program = $1 AND sku >= 'G-' AND sku < 'G-' || lpad($5::bigint::text, 8, '0')
)
INSERT INTO movement
SELECT copy.*
FROM (
    SELECT m, row_number() OVER (ORDER BY m.version) AS place
    FROM movement AS m WHERE m.program = $1 AND m.sku = $2 AND m.reservation = $3
) AS original
CROSS JOIN number
CROSS JOIN LATERAL jsonb_populate_record(original.m, jsonb_build_object(
    'sku', number.sku, 'reservation', number.reservation, 'event', NULL,
    'version', number.version + 2 * n - 2 + original.place
)) AS copy
