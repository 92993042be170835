-- The head of a stream that has none yet.
INSERT INTO feed_head (program, position) VALUES ($1, 0) ON CONFLICT DO NOTHING
