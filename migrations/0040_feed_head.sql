-- How many events of a programme have a place in its stream. Whoever gives out places holds this
-- row, so that one does at a time.
CREATE TABLE feed_head (
    program  text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (program)
) WITH (fillfactor = 50);
