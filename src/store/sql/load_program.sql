-- The database's clock, read after the locks were taken, and the programme's settings.
SELECT clock.now, pg_backend_pid() AS backend, program.program, display_name, default_hold_seconds, max_backorder_listings,
       default_ship_policy, default_location
FROM (SELECT clock_timestamp() AS now) AS clock
LEFT JOIN program ON program.program = $1
