-- Orders that were looked at.
DELETE FROM ready_check WHERE program = $1 AND reservation = ANY ($2)
