-- How far the streams of some programmes have come.
SELECT program, position FROM feed_head WHERE program = ANY ($1)
