-- Items of a programme for which a date has passed: supply that did not come, a plan whose window
-- or promise is over, customers who did not answer.
WITH clock AS (SELECT clock_timestamp() AS now, (clock_timestamp() AT TIME ZONE 'UTC')::date AS today)
SELECT sku FROM (
    (SELECT sku FROM inbound, clock
     WHERE program = $1 AND NOT cancelled AND NOT closed AND NOT overdue AND expected > received + damaged
       AND ships_on < clock.today
     LIMIT $2)
    UNION
    (SELECT p.sku FROM plan p JOIN item i ON i.program = $1 AND i.sku = p.sku AND i.plan_version = p.version, clock
     WHERE p.program = $1 AND NOT p.told_closed AND p.closes_at <= clock.now
     LIMIT $2)
    UNION
    (SELECT p.sku FROM plan p JOIN item i ON i.program = $1 AND i.sku = p.sku AND i.plan_version = p.version, clock
     WHERE p.program = $1 AND NOT p.overdue AND p.ship_by < clock.today
     LIMIT $2)
    UNION
    (SELECT sku FROM line, clock
     WHERE program = $1 AND answer_by IS NOT NULL AND answer_by <= clock.now
     LIMIT $2)
) AS passed
ORDER BY sku COLLATE "C" LIMIT $2
