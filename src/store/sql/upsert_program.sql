-- Writes a programme's settings.
INSERT INTO program (program, display_name, default_hold_seconds, max_backorder_listings,
                     default_ship_policy, default_location)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (program) DO UPDATE SET
    display_name = excluded.display_name,
    default_hold_seconds = excluded.default_hold_seconds,
    max_backorder_listings = excluded.max_backorder_listings,
    default_ship_policy = excluded.default_ship_policy,
    default_location = excluded.default_location
