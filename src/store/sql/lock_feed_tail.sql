-- The right to forget, and from where on, unless another has it.
SELECT position FROM feed_tail WHERE program = $1 FOR UPDATE SKIP LOCKED
