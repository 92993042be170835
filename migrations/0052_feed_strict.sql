-- Nothing writes or reads the single runs any more.
ALTER TABLE feed
    DROP CONSTRAINT feed_not_empty,
    DROP COLUMN sku,
    DROP COLUMN from_version,
    DROP COLUMN to_version,
    ALTER COLUMN skus SET NOT NULL,
    ALTER COLUMN from_versions SET NOT NULL,
    ALTER COLUMN to_versions SET NOT NULL,
    ALTER COLUMN counts SET NOT NULL,
    ADD CONSTRAINT feed_not_empty CHECK (events > 0 AND events <= position);
