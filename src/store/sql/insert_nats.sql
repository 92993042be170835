-- A programme's cursor for the NATS server of a prefix, from the first event that is kept.
INSERT INTO sink (program, kind, sink, url, types, secret, position, attempts, last_error, created_at)
SELECT $1, 'nats', $2, '', '{}', '', coalesce((SELECT position FROM feed_tail WHERE program = $1), 0),
       0, '', $3
ON CONFLICT DO NOTHING
