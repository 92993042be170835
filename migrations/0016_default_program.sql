-- The programme that always exists.
INSERT INTO program (
    program, display_name, default_hold_seconds, max_backorder_listings, default_ship_policy, default_location
) VALUES ('default', 'Default', 900, 10, 'together', 'main');
