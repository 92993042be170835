-- Units of items at locations, wherever they are written.
CREATE VIEW item_stock AS
SELECT program, sku, location, on_hand, allocated FROM item WHERE location IS NOT NULL
UNION ALL
SELECT program, sku, location, on_hand, allocated FROM stock;
