-- The stored answers to requests.
SELECT wanted.id, answer.is_refusal, answer.body
FROM unnest($2::text[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT is_refusal, body FROM answer WHERE program = $1 AND request = wanted.id OFFSET 0
) AS answer
