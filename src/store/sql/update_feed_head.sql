-- So many events have places now.
UPDATE feed_head SET position = $2 WHERE program = $1
