-- Up to which place the events of a programme are kept no more.
SELECT position FROM feed_tail WHERE program = $1
