-- Second of the plain baseline's statements: take the units.
UPDATE backstock_bench.item SET allocated = allocated + $2 WHERE sku = $1
