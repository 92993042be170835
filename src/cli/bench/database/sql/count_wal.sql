-- What kinds of changes the log holds between two places in it, and how many of each.
SELECT "resource_manager/record_type" AS kind, count
FROM backstock_bench.pg_get_wal_stats('0/0'::pg_lsn + $1::numeric, '0/0'::pg_lsn + $2::numeric, true)
WHERE count > 0
