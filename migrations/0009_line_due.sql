-- Holds of an item with open units, by the instant they run out.
CREATE INDEX line_due ON line (program, sku, expires_at)
    WHERE expires_at IS NOT NULL AND allocated + backordered + bumped > 0;
