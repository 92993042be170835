-- A row of the stream is all that one transaction made: the runs of its items, one after the other.
-- So a sale costs the stream an entry in a list, and no row of its own.
ALTER TABLE feed
    ADD COLUMN skus text[] COLLATE "C",
    ADD COLUMN from_versions bigint[],
    ADD COLUMN to_versions bigint[],
    ADD COLUMN counts bigint[];
