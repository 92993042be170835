-- The database's clock, for a read; a batch reads it with its programme, after the locks.
SELECT clock_timestamp()
