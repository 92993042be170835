-- How far every stream has come.
SELECT program, position FROM feed_head ORDER BY program COLLATE "C"
