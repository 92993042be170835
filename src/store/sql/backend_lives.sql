-- Whether the backend that was committing is still there. One that took its number later is
-- another.
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND backend_start <= $2)
