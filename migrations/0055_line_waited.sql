-- Lines with units to ship, of orders whose parcel waits for every line, but no longer than to a
-- day, and that are not ready yet. What has nothing to ship, yet or any more, is not in it.
CREATE INDEX line_waited ON line (program, together_until)
    WHERE together_until IS NOT NULL AND ready_at IS NULL AND expires_at IS NULL
        AND ship_policy = 'together' AND allocated > 0;
