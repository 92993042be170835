-- The answers of a batch, in byte order. One whose request another transaction has just answered is
-- left out, which the count tells.
INSERT INTO answer (program, request, hash, is_refusal, body, answered_at)
SELECT $1, request, hash, is_refusal, body, $6
FROM unnest($2::text[], $3::bytea[], $4::boolean[], $5::bytea[]) AS new (request, hash, is_refusal, body)
ORDER BY request COLLATE "C"
ON CONFLICT DO NOTHING
