-- Items whose queue is owed more units than one batch may fill. The background works this list off,
-- and a restart finds it again.
CREATE TABLE long_fill (
    program text COLLATE "C" NOT NULL,
    sku     text COLLATE "C" NOT NULL,
    PRIMARY KEY (program, sku)
);
