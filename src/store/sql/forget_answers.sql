-- Forgets the answers in some blocks of the table that are old enough, whichever programme they are
-- of: how many, and how many blocks the table has. Nobody waits for the rows that it locks.
WITH forgotten AS (
    DELETE FROM answer
    WHERE ctid >= format('(%s,0)', $1::bigint)::tid AND ctid < format('(%s,0)', $2::bigint)::tid
      AND answered_at < $3
    RETURNING 1
)
SELECT (SELECT count(*) FROM forgotten),
       pg_relation_size('answer') / current_setting('block_size')::bigint
