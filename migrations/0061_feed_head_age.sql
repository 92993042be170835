-- The instant of the newest event that has a place, and the last place of an event that got it more
-- than an hour late: behind that, events are hardly older than the first of them.
ALTER TABLE feed_head
    ADD COLUMN newest_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN late bigint NOT NULL DEFAULT 0;
