-- Tells the relay whose ledgers have events without places.
INSERT INTO change (program, change, skus) VALUES ($1, $2, $3)
