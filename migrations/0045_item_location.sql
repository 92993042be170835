-- The only location where an item stands. Most items stand in one, and then the item's own row says
-- all: one row less to read and to write at each sale. NULL: rows of `stock` say where it stands.
-- An item that came to stand in a second location keeps its rows.
ALTER TABLE item ADD COLUMN location text COLLATE "C";
