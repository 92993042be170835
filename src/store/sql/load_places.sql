-- The programme's locations, in the order they are drawn.
SELECT location, display_name, priority FROM location
WHERE program = $1 ORDER BY priority, location COLLATE "C"
