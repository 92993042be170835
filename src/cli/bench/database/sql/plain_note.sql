-- Third of the plain baseline's statements: note whose they are.
INSERT INTO backstock_bench.line (reservation, sku, quantity) VALUES ($1, $2, $3)
