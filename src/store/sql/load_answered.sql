-- Requests that were answered before.
SELECT request, hash FROM answer WHERE program = $1 AND request = ANY ($2)
