-- How far the queues of items were given new dates.
SELECT sku, at_bumped, age, units_before, again FROM redate WHERE program = $1 AND sku = ANY ($2)
