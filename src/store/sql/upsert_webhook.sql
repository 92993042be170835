-- Adds a webhook, or changes its URL and filter, and its key where one is given. Whoever delivers to
-- it at the moment has the old ones, and loses his lease.
INSERT INTO sink (program, kind, sink, url, types, secret, position, attempts, last_error, created_at)
VALUES ($1, 'webhook', $2, $3, $4, coalesce($5, $6), $7, 0, '', $8)
ON CONFLICT (program, kind, sink) DO UPDATE
SET url = excluded.url, types = excluded.types, secret = coalesce($5, sink.secret),
    next_attempt_at = NULL, lease = NULL, leased_until = NULL
RETURNING secret
