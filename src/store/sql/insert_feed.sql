-- New runs of the stream.
INSERT INTO feed (program, position, sku, from_version, to_version, events)
SELECT $1, position, sku, from_version, to_version, events
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS run (position, sku, from_version, to_version, events)
