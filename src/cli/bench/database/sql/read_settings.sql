-- What durability and memory the figures were measured with.
SELECT name, current_setting(name) AS value
FROM unnest(ARRAY[
    'server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method',
    'shared_buffers', 'max_wal_size'
]) AS name
