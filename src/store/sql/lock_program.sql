-- Locks the programme: settings change, and listings are counted, one at a time.
SELECT program FROM program WHERE program = $1 FOR NO KEY UPDATE
