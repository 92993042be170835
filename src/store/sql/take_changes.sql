-- Takes away some of the changes whose events have no places yet, in the order of their instants.
-- Whoever sees a change of an item sees the item's changes before, so none is passed.
DELETE FROM change WHERE program = $1 AND change = ANY (
    ARRAY (SELECT change FROM change WHERE program = $1 ORDER BY at, change LIMIT $2)
)
RETURNING at, change, skus, from_versions, to_versions, events
