-- The last place of a programme's stream whose event is kept no more. Whoever forgets holds this row,
-- so that one does at a time; nobody else waits for it.
CREATE TABLE feed_tail (
    program  text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (program)
) WITH (fillfactor = 50);
