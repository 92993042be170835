-- A plan whose cap follows supply; how customers are asked about delays; and what the background
-- has said already: that its window is over, that its date passed.
ALTER TABLE plan
    ADD COLUMN cap_by_inbound boolean NOT NULL DEFAULT false,
    ADD COLUMN answer_within_seconds bigint,
    ADD COLUMN on_silence text,
    ADD COLUMN told_closed boolean NOT NULL DEFAULT false,
    ADD COLUMN overdue boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT plan_on_silence CHECK (on_silence IN ('keep', 'release', 'by_class')),
    ADD CONSTRAINT plan_answers CHECK ((answer_within_seconds IS NULL) = (on_silence IS NULL));
