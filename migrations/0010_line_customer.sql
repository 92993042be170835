-- What a customer has backordered of an item, for plans that limit it.
CREATE INDEX line_customer ON line (program, sku, customer) WHERE backordered > 0 AND customer IS NOT NULL;
