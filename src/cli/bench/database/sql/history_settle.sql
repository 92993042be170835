-- What autovacuum would do sooner or later, done before anything is measured.
VACUUM ANALYZE
