-- Items of a programme for which a date has passed: supply that did not come, a plan whose window
-- or promise is over, customers who did not answer. The time of the statement bounds the walk
-- through an index; clock_timestamp() would be asked for each of its rows.
SELECT sku FROM (
    (SELECT i.sku FROM inbound i
     WHERE i.program = $1 AND NOT i.cancelled AND NOT i.closed AND NOT i.overdue
       AND i.expected > i.received + i.damaged
       AND i.ships_on < (statement_timestamp() AT TIME ZONE 'UTC')::date
     LIMIT $2)
    UNION
    (SELECT p.sku FROM plan p
     JOIN item i ON i.program = $1 AND i.sku = p.sku AND i.plan_version = p.version
     WHERE p.program = $1 AND NOT p.told_closed AND p.closes_at <= statement_timestamp()
     LIMIT $2)
    UNION
    (SELECT p.sku FROM plan p
     JOIN item i ON i.program = $1 AND i.sku = p.sku AND i.plan_version = p.version
     WHERE p.program = $1 AND NOT p.overdue
       AND p.ship_by < (statement_timestamp() AT TIME ZONE 'UTC')::date
     LIMIT $2)
    UNION
    (SELECT l.sku FROM line l
     WHERE l.program = $1 AND l.answer_by IS NOT NULL AND l.answer_by <= statement_timestamp()
     LIMIT $2)
) AS passed
ORDER BY sku COLLATE "C" LIMIT $2
