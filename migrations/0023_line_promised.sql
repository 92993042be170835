-- Queued lines by the date they are promised for. Lines without a known date stand last.
CREATE INDEX line_promised ON line (program, ship_by, reservation, position)
    WHERE backordered + bumped > 0;
