-- Orders that may have become ready by changes of several items at once. The background looks
-- under the locks of all of their items, and says so once.
CREATE TABLE ready_check (
    program     text COLLATE "C" NOT NULL,
    reservation text COLLATE "C" NOT NULL,
    PRIMARY KEY (program, reservation)
);
