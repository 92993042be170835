-- One row for each transaction that made events, naming the items whose ledgers they stand in. The
-- relay takes it away when it has given the events their positions, so that no event is skipped,
-- however long its transaction took.
CREATE TABLE change (
    program text COLLATE "C" NOT NULL,
    change  uuid NOT NULL,
    skus    text[] COLLATE "C" NOT NULL,
    PRIMARY KEY (program, change)
);
