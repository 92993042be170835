-- How far the log of changes is on the disk, in bytes since it began.
SELECT (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint
