-- Lets the bench count the rows that a workload writes, where PostgreSQL has the extension.
CREATE EXTENSION IF NOT EXISTS pg_walinspect SCHEMA backstock_bench
