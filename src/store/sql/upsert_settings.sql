-- Writes what people say of items.
INSERT INTO item_settings (program, sku, listing, title)
SELECT $1, sku, listing, title FROM unnest($2::text[], $3::text[], $4::text[]) AS new (sku, listing, title)
ORDER BY sku COLLATE "C"
ON CONFLICT (program, sku) DO UPDATE SET listing = excluded.listing, title = excluded.title
