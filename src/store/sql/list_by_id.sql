-- Reservations of a programme, by id.
SELECT reservation FROM line WHERE program = $1 AND position = 0 AND reservation > $2
ORDER BY reservation COLLATE "C" LIMIT $3
