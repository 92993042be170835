-- Orders of a programme that may have become ready by changes of several items.
SELECT reservation FROM ready_check WHERE program = $1 ORDER BY reservation COLLATE "C" LIMIT $2
