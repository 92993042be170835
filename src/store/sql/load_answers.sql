-- The stored answers to requests.
SELECT request, is_refusal, body FROM answer WHERE program = $1 AND request = ANY ($2)
