-- So many events have places now, the newest of that instant.
UPDATE feed_head SET position = $2, newest_at = $3, late = $4 WHERE program = $1
