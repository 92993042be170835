-- Items whose fill goes on in the background.
INSERT INTO long_fill (program, sku) SELECT $1, sku FROM unnest($2::text[]) AS new (sku)
ORDER BY sku COLLATE "C"
ON CONFLICT DO NOTHING
