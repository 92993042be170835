-- How far the stream of a programme has come.
SELECT position FROM feed_head WHERE program = $1
