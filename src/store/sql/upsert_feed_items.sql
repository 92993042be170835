-- Up to which versions events have their places now.
INSERT INTO feed_item (program, sku, version)
SELECT $1, sku, version FROM unnest($2::text[], $3::bigint[]) AS new (sku, version)
ON CONFLICT (program, sku) DO UPDATE SET version = excluded.version
