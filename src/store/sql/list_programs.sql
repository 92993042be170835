-- Every programme.
SELECT program FROM program ORDER BY program COLLATE "C"
