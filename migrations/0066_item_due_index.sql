-- Items by the instant at which a hold of theirs may run out.
CREATE INDEX item_due ON item (program, due_at) WHERE due_at IS NOT NULL;
