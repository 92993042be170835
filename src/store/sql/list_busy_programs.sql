-- Programmes with queues to be filled or dated, or orders to be looked at.
SELECT program FROM long_fill
UNION
SELECT program FROM redate
UNION
SELECT program FROM ready_check
