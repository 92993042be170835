-- Programmes for which a date has passed, as list_passed.sql tells them item by item: one look at
-- an index for each date and programme, however many rows still wait for theirs.
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM inbound i
    WHERE i.program = p.program AND NOT i.cancelled AND NOT i.closed AND NOT i.overdue
      AND i.expected > i.received + i.damaged
      AND i.ships_on < (statement_timestamp() AT TIME ZONE 'UTC')::date
)
UNION
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM plan o
    WHERE o.program = p.program AND NOT o.told_closed AND o.closes_at <= statement_timestamp()
)
UNION
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM plan o
    WHERE o.program = p.program AND NOT o.overdue
      AND o.ship_by < (statement_timestamp() AT TIME ZONE 'UTC')::date
)
UNION
SELECT p.program FROM program p
WHERE EXISTS (
    SELECT FROM line l
    WHERE l.program = p.program AND l.answer_by IS NOT NULL
      AND l.answer_by <= statement_timestamp()
)
