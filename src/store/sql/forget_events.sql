-- Forgets some of a stream's oldest rows, $4 at most, behind the place $3 where it begins: those made
-- before $2 that every sink has passed, but parked ones. Says up to which place, how many events, and
-- whether a sink holds back a row that is old enough.
WITH first AS (
    SELECT position, at FROM feed WHERE program = $1 AND position > $3 ORDER BY position LIMIT $4
), passed AS (
    SELECT min(position) AS position FROM sink WHERE program = $1 AND parked_at IS NULL
), slice AS (
    SELECT max(first.position) FILTER (
               WHERE passed.position IS NULL OR first.position <= passed.position
           ) AS last,
           count(*) FILTER (WHERE first.position > passed.position) > 0 AS held,
           count(*) = $4 AS is_full
    FROM first CROSS JOIN passed WHERE first.at < $2
), forgotten AS (
    DELETE FROM feed WHERE program = $1 AND position > $3 AND position <= (SELECT last FROM slice)
    RETURNING events
), tail AS (
    UPDATE feed_tail SET position = (SELECT last FROM slice)
    WHERE program = $1 AND (SELECT last FROM slice) IS NOT NULL
)
SELECT coalesce((SELECT sum(events) FROM forgotten), 0)::bigint AS events, held,
       is_full AND NOT held AS has_more
FROM slice
