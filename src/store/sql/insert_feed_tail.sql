-- The tail of a stream of which all is kept yet.
INSERT INTO feed_tail (program, position) VALUES ($1, 0) ON CONFLICT DO NOTHING
