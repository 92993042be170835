-- Writes a programme's locations.
INSERT INTO location (program, location, display_name, priority)
SELECT $1, location, display_name, priority
FROM unnest($2::text[], $3::text[], $4::integer[]) AS new (location, display_name, priority)
ORDER BY location COLLATE "C"
ON CONFLICT (program, location)
DO UPDATE SET display_name = excluded.display_name, priority = excluded.priority
