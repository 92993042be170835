-- Orders whose parcel waits for every line, but no longer than to a day, and is not ready yet.
CREATE INDEX line_together ON line (program, together_until)
    WHERE together_until IS NOT NULL AND ready_at IS NULL AND position = 0;
