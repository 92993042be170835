-- Programmes with holds. Whether any ran out is for list_due_items.sql to say, item by item: the
-- index of holds leads with the item, so that all of a programme's holds would be read here.
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM line l
    WHERE l.program = p.program AND l.expires_at IS NOT NULL
      AND l.allocated + l.backordered + l.bumped > 0
)
ORDER BY p.program COLLATE "C"
