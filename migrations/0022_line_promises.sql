-- What a line knows of its promise: how often it was delayed, and the question that its customer
-- was asked. And of its order: how long the parcel waits for every line, and when that it is ready
-- was said.
ALTER TABLE line
    ADD COLUMN delays integer NOT NULL DEFAULT 0,
    ADD COLUMN answer_by timestamptz,
    ADD COLUMN silence_keeps boolean,
    ADD COLUMN together_until date,
    ADD COLUMN ready_at timestamptz;
