-- The queue of an item, in the order accepted.
CREATE INDEX line_queue ON line (program, sku, age) WHERE backordered > 0;
