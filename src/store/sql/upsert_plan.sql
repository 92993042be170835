-- Writes an item's newest plan.
INSERT INTO plan (program, sku, version, cap, opens_at, closes_at, ship_by, note, allowance, customer_limit,
                  timeline, closed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (program, sku, version) DO UPDATE SET closed_at = excluded.closed_at
