-- The ledger's lines that belong to those copies: without an event, since nobody listens.
INSERT INTO movement
SELECT copy.*
FROM movement AS original
CROSS JOIN generate_series(1, $4::bigint) AS number
CROSS JOIN LATERAL jsonb_populate_record(original, jsonb_build_object(
    'reservation', $3 || '-' || lpad(number::text, 9, '0'),
    'version', original.version + number,
    'event', NULL
)) AS copy
WHERE original.program = $1 AND original.sku = $2 AND original.reservation = $3
