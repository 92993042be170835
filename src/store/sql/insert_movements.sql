-- New lines of the ledger.
INSERT INTO movement (program, sku, version, part, kind, location, on_hand, allocated, backordered, bumped,
                      damaged, inbound, reservation, reference, at, event)
SELECT $1, sku, version, part, kind, location, on_hand, allocated, backordered, bumped, damaged, inbound,
       reservation, reference, $2, event
FROM unnest(
    $3::text[], $4::bigint[], $5::integer[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::bigint[], $16::jsonb[]
) AS new (sku, version, part, kind, location, on_hand, allocated, backordered, bumped, damaged, reservation,
          reference, inbound, event)
