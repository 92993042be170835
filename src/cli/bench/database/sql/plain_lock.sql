-- First of the plain baseline's statements: lock the item and read it.
SELECT on_hand - allocated FROM backstock_bench.item WHERE sku = $1 FOR UPDATE
