-- The front of the queue: lines that lost units they had, in the order accepted.
CREATE INDEX line_bumped ON line (program, sku, age) WHERE bumped > 0;
