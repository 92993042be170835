-- The right to give out places, unless another has it.
SELECT position, newest_at, late FROM feed_head WHERE program = $1 FOR UPDATE SKIP LOCKED
