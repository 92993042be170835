-- How old the events are that have their places already was not written down.
UPDATE feed_head SET late = position;
