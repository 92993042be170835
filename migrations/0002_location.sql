-- A place where goods stand. Lower priorities are drawn first, then names in byte order.
CREATE TABLE location (
    program      text COLLATE "C" NOT NULL,
    location     text COLLATE "C" NOT NULL,
    display_name text NOT NULL,
    priority     integer NOT NULL,
    PRIMARY KEY (program, location)
);
