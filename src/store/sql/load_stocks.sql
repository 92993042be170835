-- Units of locked items at each location.
SELECT sku, location, on_hand, allocated FROM stock WHERE program = $1 AND sku = ANY ($2)
