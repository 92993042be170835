-- Programmes with items of which a hold may have run out.
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM item i
    WHERE i.program = p.program AND i.due_at <= statement_timestamp()
)
ORDER BY p.program COLLATE "C"
