-- Takes away some of the changes whose events have no places yet, oldest first.
DELETE FROM change WHERE program = $1 AND change = ANY (
    ARRAY (SELECT change FROM change WHERE program = $1 ORDER BY change LIMIT $2)
)
RETURNING skus
