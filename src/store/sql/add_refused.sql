-- Adds up the demand that the cap refused on a day.
INSERT INTO refused_demand (program, sku, day, units, calls)
SELECT $1, sku, $2, units, calls
FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS new (sku, units, calls)
ORDER BY sku COLLATE "C"
ON CONFLICT (program, sku, day) DO UPDATE SET
    units = refused_demand.units + excluded.units, calls = refused_demand.calls + excluded.calls
