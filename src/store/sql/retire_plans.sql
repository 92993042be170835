-- Older versions of a plan need no more looking at: nothing of them is to be said.
UPDATE plan SET told_closed = true, overdue = true
WHERE program = $1 AND sku = $2 AND version < $3 AND NOT (told_closed AND overdue)
