-- Plans whose window ends without anybody closing them, by that instant.
CREATE INDEX plan_closing ON plan (program, closes_at) WHERE NOT told_closed;
