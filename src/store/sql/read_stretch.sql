-- How far the stream of a programme has come, and up to which place its events are kept no more.
SELECT coalesce((SELECT position FROM feed_tail WHERE program = $1), 0),
       coalesce((SELECT position FROM feed_head WHERE program = $1), 0)
