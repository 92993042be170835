-- Programmes with events that have no place in their stream yet.
SELECT p.program FROM program p
WHERE EXISTS (SELECT FROM change c WHERE c.program = p.program)
ORDER BY p.program COLLATE "C"
