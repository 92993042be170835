-- A programme's cursor for the NATS server of a prefix, from the first event on.
INSERT INTO sink (program, kind, sink, url, types, secret, position, attempts, last_error, created_at)
VALUES ($1, 'nats', $2, '', '{}', '', 0, 0, '', $3)
ON CONFLICT DO NOTHING
