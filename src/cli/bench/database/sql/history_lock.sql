-- Takes an item's row lock and says nothing: how long that takes is how long others held it.
SELECT 1 FROM item WHERE program = $1 AND sku = $2 FOR NO KEY UPDATE
