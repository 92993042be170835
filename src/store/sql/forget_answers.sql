-- Forgets the oldest answers of a programme, a bounded number at once.
DELETE FROM answer WHERE program = $1 AND request = ANY (
    ARRAY (
        SELECT request FROM answer WHERE program = $1 AND answered_at < $2
        ORDER BY request COLLATE "C" LIMIT $3
        FOR UPDATE SKIP LOCKED
    )
)
