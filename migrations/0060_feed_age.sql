-- When the events of a row were made, for those who forget old ones: never earlier than that of the
-- row before. Rows that are there already, and those of the release before, count from now on.
ALTER TABLE feed ADD COLUMN at timestamptz NOT NULL DEFAULT now();
