-- For each named item the events that have no places yet: about so many, whole versions only.
SELECT named.sku, reach.from_version, reach.to_version, counted.events
FROM unnest($2::text[]) AS named (sku)
LEFT JOIN feed_item item ON item.program = $1 AND item.sku = named.sku
CROSS JOIN LATERAL (
    SELECT min(next.version) AS from_version, max(next.version) AS to_version
    FROM (
        SELECT m.version FROM movement m
        WHERE m.program = $1 AND m.sku = named.sku AND m.version > coalesce(item.version, 0)
          AND m.event IS NOT NULL
        ORDER BY m.version, m.part LIMIT $3
    ) next
) reach
CROSS JOIN LATERAL (
    SELECT count(*) AS events FROM movement m
    WHERE m.program = $1 AND m.sku = named.sku
      AND m.version BETWEEN reach.from_version AND reach.to_version AND m.event IS NOT NULL
) counted
WHERE counted.events > 0
ORDER BY named.sku COLLATE "C"
