-- What the relay of the release before had yet to look up, looked up.
WITH taken AS (
    DELETE FROM change WHERE events = '{}' RETURNING program, skus
), run AS (
    SELECT m.program, m.sku, min(m.version) AS from_version, max(m.version) AS to_version, count(*) AS events
    FROM (SELECT DISTINCT taken.program, named.sku FROM taken, unnest(taken.skus) AS named (sku)) AS wanted
    JOIN movement m ON m.program = wanted.program AND m.sku = wanted.sku
    LEFT JOIN feed_item i ON i.program = m.program AND i.sku = m.sku
    WHERE m.version > coalesce(i.version, 0) AND m.event IS NOT NULL
    GROUP BY m.program, m.sku
)
INSERT INTO change (program, change, skus, from_versions, to_versions, events)
SELECT program, gen_random_uuid(), array_agg(sku), array_agg(from_version), array_agg(to_version),
       array_agg(events)
FROM run GROUP BY program;
