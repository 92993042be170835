-- Orders that the background is to look at.
INSERT INTO ready_check (program, reservation) SELECT $1, reservation FROM unnest($2::text[]) AS new (reservation)
ORDER BY reservation COLLATE "C"
ON CONFLICT DO NOTHING
