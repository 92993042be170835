-- Remembers how far a queue was given new dates.
INSERT INTO redate (program, sku, at_bumped, age, units_before, again) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (program, sku) DO UPDATE SET
    at_bumped = excluded.at_bumped, age = excluded.age, units_before = excluded.units_before,
    again = excluded.again
