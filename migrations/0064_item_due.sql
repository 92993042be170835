-- No hold of the item runs out before this; NULL: it has none. It moves when the oldest holds are
-- swept, and not with each sale.
ALTER TABLE item ADD COLUMN due_at timestamptz;
