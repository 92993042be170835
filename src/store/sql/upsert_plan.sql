-- Writes an item's newest plan.
INSERT INTO plan (program, sku, version, cap, opens_at, closes_at, ship_by, note, allowance, customer_limit,
                  timeline, closed_at, cap_by_inbound, answer_within_seconds, on_silence, told_closed, overdue)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (program, sku, version) DO UPDATE SET
    closed_at = excluded.closed_at, told_closed = excluded.told_closed, overdue = excluded.overdue
