-- The item's counters with those copies in them, and when the first of them runs out (NULL: as
-- before).
UPDATE item
SET allocated = allocated + $3, backordered = backordered + $4, version = version + $5,
    due_at = least(due_at, now() + make_interval(secs => $6::bigint))
WHERE program = $1 AND sku = $2
