-- Rows of this table live for a fifth of a second: dead ones are cleared away by number, not by
-- share of a table that is nearly empty.
ALTER TABLE change SET (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);
