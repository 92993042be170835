-- The one hot item of the plain baseline.
INSERT INTO backstock_bench.item (sku, on_hand, allocated) VALUES ($1, 1000000000, 0)
