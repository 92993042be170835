-- Items whose queue is being given new dates, and how far that has come. The background goes on
-- from there, also after a restart.
CREATE TABLE redate (
    program      text COLLATE "C" NOT NULL,
    sku          text COLLATE "C" NOT NULL,
    -- Whether the front of the queue, the bumped lines, is still being dated.
    at_bumped    boolean NOT NULL,
    -- The place of the last line that was dated.
    age          bigint NOT NULL,
    -- Units of the queue up to and including that line; of the bumped ones, or of the accepted.
    units_before bigint NOT NULL,
    -- Whether to begin again once through, because supply or plan moved meanwhile.
    again        boolean NOT NULL,
    PRIMARY KEY (program, sku)
);
