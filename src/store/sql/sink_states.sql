-- By kind of sink, how many are parked and how far the last of the others is behind.
SELECT s.kind, count(*) FILTER (WHERE s.parked_at IS NOT NULL) AS parked,
       coalesce(max(h.position - s.position) FILTER (WHERE s.parked_at IS NULL), 0) AS lag
FROM sink s JOIN feed_head h ON h.program = s.program
GROUP BY s.kind
