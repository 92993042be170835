-- Finds answers that are old enough to be forgotten; a summary of block ranges, nearly free to
-- keep.
CREATE INDEX answer_age ON answer USING brin (answered_at) WITH (pages_per_range = 32);
