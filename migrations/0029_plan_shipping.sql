-- Plans by the date they promise, until it has passed.
CREATE INDEX plan_shipping ON plan (program, ship_by) WHERE NOT overdue;
